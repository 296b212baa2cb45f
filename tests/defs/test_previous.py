"""What a refresh takes over from its base release."""

from types import SimpleNamespace

import pytest

from orchestration.defs.previous import COMPARED, clusters_before, values_before
from orchestration.scoring.clusters.profiles import PROFILE_COLUMNS
from orchestration.warehouse.duckdb import Warehouse


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse.duckdb")


def published(warehouse, tmp_path, columns):
    """A base release that holds one cluster, with these columns."""
    values = ", ".join(f"null::{kind} as {name}" for name, kind in columns.items() if name != "cluster")
    with warehouse.connect() as connection:
        file = tmp_path / "cluster_profiles.parquet"
        connection.execute(f"copy (select 'typical' as cluster, {values}) to '{file}'")
    return SimpleNamespace(directory=tmp_path, release_id="r1")


def found(warehouse, base):
    select, told = clusters_before(warehouse, base)
    return warehouse.records(select), told


def test_the_clusters_of_the_base_are_read_from_its_files(warehouse, tmp_path):
    """Also where the mart has more columns than are needed here, as as_of is one."""
    rows, told = found(warehouse, published(warehouse, tmp_path, PROFILE_COLUMNS | {"as_of": "date"}))
    assert [row["cluster"] for row in rows] == ["typical"]
    assert list(rows[0]) == list(PROFILE_COLUMNS)
    assert told == "r1"


def test_a_base_of_other_features_has_nothing_to_match(warehouse, tmp_path):
    """A centroid without its orders lies nowhere; the page says so."""
    columns = {name: kind for name, kind in PROFILE_COLUMNS.items() if name != "centroid_order_days"}
    rows, told = found(warehouse, published(warehouse, tmp_path, columns))
    assert rows == []
    assert "no clusters of these features" in told


def test_an_older_base_and_no_base_have_none(warehouse, tmp_path):
    """The first refresh, and the first one after an upgrade."""
    assert found(warehouse, SimpleNamespace(directory=tmp_path, release_id="r0"))[0] == []
    assert found(warehouse, None) == ([], "none: this is the first")


def test_values_of_a_base_are_read_and_what_an_older_one_lacks_is_unknown(warehouse, tmp_path):
    """On the first morning after an upgrade the base is a release of the program before."""
    old = SimpleNamespace(directory=tmp_path, release_id="r0")
    with warehouse.connect() as connection:
        file = tmp_path / "customer_value.parquet"
        connection.execute(f"copy (select 'c1' as customer_id, 12.5 as clv, 'gold' as value_tier) to '{file}'")

    (row,) = warehouse.records(values_before(warehouse, old))

    assert list(row) == list(COMPARED)
    assert (row["customer_id"], float(row["clv"]), row["orders"], row["clv_method"]) == ("c1", 12.5, None, None)


def test_without_a_base_or_its_file_nobody_had_a_value(warehouse, tmp_path):
    """The first refresh, and a base of before there were Parquet files."""
    for base in (None, SimpleNamespace(directory=tmp_path, release_id="r0")):
        assert warehouse.records(values_before(warehouse, base)) == []
