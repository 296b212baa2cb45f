"""The table of `touchstone quality compare` reads without knowing the names of columns; its refusals say why."""

import json
import unicodedata

import duckdb
import pytest

from orchestration.errors import UserError
from orchestration.publishing.comparing import rows, told
from orchestration.publishing.labels import Labels
from orchestration.scoring.quality_changes import Change

LABELS = Labels(
    {
        ("indicator", "manner"): ("Manner", "服务态度"),
        ("indicator", "complaint_count"): ("Complaints per 100 orders", "每百单投诉数"),
    }
)
UNITS = {"manner": "percent of the scale", "complaint_count": "per 100 orders"}
CHANGES = [
    Change("manner", 70.0, 60.0, 10.0, 2.5, 12.0, 3.0, 21.0),
    Change("complaint_count", 3.0, 3.5, -0.5, 0.25, -0.5, -1.5, 0.5),
    Change("index", 52.75, 50.0, 2.75, 2.75, 2.75, -1.0, 6.5),
]


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


@pytest.fixture
def lines():
    return told(CHANGES, LABELS, UNITS, {"manner": 40, "complaint_count": 1200}, {"manner": 12, "complaint_count": 900})


def test_a_line_has_both_labels_and_the_unit_once(lines):
    """`complaint_count` is nobody's word, and `per 100 orders, per 100 orders` says it twice."""
    assert lines[1].startswith("Manner 服务态度, percent of the scale ")
    assert lines[2].startswith("Complaints per 100 orders 每百单投诉数 ")
    assert lines[3].startswith("Index 指数, points ")


def test_a_value_stands_beside_its_sample(lines):
    """70 per cent of 12 answers are not 70 per cent of 1,200."""
    assert lines[1].split()[6:11] == ["60.00", "40", "70.00", "12", "+10.00"]
    assert "1,200" in lines[2]


def test_columns_are_below_each_other(lines):
    """A Chinese sign is as wide as two others."""
    ends = {columns(line[: line.index(" to ")].rsplit("   ", 1)[0]) for line in lines[1:]}
    assert ends == {columns(lines[0][: lines[0].index("measured") + len("measured")])}


@pytest.fixture
def release(tmp_path):
    """A release's directory whose mart has no cell yet."""
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as connection:
        connection.execute(
            "create table service_quality_indicators (dimension text, member text, period text, indicator text,"
            " score double, raw_standard_error double, floor_value double, target_value double)"
        )
    return tmp_path


def test_without_data_it_says_which_feeds_are_missing(release):
    """`no dimension 'overall'; there are: none` leaves a reader of a new company alone."""
    manifest = {"release_id": release.name, "loads": [{"feed": "orders"}]}
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UserError, match="nothing has arrived of complaints and surveys"):
        rows(release, "overall", "all", "2026-Q1")


def test_a_dimension_without_a_member_lists_its_members(release):
    """Nobody knows by heart how regions are written."""
    with duckdb.connect(str(release / "marts.duckdb")) as connection:
        for member in ("华东", "Overseas"):
            connection.execute(
                "insert into service_quality_indicators values ('region', $1, '2026-Q1', 'manner', 50, 1, 0, 100)",
                [member],
            )
    with pytest.raises(UserError, match="region has several members: Overseas, 华东"):
        rows(release, "region", None, "2026-Q1")
