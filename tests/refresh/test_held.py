"""What is refused: the reason is told in words, the exit code is 3, and what is served stays byte for byte."""

import json
import subprocess
import sys

import dagster as dg
import pytest

from orchestration.definitions import definitions


def missing_file(company):
    company.feed("orders").unlink()


def empty_file(company):
    company.feed("complaints").write_text("")


def header_only(company):
    company.rewrite("orders", lambda lines: lines[:1])


def missing_column(company):
    company.rewrite("orders", lambda lines: [lines[0].replace("ordered_at", "when"), *lines[1:]])


def unparseable_dates(company):
    """Two in a hundred rows, where one is the limit."""

    def break_every_fiftieth(lines):
        dated = [line.split(",") for line in lines]
        position = dated[0].index("ordered_at")
        for cells in dated[1::50]:
            cells[position] = "2026-02-30"
        return [",".join(cells) for cells in dated]

    company.rewrite("orders", break_every_fiftieth)


def unknown_customers(company):
    """Ten complaints of customers whom neither an order nor the master data know; the limit is one in 200."""

    def add(lines):
        names = lines[0].split(",")
        row = dict.fromkeys(names, "")
        made = [
            row | {"complaint_id": f"Z{number}", "customer_id": f"NOBODY{number}", "opened_at": "2026-06-01 10:00:00"}
            for number in range(10)
        ]
        return [*lines, *(",".join(one[name] for name in names) for one in made)]

    company.rewrite("complaints", add)


FAULTS = {
    missing_file: ("raw.orders:arrived", "there is no file", "orders.csv"),
    empty_file: ("raw.complaints:arrived", "is empty", "complaints.csv"),
    header_only: ("raw.orders:volume", "0 rows", "the export is empty"),
    missing_column: ("raw.orders:arrived", "expected: order_id, customer_id, ordered_at, amount", "found:"),
    unparseable_dates: ("raw.orders:contract", "unparseable:ordered_at 60", "limit 1.00%"),
    unknown_customers: (
        "staging.unidentified:complaints_are_of_known_customers",
        "does not hold for 10 rows",
        "customers or aliases",
    ),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_holds_the_refresh_and_says_why(company, fault):
    """All or nothing: a fault in one feed holds every mart, and a person is told what, where and how to mend it."""
    before = company.served_bytes()
    fault(company)
    refreshed = company.touchstone("refresh")
    assert refreshed.exit_code == 3, refreshed.output
    assert company.served_bytes() == before
    check, *told = FAULTS[fault]
    status = company.touchstone("status").output
    assert check in status
    assert all(words in status for words in told)
    assert json.loads(company.touchstone("status", "--json").output)["held"] is True


def release_alone(company, *others: str) -> dg.ExecuteInProcessResult:
    """What the page does when a person launches a few assets without their upstream."""
    job = definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() as instance:
        return job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(name.split(".")) for name in (*others, "release.current")],
            raise_on_error=False,
        )


def test_release_launched_alone_after_a_failed_check_is_refused(company, monkeypatch):
    """Dagster's blocking holds inside one run only; the gate asks for itself."""
    before = company.served_bytes()
    unparseable_dates(company)
    assert company.touchstone("refresh").exit_code == 3
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    result = release_alone(company)
    assert not result.success
    told = result.failure_data_for_node("release__current").user_failure_data.description
    assert "raw.orders:contract failed" in told
    assert company.served_bytes() == before


def test_table_built_again_without_its_checks_is_refused(company, monkeypatch):
    """A check counts for the data it looked at, not for what was built since."""
    before = company.served_bytes()
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    result = release_alone(company, "facts.customers")
    assert not result.success
    told = result.failure_data_for_node("release__current").user_failure_data.description
    assert "facts.customer_orders:is_current outdated: it was built from an older facts.customers" in told
    assert company.served_bytes() == before


def test_second_writer_is_told_who_holds_the_lock(company):
    """One lock for everything that writes, whoever starts it."""
    hold = (
        "import sys, time; from pathlib import Path; from orchestration.publishing.lock import home_lock\n"
        f"with home_lock(Path({str(company.home)!r}), 'the night shift'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline().strip() == "held"
        refused = company.touchstone("refresh")
    finally:
        holder.kill()
        holder.wait()
    assert refused.exit_code == 1
    assert "the night shift" in refused.output
    assert str(holder.pid) in refused.output


def test_source_that_nobody_configured_is_refused(company):
    """A typing error must not run a refresh on the old file."""
    refused = company.touchstone("refresh", "--source", "order=elsewhere.csv")
    assert refused.exit_code == 1
    assert "configured: aliases, complaints, customers" in refused.output
