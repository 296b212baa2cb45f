"""A small candidate: marts of an invented company in an open warehouse, and the manifest that goes with it."""

from datetime import date
from pathlib import Path

import duckdb

MARTS = Path(__file__).with_name("candidate.sql")
SMALL = ("customer_value", "quality_weights")


def fill(connection: duckdb.DuckDBPyConnection, *, customers: int = 50, small: bool = False) -> None:
    """Write the marts into schema `marts`; `small` keeps only two, for tests that publish many times."""
    connection.execute(f"create or replace macro customers() as {customers}")
    connection.execute(MARTS.read_text(encoding="utf-8"))
    if small:
        marts = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        for (mart,) in marts:
            if mart not in SMALL:
                connection.execute(f"drop table marts.{mart}")


def manifest_of(as_of: date = date(2026, 6, 30), *, fingerprint: str = "0123456789abcdef", **more: object) -> dict:
    """What a caller knows of a candidate."""
    return {
        "as_of": as_of,
        "code_version": "0.1.0+abc1234",
        "configuration": {
            "tiers": {"platinum": 0.01},
            "quality": {"hierarchy": "service_quality"},
            "relationship": {"satisfaction": {"satisfied_from": 0.625}, "loyal_from": 0.5},
            "complaints": {"response_promise_hours": 24},
        },
        "configuration_hash": "c0ffee" * 10,
        "fingerprint": fingerprint,
        "loads": [
            load("orders", "20260629T020000Z", 9120, 9000, 80, 30, 6, 4, "2026-06-29T23:41:00"),
            load("orders", "20260630T020000Z", 310, 300, 8, 1, 1, 0, "2026-06-30T22:10:00"),
            load("complaints", "20260630T020000Z", 412, 409, 1, 2, 0, 0, "2026-06-30T19:00:00"),
            load("surveys", "20260630T020000Z", 1500, 1495, 5, 0, 0, 0, "2026-06-30T20:00:00"),
        ],
        "models": [{"model": "MBG/NBD", "fit_status": "converged"}],
        "checks": [
            check("order_id_is_unique", "facts.orders", observed=0, threshold=0),
            check("every_row_has_one_outcome", "raw.orders", observed=0, threshold=0),
            check("siblings_sum_to_1", "scores.quality_weights", observed=1.0, threshold=1.0),
            check("clv_is_finite", "scores.clv", observed=0, threshold=0),
            check(
                "volume_is_usual",
                "raw.orders",
                severity="warn",
                passed=False,
                observed=310,
                threshold="400–900",
                message="310 rows arrived on a Tuesday; 400 to 900 are usual.",
                sample_ids=["C00001", "C00002"],
            ),
        ],
        "overrides": [],
        "base_release_id": None,
        "currency": "CNY",
        **more,
    }


def check(name: str, subject: str, *, severity="block", passed=True, observed=None, threshold=None, **more) -> dict:
    """One check's result."""
    return {
        "name": name,
        "subject": subject,
        "severity": severity,
        "passed": passed,
        "observed": observed,
        "threshold": threshold,
        "message": f"{name.replace('_', ' ')}: {observed}",
        **more,
    }


def load(feed, load_id, rows, accepted, duplicate, superseded, excluded, quarantined, watermark) -> dict:
    """One load of a feed, with the outcomes of its rows."""
    return {
        "feed": feed,
        "load_id": load_id,
        "source_rows": rows,
        "accepted": accepted,
        "duplicate": duplicate,
        "superseded": superseded,
        "excluded": excluded,
        "quarantined": quarantined,
        "watermark": watermark,
    }
