"""Back-casts of the small company: nothing of later leaks in, and nothing that is served moves."""

import csv
import hashlib
import json

from a_company import AS_OF, Company

from orchestration.settings import load_settings
from orchestration.sources.landing import land

MONTH = AS_OF[:7]


def hashes(directory) -> dict[str, str]:
    manifest = json.loads((directory / "manifest.json").read_text("utf-8"))
    return {mart: facts["content_hash"] for mart, facts in manifest["marts"].items()}


def backcast_of(company: Company) -> dict[str, str]:
    return hashes(company.home / "published" / "backcasts" / AS_OF)


def kept_as_it_was(company: Company) -> dict[str, str]:
    """What a back-cast must not touch: the served release, the status, the working database of refreshes."""
    files = [company.home / "published" / "status.json", company.home / "warehouse.duckdb"]
    return company.served_bytes() | {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def first_row(company: Company, feed: str, condition=lambda row: True) -> dict[str, str]:
    with company.feed(feed).open(encoding="utf-8", newline="") as stream:
        return next(row for row in csv.DictReader(stream) if condition(row))


def land_more(company: Company, feed: str, *rows: dict[str, str]) -> None:
    """Land a file of these rows alone, without a refresh; of a feed that is exported whole, after all it had."""
    settings = load_settings(home=company.home)
    configured = settings.sources.feeds[feed]
    later = company.home / f"later_{feed}.csv"
    before = company.feed(feed).read_text("utf-8") if configured.replaces else ",".join(rows[0]) + "\n"
    later.write_text(before, "utf-8")
    with later.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(rows[0]), lineterminator="\n").writerows(rows)
    land(company.home, feed, configured.model_copy(update={"path": str(later)}))


def land_what_happened_later(company: Company) -> None:
    """July: an order, a refund, a late delivery, an answer to a complaint, a survey, a visit, a new customer."""
    order = first_row(company, "orders", lambda row: row["status"] in ("", "completed"))
    refund = {"status": "returned", "amount": "-" + order["amount"], "refund_of": order["order_id"]}
    none = order | {"refund_of": "", "updated_at": ""}
    july = {"ordered_at": "2026-07-02 10:00:00", "due_at": "", "paid_at": "", "promised_at": "", "delivered_at": ""}
    land_more(
        company,
        "orders",
        none | july | {"order_id": "O90000001", "amount": "7777777.00", "region": "华北"},
        none | july | {"order_id": "O90000002", "customer_id": "C990001"},
        none | july | refund | {"order_id": "O90000003"},
    )
    undone = first_row(company, "complaints", lambda row: not row["resolved_at"] and row["is_suggestion"] == "false")
    answered = {
        "resolved_at": "2026-07-09 09:00:00",
        "resolution_accepted": "true",
        "updated_at": "2026-07-09 09:00:00",
    }
    opened = {"complaint_id": "P90000001", "opened_at": "2026-07-03 08:00:00", "first_response_at": ""}
    land_more(company, "complaints", undone | answered, undone | opened)
    answer = first_row(company, "surveys")
    land_more(company, "surveys", answer | {"response_id": "R90000001", "answered_at": "2026-07-04 12:00:00"})
    visit = first_row(company, "interactions", lambda row: row["kind"] == "call")
    land_more(company, "interactions", visit | {"occurred_at": "2026-07-05 12:00:00"})
    customer = first_row(company, "customers")
    late = {"customer_id": "C990001", "name": "Later Ltd", "phone": "19900990001", "email": "late@example.com"}
    land_more(company, "customers", customer | late | {"registered_at": "2026-07-01 06:30:00"})


def test_what_happened_later_does_not_leak_into_a_past_day(company):
    """With all that has landed by now, a day is what it was; served marts, status and facts stay as they are."""
    before = kept_as_it_was(company)
    land_what_happened_later(company)
    told = company.touchstone("backfill", "--from", MONTH, "--to", MONTH)
    assert told.exit_code == 0, told.output
    assert f"{AS_OF}  done" in told.output
    assert backcast_of(company) == hashes(company.current)
    assert kept_as_it_was(company) == before


def test_the_partitioned_job_gives_what_was_published_from_the_loads_of_then(company, monkeypatch):
    """A correction of an old order has landed since: then it was not known. The same month again is found complete."""
    from orchestration.definitions import definitions

    land_what_happened_later(company)
    order = first_row(company, "orders", lambda row: row["status"] in ("", "completed"))
    land_more(company, "orders", order | {"amount": "5000000.00", "updated_at": "2026-07-20 12:00:00"})
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    job = definitions().resolve_job_def("backfill")
    config = {"ops": {"backcast": {"config": {"loads": "then"}}}}
    assert job.execute_in_process(partition_key=MONTH, run_config=config).success
    assert backcast_of(company) == hashes(company.current)

    again = company.touchstone("backfill", "--from", MONTH, "--to", MONTH, "--loads", "then", "--json")
    assert again.exit_code == 0, again.output
    [month] = json.loads(again.output)
    assert (month["as_of"], month["result"], month["customers"], month["differing"]) == (AS_OF, "kept", 300, [])


def test_a_month_that_cannot_be_is_told_in_words(company):
    """Before anything is loaded."""
    for given, said in {
        ("2026-13", "2026-13"): "'2026-13' is not a month",
        ("2026-05", "2026-04"): "2026-05 is after 2026-04",
        ("2026-06", "2026-07"): "2026-07 has not begun by 2026-06-30",
    }.items():
        told = company.touchstone("backfill", "--from", given[0], "--to", given[1])
        assert told.exit_code == 1
        assert said in told.output
