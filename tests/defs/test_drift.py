"""What the asset of drift asks of the ledger."""

import datetime as dt
from types import SimpleNamespace

from orchestration.defs.drift import holds
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.gate import Gate
from orchestration.settings import load_settings
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
