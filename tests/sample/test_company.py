"""What anyone may rely on in the files of a sample company, whatever is in them."""

import hashlib
from datetime import date
from functools import partial

import duckdb
import pandas as pd
import pytest

from orchestration.errors import UserError
from orchestration.sample import files
from orchestration.sample.company import write_company

CONTRACT = {
    "orders": "order_id customer_id ordered_at amount quantity cost channel category region status due_at paid_at "
    "promised_at delivered_at updated_at",
    "complaints": "complaint_id customer_id opened_at first_response_at escalated_at resolved_at channel category "
    "severity need_violated resolution_accepted order_id is_suggestion text updated_at",
    "surveys": "response_id customer_id answered_at question score expected_score scale_min scale_max",
    "customers": "customer_id name phone email region industry registered_at referrer_customer_id credit_score "
    "prepaid_balance account_manager_id contact_allowed channels_refused",
    "aliases": "customer_id kind value valid_from",
    "interactions": "customer_id occurred_at kind category price",
    "service_costs": "customer_id occurred_at kind amount",
    "wallets": "customer_id period_start period_end estimated_total_spend",
}


def digests(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.mark.parametrize("feed", CONTRACT)
def test_columns_are_those_of_the_contract_in_its_order(clean_company, feed):
    """A sample that needs a mapping would hide a mistake in the contract."""
    assert pd.read_csv(clean_company / f"{feed}.csv", nrows=0).columns.tolist() == CONTRACT[feed].split()


@pytest.mark.parametrize(("customers", "orders"), [(1, 0), (1, 1), (3, 50), (40, 7), (500, 12_345)])
def test_customers_and_orders_are_as_many_as_asked_for(tmp_path, customers, orders):
    """Counts are the first thing that conservation is checked against."""
    written = write_company(tmp_path, customers, orders)
    assert written["customers"].rows == len(pd.read_csv(tmp_path / "customers.csv")) == customers
    assert written["orders"].rows == len(pd.read_csv(tmp_path / "orders.csv")) == orders
    assert written["truth/customers"].rows == customers


def test_parts_do_not_change_the_counts(tmp_path, monkeypatch):
    """A company larger than one part is drawn in several, which must neither lose nor repeat anything."""
    monkeypatch.setattr("orchestration.sample.company.PART_ORDERS", 700)
    monkeypatch.setattr("orchestration.sample.company.PART_CUSTOMERS", 60)
    write_company(tmp_path, 500, 5_000, dirty=0.05)
    orders = pd.read_csv(tmp_path / "orders.csv")
    assert orders["order_id"].nunique() == 5_000
    for feed, key in (("customers", ["customer_id"]), ("complaints", ["complaint_id"])):
        records = pd.read_csv(tmp_path / f"{feed}.csv")
        assert records[key].drop_duplicates().shape[0] == records.drop_duplicates().shape[0]
    listed = pd.read_csv(tmp_path / "truth" / "faults.csv").query("feed == 'orders'")
    assert orders["order_id"].iloc[listed["row"] - 1].tolist() == listed["key"].tolist()


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_seed_gives_the_same_bytes_on_any_number_of_threads(tmp_path, monkeypatch, file_format):
    """Benchmarks and bug reports name a sample by its arguments alone."""
    arguments = {"customers": 3_000, "orders": 30_000, "seed": 11, "file_format": file_format, "dirty": 0.03}
    write_company(tmp_path / "many", **arguments)
    write_company(tmp_path / "again", **arguments)

    def single_threaded(path, config, connect=duckdb.connect):
        return connect(path, config=config | {"threads": 1})

    monkeypatch.setattr(files.duckdb, "connect", single_threaded)
    write_company(tmp_path / "one", **arguments)
    assert digests(tmp_path / "many") == digests(tmp_path / "again") == digests(tmp_path / "one")


def test_another_seed_gives_another_company(tmp_path):
    """Otherwise the seed would not be heard."""
    first, second = (write_company(tmp_path / str(seed), 50, 500, seed=seed) for seed in (1, 2))
    assert first["orders"].path.read_bytes() != second["orders"].path.read_bytes()


def test_faults_leave_the_company_beneath_as_it_was(clean_company, dirty_company):
    """Results on the dirty company can be compared with those on the clean one."""
    read = partial(pd.read_csv, dtype=str, keep_default_na=False)
    assert read(clean_company / "truth/customers.csv").equals(read(dirty_company / "truth/customers.csv"))
    assert read(clean_company / "orders.csv")["order_id"].equals(
        read(dirty_company / "orders.csv")["order_id"].drop_duplicates()
    )


def test_both_formats_hold_the_same_records(tmp_path):
    """The format is a matter of the file, not of the company."""
    for file_format in ("csv", "parquet"):
        write_company(tmp_path / file_format, 200, 3_000, file_format=file_format)
    for feed in CONTRACT:
        parquet = f"select columns(*)::varchar from '{tmp_path / 'parquet' / feed}.parquet'"
        csv = f"select * from read_csv('{tmp_path / 'csv' / feed}.csv', all_varchar = true)"
        assert duckdb.sql(parquet).fetchall() == duckdb.sql(csv).fetchall()


def test_chinese_text_is_utf_8(clean_company):
    """Names and complaints must survive the way through every reader."""
    assert "有限公司" in (clean_company / "customers.csv").read_text(encoding="utf-8")
    complaints = pd.read_csv(clean_company / "complaints.csv", encoding="utf-8")
    assert "货物晚到，现场停工了。" in set(complaints["text"])
    assert "The delivery is late and our site stands still." in set(complaints["text"])


def test_orders_reach_the_last_day(tmp_path):
    """Freshness and the fit of the value model both need recent orders."""
    write_company(tmp_path, 200, 800, end=date(2025, 3, 31))
    days = pd.read_csv(tmp_path / "orders.csv", parse_dates=["ordered_at"])["ordered_at"].dt.date
    assert days.max() == date(2025, 3, 31)
    assert {date(2025, 3, day) for day in range(25, 32)} <= set(days)
    assert days.min() > date(2023, 3, 31)


def test_dirty_then_clean_leaves_no_list_of_faults(tmp_path):
    """A list that belongs to other files would accuse good rows."""
    write_company(tmp_path, 50, 500, dirty=0.1)
    write_company(tmp_path, 50, 500)
    assert sorted(path.name for path in (tmp_path / "truth").iterdir()) == [
        "README.md",
        "complaints.csv",
        "customers.csv",
        "stories.csv",
    ]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("arguments", "accepted"),
    [
        ({"customers": 0}, "a whole number from 1"),
        ({"orders": -1}, "a whole number from 0"),
        ({"seed": -1}, "a whole number from 0"),
        ({"file_format": "xlsx"}, "csv or parquet"),
        ({"dirty": 0.6}, "a share from 0 to 0.5"),
    ],
)
def test_arguments_out_of_range_are_refused_with_those_accepted(tmp_path, arguments, accepted):
    """The message is all that the user has."""
    with pytest.raises(UserError, match=accepted):
        write_company(tmp_path / "company", **({"customers": 10, "orders": 10} | arguments))
    assert not (tmp_path / "company").exists()


def test_two_formats_do_not_stand_in_one_folder(tmp_path):
    """A folder with both would be read twice."""
    write_company(tmp_path, 10, 10)
    with pytest.raises(UserError, match="another folder"):
        write_company(tmp_path, 10, 10, file_format="parquet")
