"""Refreshes that follow one another: the same again, a day later, taken back, corrected."""

import json

import duckdb
from a_company import AS_OF, EARLIER, Company


def hashes(company) -> dict[str, str]:
    manifest = json.loads((company.current / "manifest.json").read_text("utf-8"))
    return {mart: facts["content_hash"] for mart, facts in manifest["marts"].items()}


def ask(company, question: str) -> list[tuple]:
    with duckdb.connect(str(company.current / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()


def test_repeated_and_corrected_orders_are_set_aside_not_lost(company):
    """An exact copy is a duplicate; the same id with a later updated_at supersedes; both are counted."""
    lines = company.feed("orders").read_text("utf-8").splitlines()
    names = lines[0].split(",")
    first = dict(zip(names, lines[1].split(","), strict=True)) | {"status": "completed"}
    corrected = first | {"amount": "1000000.00", "updated_at": "2026-06-30 12:00:00"}
    later = company.home / "later.csv"
    later.write_text(
        "\n".join([lines[0], *(",".join(row[n] for n in names) for row in (corrected, corrected))]) + "\n", "utf-8"
    )
    refreshed = company.touchstone("refresh", "--source", f"orders={later}")
    assert refreshed.exit_code == 0, refreshed.output
    loads = [
        load
        for load in json.loads((company.current / "manifest.json").read_text("utf-8"))["loads"]
        if load["feed"] == "orders"
    ]
    assert [(load["superseded"], load["duplicate"], load["accepted"]) for load in loads] == [(1, 0, 2_999), (0, 1, 1)]
    assert ask(
        company, f"select revenue >= 1000000 from marts.customer_value where customer_id = '{first['customer_id']}'"
    ) == [(True,)]


def test_history_goes_on_from_the_release_of_an_earlier_date_and_back_with_a_rollback(published, tmp_path):
    """`since` and `previous` come from what was published; a rollback takes history back and pins what is served."""
    company = Company(tmp_path / "home")
    (company.home).mkdir()
    (company.home / "sample").symlink_to(published.home / "sample")

    first = company.touchstone("refresh", "--as-of", EARLIER)
    assert first.exit_code == 0, first.output
    before = dict(ask(company, "select customer_id, value_tier from marts.customer_value"))
    earlier_release = company.current.readlink()

    assert company.touchstone("refresh", "--as-of", AS_OF).exit_code == 0
    after = ask(
        company, "select customer_id, value_tier, previous_value_tier, tier_since::varchar from marts.customer_value"
    )
    moved = 0
    for customer, tier, previous, since in after:
        if customer not in before or before[customer] == tier:
            assert (previous, since) == (None, AS_OF if customer not in before else EARLIER)
        else:
            moved += 1
            assert (previous, since) == (before[customer], AS_OF)
    assert moved > 0
    [(migrated,)] = ask(
        company,
        "select sum(customers) from marts.tier_migration where scheme = 'value_tier' "
        "and comparison = 'previous_release' and from_segment <> to_segment and from_segment <> 'new'",
    )
    assert migrated == moved
    published_hashes, release = hashes(company), company.current.readlink()

    # A back-cast never moves what is served.
    back_cast = company.touchstone("refresh", "--as-of", EARLIER)
    assert back_cast.exit_code == 3
    assert f"{EARLIER} is before {AS_OF}, which is served" in back_cast.output
    assert hashes(company) == published_hashes

    back = company.touchstone("rollback")
    assert back.exit_code == 0
    assert company.current.readlink() == earlier_release
    pinned = company.touchstone("refresh", "--as-of", AS_OF)
    assert pinned.exit_code == 3
    assert "Pinned" in pinned.output
    assert company.current.readlink() == earlier_release

    # Loads, configuration, as_of and the release before are all that a result depends on.
    assert company.touchstone("unpin").exit_code == 0
    assert company.touchstone("refresh", "--as-of", AS_OF).exit_code == 0
    assert company.current.readlink() not in (earlier_release, release)
    assert hashes(company) == published_hashes
