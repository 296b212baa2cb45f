"""Each planted fault is in the file, at its row, and the list leaves none out."""

import duckdb
import pandas as pd
import pytest

from orchestration.sample.company import write_company
from orchestration.sample.faults import FAULTS

KEYS = {"orders": "order_id", "complaints": "complaint_id", "surveys": "response_id"}
PHONE = r"(\+86 |0086)?199(-?\d{4}){2}|＋８６１９９[０-９]{8}"
MOMENT = "%Y-%m-%d %H:%M:%S"
OUTCOMES = {
    "unparseable_date": "quarantined",
    "missing_customer": "quarantined",
    "text_amount": "quarantined",
    "empty_amount": "quarantined",
    "exact_duplicate": "duplicate",
    "correction": "accepted",
    "corrected": "superseded",
    "full_width_digits": "accepted",
    "thousands_separators": "accepted",
    "spaces_around": "accepted",
    "unknown_customer": "unidentified",
}


def read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def faults(dirty_company):
    listed = read(dirty_company / "truth" / "faults.csv")
    return listed.assign(row=listed["row"].astype(int))


@pytest.fixture(scope="module")
def found(dirty_company, faults):
    """The records at the rows of one kind of fault in one feed, by kind and feed, with what they should be."""
    feeds = {feed: read(dirty_company / f"{feed}.csv") for feed in KEYS}

    def find(kind, feed="orders"):
        rows = faults[(faults["kind"] == kind) & (faults["feed"] == feed)]["row"]
        records = feeds[feed].iloc[rows - 1]
        assert len(records) > 0
        return records

    find.feeds = feeds
    return find


def test_every_kind_is_listed_with_its_outcome(faults):
    """The list is the oracle for what landing does with each row."""
    assert dict(faults[["kind", "outcome"]].drop_duplicates().to_numpy()) == OUTCOMES
    assert set(OUTCOMES) == set(FAULTS)
    assert not faults.duplicated(["feed", "row"]).any()


def test_the_rate_is_that_asked_for(faults, clean_company):
    """Of 40,000 orders 5 % is 2,000, with a standard deviation of 44."""
    touched = faults.query("feed == 'orders' and kind != 'corrected'")
    assert 1_820 < len(touched) < 2_180


@pytest.mark.parametrize("feed", KEYS)
def test_keys_name_the_records_at_their_rows(faults, found, feed):
    """Rows count records from 1, as quarantine does."""
    listed = faults.query("feed == @feed")
    records = found.feeds[feed].iloc[listed["row"] - 1]
    keys = records[KEYS[feed]] if feed != "surveys" else records["response_id"] + "|" + records["question"]
    assert keys.tolist() == listed["key"].tolist()


@pytest.mark.parametrize(
    ("feed", "column"), [("orders", "ordered_at"), ("complaints", "opened_at"), ("surveys", "answered_at")]
)
def test_dates_and_customers_are_spoiled_where_listed_and_nowhere_else(faults, found, feed, column):
    """A fault that the list leaves out would look like a mistake of landing."""
    assert pd.to_datetime(found("unparseable_date", feed)[column], format=MOMENT, errors="coerce").isna().all()
    assert (found("missing_customer", feed)["customer_id"] == "").all()
    records = found.feeds[feed]
    listed = faults.query("feed == @feed and outcome == 'quarantined'")
    others = records.drop(records.index[listed["row"] - 1])
    assert pd.to_datetime(others[column], format=MOMENT, errors="coerce").notna().all()
    named = PHONE if feed == "complaints" else r"C\d{6}"
    unknown = faults.query("feed == @feed and kind == 'unknown_customer'")["row"] - 1
    assert others.drop(unknown)["customer_id"].str.strip().str.fullmatch(named).all()


def test_amounts_are_spoiled_where_listed_and_nowhere_else(faults, found):
    """Money is conserved over rows whose amount parses, and the others are counted."""
    assert (found("text_amount")["amount"] == "abc").all()
    assert (found("empty_amount")["amount"] == "").all()
    spelt = ["text_amount", "empty_amount", "full_width_digits", "thousands_separators", "spaces_around"]
    listed = faults[(faults["feed"] == "orders") & faults["kind"].isin(spelt)]
    others = found.feeds["orders"].drop(found.feeds["orders"].index[listed["row"] - 1])
    assert others["amount"].str.fullmatch(r"\d+\.\d\d").all()


@pytest.mark.parametrize("kind", ["full_width_digits", "thousands_separators", "spaces_around"])
def test_other_spellings_mean_the_same_amount(clean_company, found, kind):
    """They are good rows: read aright, they give what the clean company has."""
    records = found(kind)
    amounts = {
        "full_width_digits": r"[０-９]+\.[０-９]{2}",
        "thousands_separators": r"\d{1,3}(,\d{3})+\.\d\d",
        "spaces_around": r" +\d+\.\d\d +",
    }
    assert records["amount"].str.fullmatch(amounts[kind]).all()
    clean = read(clean_company / "orders.csv").set_index("order_id")["amount"].astype(float)
    # Python's float reads digits of any script and passes over spaces.
    meant = records["amount"].str.replace(",", "").map(float)
    assert meant.tolist() == clean[records["order_id"]].tolist()


def test_duplicates_repeat_an_earlier_row(found):
    """Exact copies, so that either may be kept."""
    for feed in KEYS:
        records = found.feeds[feed]
        assert records.index[records.duplicated()].tolist() == sorted(found("exact_duplicate", feed).index)


def test_corrections_are_later_and_of_another_amount(found):
    """The later one decides, whatever the order of the rows."""
    before = found("corrected").set_index("order_id")
    after = found("correction").set_index("order_id").loc[before.index]
    assert len(before) == len(after)
    assert (after["amount"] != before["amount"]).all()
    assert (after["updated_at"] > before["updated_at"]).all()
    assert (after["updated_at"] > before["ordered_at"]).all()
    assert after["updated_at"].max() < "2026-07-01"
    same = ["customer_id", "ordered_at", "quantity", "cost", "channel", "status", "delivered_at"]
    assert after[same].equals(before[same])


def test_unknown_customers_are_in_no_other_feed(dirty_company, found):
    """They test the relationship, whose threshold allows a few."""
    unknown = set(found("unknown_customer", "complaints")["customer_id"])
    customers = read(dirty_company / "customers.csv")
    assert not unknown & (set(customers["customer_id"]) | set(customers["phone"]))


def test_parquet_has_the_faults_of_typed_files_only(tmp_path):
    """A typed column cannot hold 'abc'."""
    write_company(tmp_path, 300, 6_000, file_format="parquet", dirty=0.1)
    listed = read(tmp_path / "truth" / "faults.csv")
    kinds = {"missing_customer", "exact_duplicate", "correction", "corrected", "empty_amount", "unknown_customer"}
    assert set(listed["kind"]) == kinds
    orders = duckdb.sql(f"select amount, customer_id from '{tmp_path}/orders.parquet'")
    assert [str(kind) for kind in orders.types] == ["DECIMAL(18,2)", "VARCHAR"]
    of_orders = listed[listed["feed"] == "orders"]["kind"].value_counts()
    nulls = duckdb.sql("select count(*) - count(amount), count(*) - count(customer_id) from orders").fetchall()
    assert nulls == [(of_orders["empty_amount"], of_orders["missing_customer"])]
