"""What Dagster loads, to the letter: an asset or a check that disappears must not disappear quietly."""

from pathlib import Path

import pytest

from orchestration.config.overrides import Override
from orchestration.guards import guards, lines
from orchestration.settings import load_settings

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The definitions of the shipped configuration."""
    from orchestration.definitions import definitions

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("TOUCHSTONE_CONFIG", raising=False)
        return definitions()


@pytest.fixture(scope="module")
def graph(loaded):
    return loaded.resolve_asset_graph()


def test_a_refresh_is_started_by_exactly_these(loaded):
    """Each starts the one job that there is."""
    repository = loaded.get_repository_def()
    starters = [*repository.schedule_defs, *(sensor for sensor in repository.sensor_defs if sensor.targets)]
    assert [(starter.name, starter.job_name) for starter in starters] == [
        ("every_morning", "refresh"),
        ("new_files", "refresh"),
    ]


def test_asset_keys_are_exactly_these(graph):
    """In a definitions file a loose asset is easily ignored, and nothing else would tell."""
    expected = (DATA / "assets.txt").read_text().split()
    assert sorted(key.to_user_string() for key in graph.get_all_asset_keys()) == sorted(expected)


def test_checks_and_their_severities_are_exactly_these(graph):
    """A check that no longer blocks is a change of promise: it has to be written here on purpose."""
    found = {
        f"{key.asset_key.to_user_string()} {key.name} {'block' if graph.get(key).blocking else 'warn'}"
        for key in graph.asset_check_keys
    }
    assert found == set((DATA / "checks.txt").read_text().splitlines())


def test_each_check_has_a_gate_and_each_gate_a_check(graph):
    """A check without a line in gates.yml could not hold, a line without a check could never pass."""
    checks = {f"{'.'.join(key.asset_key.path)}:{key.name}" for key in graph.asset_check_keys}
    assert checks == set(load_settings().gates.checks)


def test_blocking_in_dagster_is_what_gates_yml_says(graph):
    """One home for severities."""
    gates = load_settings().gates.checks
    for key in graph.asset_check_keys:
        gate = gates[f"{'.'.join(key.asset_key.path)}:{key.name}"]
        assert graph.get(key).blocking == (gate.severity == "block"), key


def test_each_asset_is_described_owned_and_grouped(graph):
    """The page is where data engineers live."""
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners == ["team:data"], key
        assert node.group_name in {"raw", "staging", "facts", "scores", "marts", "previous", "release"}, key
        assert node.kinds, key


def test_every_table_of_the_published_set_stands_before_the_release(graph):
    """The release waits for every mart and for what compares them with the last one, and so for everything else."""
    [release] = [key for key in graph.get_all_asset_keys() if key.path[0] == "release"]
    waits_for = {key for key in graph.get_all_asset_keys() if key.path[0] in ("marts", "gate")}
    assert waits_for == set(graph.get(release).parent_keys)


def test_no_complaint_lowers_a_value_tier(graph):
    """Complaints are a gift (methods 5): the values that tiers are cut by have none below them."""
    [below] = [{key} for key in graph.get_all_asset_keys() if key.path == ["scores", "clv"]]
    while (more := below.union(*(graph.get(key).parent_keys for key in below))) != below:
        below = more
    assert {"facts/customer_orders", "raw/orders"} <= (names := {key.to_user_string() for key in below})
    assert {"facts/complaints", "facts/customer_complaints"} & names == set()


def test_every_table_is_listed_with_what_guards_it(graph):
    """A table that nothing guards is worth seeing too; the release itself is the gate."""
    settings = load_settings()
    override = Override(check="raw.orders:fresh", reason="moving", who="Li Jing", until="2026-07-03")
    found = guards(graph, settings.gates)
    told = list(lines(found, {override.check: override}))
    listed = " ".join(told)
    assert [table for table in found if table not in listed] == ["release.current"]
    assert all(f" {key.name}" in listed for key in graph.asset_check_keys)
    assert sum(len(checks) for checks in found.values()) == len(graph.asset_check_keys)
    orders = told[told.index("raw.orders") :]
    assert orders[3].split() == ["block", "0.01", "Python", "contract"]
    assert "overridden until 2026-07-03 by Li Jing: moving" in orders[7]
    homes = {(check.table, check.name): check.home for checks in found.values() for check in checks}
    assert homes["raw.orders", "shape"] == "Great Expectations"
    assert homes["facts.customers", "customers_customer_id_is_unique"] == "dbt test"
    assert homes["scores.clv", "values_are_finite"] == "Python"
