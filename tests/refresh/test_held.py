"""What is refused: the reason is told in words, the exit code is 3, and what is served stays byte for byte."""

import json
import subprocess
import sys

from a_company import alone, rewrite


def change(position, value):
    """Lines with one value in every fiftieth row replaced: two in a hundred, where one is the limit."""

    def change_every_fiftieth(lines):
        cells = [line.split(",") for line in lines]
        for row in cells[1::50]:
            row[cells[0].index(position)] = value
        return [",".join(row) for row in cells]

    return change_every_fiftieth


# What is done to a feed, the check that must refuse it, and what it must say.
FAULTS = {
    "aliases": (lambda path: path.unlink(), "raw.aliases:arrived", "there is no file", "aliases.csv"),
    "complaints": (lambda path: path.write_text(""), "raw.complaints:arrived", "is empty", "complaints.csv"),
    "orders": (
        lambda path: rewrite(path, lambda lines: lines[:1]),
        "raw.orders:volume",
        "0 rows",
        "the export is empty",
    ),
    "interactions": (
        lambda path: rewrite(path, lambda lines: [lines[0].replace("occurred_at", "when"), *lines[1:]]),
        "raw.interactions:arrived",
        "expected: customer_id, occurred_at, kind",
        "found:",
    ),
    "surveys": (
        lambda path: rewrite(path, change("answered_at", "2026-02-30")),
        "raw.surveys:contract",
        "unparseable:answered_at",
        "limit 1.00%",
    ),
}


def test_every_fault_of_a_feed_is_told_and_holds_the_refresh(company):
    """All or nothing: whoever mends a refused refresh is told of all that is wrong, what, where and how to mend it."""
    before = company.served_bytes()
    for feed, (fault, *_) in FAULTS.items():
        fault(company.feed(feed))
    assert company.touchstone("refresh").exit_code == 3
    assert company.served_bytes() == before
    status = json.loads(company.touchstone("status", "--json").output)
    assert status["held"] is True
    told = {reason["check"]: reason["message"] for reason in status["reasons"]}
    for _, check, *words in FAULTS.values():
        assert all(word in told[check] for word in words), told.get(check)
    in_words = company.touchstone("status").output
    assert all(check in in_words for check in told)


def test_people_whom_nobody_knows_hold_the_refresh(company):
    """Ten complaints of customers whom neither an order nor the master data know; the limit is one in 200."""

    def add(lines):
        names = lines[0].split(",")
        row = dict.fromkeys(names, "")
        made = [
            row | {"complaint_id": f"Z{number}", "customer_id": f"NOBODY{number}", "opened_at": "2026-06-01 10:00:00"}
            for number in range(10)
        ]
        return [*lines, *(",".join(one[name] for name in names) for one in made)]

    before = company.served_bytes()
    rewrite(company.feed("complaints"), add)
    assert company.touchstone("refresh").exit_code == 3
    assert company.served_bytes() == before
    status = company.touchstone("status").output
    assert "staging.unidentified:complaints_are_of_known_customers" in status
    assert "does not hold for 10 rows" in status
    assert "customers or aliases" in status


def test_a_refused_file_that_is_gone_still_holds_the_refresh(company, monkeypatch):
    """Its good rows are as little in the facts as its bad ones; a folder that is rotated must not hide that."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    whole = company.feed("orders").read_text("utf-8").splitlines()
    new = [line.replace("O0", "N0", 1) for line in whole[1:]]
    company.feed("orders").write_text("\n".join(change("ordered_at", "2026-02-30")([whole[0], *new])) + "\n", "utf-8")
    assert "60 of 3000 rows" in contract_of_orders()
    company.feed("orders").write_text("\n".join(whole) + "\n", "utf-8")
    assert "was refused whole, and 3000 of its records have not come again" in contract_of_orders()
    company.feed("orders").write_text("\n".join([*whole, *new]) + "\n", "utf-8")
    assert contract_of_orders() is None


def contract_of_orders() -> str | None:
    """Why the contract of orders does not hold, after landing them alone; None where it does."""
    result = alone("raw.orders")
    [told] = [check for check in result.get_asset_check_evaluations() if check.check_name == "contract"]
    return None if told.passed else told.description


def test_release_launched_alone_after_a_failed_check_is_refused(company, monkeypatch):
    """Dagster's blocking holds inside one run only; the gate asks for itself."""
    before = company.served_bytes()
    rewrite(company.feed("orders"), change("ordered_at", "2026-02-30"))
    assert company.touchstone("refresh").exit_code == 3
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    result = alone("release.current")
    assert not result.success
    told = result.failure_data_for_node("release__current").user_failure_data.description
    assert "raw.orders:contract failed" in told
    assert company.served_bytes() == before


def test_table_built_again_without_its_checks_is_refused(company, monkeypatch):
    """A check counts for the data it looked at, not for what was built since."""
    before = company.served_bytes()
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    result = alone("facts.customers", "release.current")
    assert not result.success
    told = result.failure_data_for_node("release__current").user_failure_data.description
    assert "facts.customer_orders:is_current outdated: it was built from an older facts.customers" in told
    assert company.served_bytes() == before


def test_experts_who_contradict_themselves_on_activity_hold_the_refresh(company, monkeypatch, tmp_path):
    """Everything five times whatever stands after it: CR .25. The check names the hierarchy and each expert."""
    before = company.served_bytes()
    (tmp_path / "config" / "judgements").mkdir(parents=True)
    kinds = ("ad_click", "value_added_purchase", "message", "message_click", "search", "post")
    too_steep = [
        f"{expert},customer_activity,customer_activity,{one},{other},5"
        for expert in ("Ann", "王芳")
        for place, one in enumerate(kinds)
        for other in kinds[place + 1 :]
    ]
    lines = ["expert,hierarchy,parent,item_a,item_b,ratio", *too_steep]
    (tmp_path / "config" / "judgements" / "ours.csv").write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.setenv("TOUCHSTONE_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    result = alone("scores.quality_weights", "release.current")
    assert not result.success
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    told = checks["each_expert_is_consistent"]
    assert not told.passed
    for expert in ("Ann", "王芳"):
        assert f"{expert}, Customer activity 客户活跃度: consistency ratio 0.250" in told.description
    assert "Process 服务过程" not in told.description
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
