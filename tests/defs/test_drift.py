"""What the asset of drift asks of the ledger."""

import datetime as dt
from types import SimpleNamespace

import pytest

from orchestration.config.sources import Feed
from orchestration.defs.drift import columns_gone, holds, replaced
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.drift import corrections
from orchestration.quality.gate import Gate
from orchestration.settings import load_settings
from orchestration.sources.landing import land
from orchestration.sources.loads import in_force, loads_of
from orchestration.warehouse.duckdb import Warehouse


def test_holds_are_those_since_the_base_release_was_published(tmp_path):
    """What was held before it, only warned, or passes says nothing of a hold that clears by waiting."""
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.prepare()
    gate = Gate(warehouse, load_settings().gates, "inputs", "run")
    begun = dt.datetime.now(dt.UTC)
    gate.record_checks(
        [
            CheckOutcome("gate.drift", "clv_is_steady", False, "", observed=0.4, threshold=0.3),
            CheckOutcome("gate.drift", "clv_is_steady", False, "", observed=0.4, threshold=0.25),
            CheckOutcome("gate.drift", "index_is_steady", False, "", observed=9, threshold=5),
            CheckOutcome("gate.drift", "past_money_is_steady", True, "", observed=0, threshold=0.05),
        ]
    )
    session = SimpleNamespace(warehouse=warehouse)
    found = holds(session, SimpleNamespace(published_at=begun - dt.timedelta(hours=1)))
    assert {name: held.limit for name, held in found.items()} == {"clv_is_steady": 0.25}
    assert holds(session, SimpleNamespace(published_at=begun + dt.timedelta(hours=1))) == {}


def test_a_column_is_gone_when_the_newest_export_under_the_same_mapping_has_it_no_more(tmp_path):
    """A column that nothing reads may come and go; under a new mapping somebody has said what is read."""
    path = tmp_path / "orders.csv"

    def landed(header, row, **mapping):
        path.write_text(f"{header}\n{row}\n", "utf-8")
        return land(tmp_path, "orders", Feed(path=str(path), **mapping))

    whole = landed("order_id,customer_id,ordered_at,amount,category,colour", "1,c,2026-01-01,5,tea,red")
    less = landed("order_id,customer_id,ordered_at,amount", "2,c,2026-01-02,5")
    mapped = landed("order_id,customer_id,ordered_at,amount", "3,c,2026-01-03,5", columns={"region": "'north'"})
    assert columns_gone(whole, less) == ("category",)
    assert columns_gone(less, whole) == columns_gone(whole, mapped) == columns_gone([], less) == ()


@pytest.mark.parametrize("replaces", [False, True])
def test_an_export_that_was_put_back_is_still_that_of_the_base(tmp_path, monkeypatch, replaces):
    """A wrong export came in between; what comes after is compared with the right one, under its new id."""
    path = tmp_path / "orders.csv"
    feed = Feed(path=str(path), replaces=replaces)

    def landed(amount):
        path.write_text(f"order_id,customer_id,ordered_at,amount\n1,c,2026-01-01,{amount}\n", "utf-8")
        return land(tmp_path, "orders", feed)

    [first], _, [again] = landed(5), landed(500), landed(5)
    compared = {}
    monkeypatch.setattr(
        corrections, "replaced", lambda warehouse, contract, loads: compared.update({contract.feed: loads})
    )
    session = SimpleNamespace(
        settings=SimpleNamespace(home=tmp_path),
        warehouse=None,
        admitted_loads=lambda name: in_force(loads_of(tmp_path, name), feed),
    )
    base = SimpleNamespace(manifest={"loads": [{"load_id": first.load_id}]})
    replaced(session, base)
    assert compared == {"orders": {again.load_id}}
    landed(7)
    compared.clear()
    replaced(session, base)
    assert compared == ({} if replaces else {"orders": {again.load_id}})
