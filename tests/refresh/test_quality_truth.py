"""Service quality of the example company against its truth: which region is worst, which improved, and how much.

truth/README.md: 西南 delivers late, which brings complaints; 华东 improved in the last 182 days, from 2025-12-31
on: manner by a point of four, which is 25 per cent of the scale. The other regions are alike.
"""

import duckdb
import pytest


@pytest.fixture(scope="module")
def marts(published):
    with duckdb.connect(str(published.current / "marts.duckdb"), read_only=True) as connection:
        yield connection


def test_the_index_ranks_regions_as_the_truth_does(marts):
    """The improved one leads, the one that delivers late is last."""
    ranked = marts.execute(
        "select member from marts.service_quality where dimension = 'region' and period = 'last_365_days'"
        " order by quality_index desc"
    ).fetchall()
    assert (ranked[0], ranked[-1]) == (("华东",), ("西南",))


@pytest.mark.parametrize("member", ["华东", "华北", "华南"])
def test_the_planted_improvement_is_found_where_it_was_planted(published, member):
    """From the last quarter before it to the latest one: 25 per cent of the scale in 华东, and none elsewhere."""
    from orchestration.publishing.comparing import cell
    from orchestration.scoring.quality_changes import compare

    before, after = (cell(published.current, "region", member, period) for period in ("2025-Q4", "2026-Q2"))
    (manner,) = (change for change in compare(after, before) if change.indicator == "manner")
    planted = 25 if member == "华东" else 0
    assert manner.low <= planted <= manner.high
    assert manner.is_more_than_noise == (member == "华东")


def test_contributions_of_changes_add_up(marts):
    """To 1e-9 in every comparison of the mart."""
    gap, compared = marts.execute(
        "select max(abs(total)), count(*) from (select sum(case when indicator = 'index' then -contribution else"
        " contribution end) as total from marts.service_quality_changes where contribution is not null"
        " group by dimension, member, period)"
    ).fetchone()
    assert gap < 1e-9
    assert compared > 0


def test_the_command_tells_what_the_mart_tells(published, marts):
    """The same interval, whoever asks."""
    (low, high) = marts.execute(
        "select change_low, change_high from marts.service_quality_changes"
        " where dimension = 'region' and member = '华东' and period = '2026-Q2' and indicator = 'manner'"
    ).fetchone()
    told = published.touchstone(
        *("quality", "compare", "--from", "2026-Q1", "--to", "2026-Q2", "--dimension", "region", "--member", "华东")
    )
    assert told.exit_code == 0, told.output
    assert f"{low:+.2f} to {high:+.2f}" in told.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dimension", "colour"], "no dimension 'colour'; there are: account_manager, channel, overall, region"),
        (["--dimension", "region", "--member", "nowhere"], "no member 'nowhere'; there are: Overseas"),
        (["--to", "2026-Q1"], "both sides are the same cell"),
        (["--to", "2019-01"], "no period '2019-01'; there are: 2025-"),
    ],
)
def test_a_cell_that_is_not_there_is_named_with_those_that_are(published, arguments, said):
    """Nobody knows by heart how regions are written."""
    told = published.touchstone("quality", "compare", "--from", "2026-Q1", "--to", "2026-Q2", *arguments)
    assert told.exit_code == 1
    assert said in told.output
