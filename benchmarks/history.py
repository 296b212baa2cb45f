"""Thirteen monthly refreshes of the example company with planted movers: all published, and all moves as they are.

python benchmarks/history.py

The tiers of each month are worked out from the company's files by a plain script (tests/refresh/a_year.py), and with
them the migration, since when each customer has its tier, and which one it had before. In the last month the pyramid is
cut anew. The script stops at the first difference.
"""

import argparse
import datetime as dt
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "refresh"))

from a_company import Company
from a_year import PLANTED, Truth, configure, matrix, plant, since

from orchestration.sample.company import write_company

MONTH_ENDS = [dt.date(2025 + month // 12, month % 12 + 1, 1) - dt.timedelta(1) for month in range(6, 19)]
NEW_SHARE_OF_IRON = "0.16"


def ask(company: Company, question: str) -> list[tuple]:
    with duckdb.connect(str(company.current / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()


def same(what: str, as_of: dt.date, found: object, expected: object) -> None:
    if found != expected:
        sys.exit(f"{as_of}: {what} differs\nfound    {found}\nexpected {expected}")


def published_matrix(company: Company, comparison: str) -> Counter:
    """The migration of value tiers, as the mart has it."""
    rows = ask(
        company,
        "select from_segment, to_segment, customers from marts.tier_migration"
        f" where scheme = 'value_tier' and comparison = '{comparison}'",
    )
    return Counter({(before, after): customers for before, after, customers in rows})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--orders", type=int, default=3_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder) / "home")
        write_company(company.home / "sample", options.customers, options.orders)
        plant(company)
        truth, line = Truth(company), []
        print("| as of | seconds | moved | new | planted movers |\n|---|---|---|---|---|")
        for as_of in MONTH_ENDS:
            iron = NEW_SHARE_OF_IRON if as_of == MONTH_ENDS[-1] else "0.15"
            config = configure(Path(folder) / "config", iron)
            started = time.perf_counter()
            result = company.touchstone("refresh", "--as-of", as_of.isoformat(), config=config)
            seconds = time.perf_counter() - started
            if result.exit_code:
                sys.exit(f"{as_of}: not published\n{result.output}")
            line.append((as_of, truth.tiers(as_of, iron)))
            print(row(company, line, seconds), flush=True)
        year_ago = matrix(line[0][1], line[-1][1])
        same("the migration within a year", as_of, published_matrix(company, "year_ago"), year_ago)
        causes = ask(company, "select distinct cause from marts.segment_moves where scheme = 'value_tier' order by 1")
        same("the cause after a new cut", as_of, set(causes) - {("new_customer",)}, {("rule_changed",)})
        print("Every tier, migration, date since, and tier before is as the files say; none was held.")


def row(company: Company, line: list, seconds: float) -> str:
    """Compare a month with the truth, and tell it as a row of the table."""
    as_of, tiers = line[-1]
    found = ask(company, "select customer_id, value_tier, tier_since, previous_value_tier from marts.customer_value")
    expected = {(customer, tier, *since(line, customer)) for customer, tier in tiers.items()}
    same("tier, since, or the tier before", as_of, set(found) - expected, set())
    same("the number of customers", as_of, len(found), len(expected))
    moves = matrix(line[-2][1], tiers) if len(line) > 1 else Counter()
    same("the migration", as_of, published_matrix(company, "previous_release"), moves)
    planted = ask(
        company,
        "select customer_id || ': ' || from_segment || ' to ' || to_segment || ', ' || cause from marts.segment_moves"
        f" where scheme = 'value_tier' and customer_id in {tuple(PLANTED)} order by 1",
    )
    moved = sum(count for (before, after), count in moves.items() if before != after and before != "new")
    new = sum(count for (before, _), count in moves.items() if before == "new")
    told = "; ".join(words for (words,) in planted)
    return f"| {as_of} | {seconds:.0f} | {moved} | {new} | {told} |"


if __name__ == "__main__":
    main()
