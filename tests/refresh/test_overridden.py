"""A held candidate and an override: published as it is, and everybody is told."""

import datetime as dt
import json

import duckdb
import yaml
from a_company import alone


def fail(company, subject: str, name: str) -> None:
    """The last result of a check becomes a failure, as if it had found something in the data that are there."""
    with duckdb.connect(str(company.home / "warehouse.duckdb")) as connection:
        connection.execute(
            "insert into gate.refresh_checks select * replace ("
            "(select max(position) + 1 from gate.refresh_checks) as position, false as passed, '3 texts' as message) "
            "from gate.refresh_checks where subject = ? and check_name = ? order by position desc limit 1",
            [subject, name],
        )


def test_a_held_candidate_is_published_under_an_override_without_being_built_again(company, tmp_path, monkeypatch):
    """At six in the morning nobody has the hour for a rebuild; who decided it is in all that readers see."""
    fail(company, "marts.labels", "shape")
    (tmp_path / "config").mkdir()
    for name, place in {
        "TOUCHSTONE_HOME": company.home,
        "DAGSTER_HOME": company.home / "dagster",
        "TOUCHSTONE_CONFIG": tmp_path / "config",
    }.items():
        monkeypatch.setenv(name, str(place))
    before = company.served_bytes()
    assert not alone("release.current").success
    assert company.served_bytes() == before

    entry = {"check": "marts.labels:shape", "reason": "merger", "who": "李静", "until": dt.date.today()}
    told = yaml.safe_dump({"overrides": [entry]}, allow_unicode=True)
    (tmp_path / "config" / "overrides.yml").write_text(told, "utf-8")
    result = alone("release.current")
    assert result.success
    [shown] = result.asset_materializations_for_node("release__current")
    assert "marts.labels:shape: overridden until" in shown.metadata["let through"].value

    [override] = json.loads((company.current / "manifest.json").read_text("utf-8"))["overrides"]
    assert (override["check"], override["who"], override["message"]) == ("marts.labels:shape", "李静", "3 texts")
    assert "李静" in (company.current / "report.html").read_text("utf-8")
    with duckdb.connect(str(company.current / "marts.duckdb"), read_only=True) as connection:
        marked = connection.execute("select subject from marts.refresh_checks where is_overridden").fetchall()
    assert marked == [("marts.labels",)]
    assert "overridden marts.labels:shape until" in company.touchstone("status", config=tmp_path / "config").output
