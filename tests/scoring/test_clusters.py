"""Behaviour clusters: found again, named plainly, and applied by distance."""

import random

import pytest

from orchestration.errors import UserError
from orchestration.scoring.clusters.features import FEATURES
from orchestration.scoring.clusters.fitting import Clusters, ClusterSettings, fit_clusters
from orchestration.scoring.clusters.statements import assign_sql, sample_sql

SETTINGS = ClusterSettings(k_min=2, k_max=4)


def shop(order_days, spend, quiet, age, number=40):
    """Customers alike but for a few percent."""
    return [
        {
            "order_days": order_days + step % 3,
            "revenue": (order_days + step % 3) * (spend + step % 5),
            "days_since_last_order": quiet + step % 4,
            "age_days": age + step % 7,
        }
        for step in range(number)
    ]


THREE = shop(50, 200, 5, 700) + shop(3, 20, 300, 600) + shop(2, 90, 4, 30)


def fitted(engine, settings=SETTINGS):
    sample = engine.rows(sample_sql(settings))
    return fit_clusters(
        [row["customer_id"] for row in sample],
        [[row[name] for name in FEATURES] for row in sample],
        [row["revenue"] for row in sample],
        settings,
    )


def clusters_of(engine, found):
    return {row["customer_id"]: row["cluster"] for row in engine.rows(assign_sql(found))}


def test_three_kinds_of_customers_are_found_again(engine):
    """The silhouette finds three among two to four, and each kind is one cluster."""
    engine.customers(THREE)
    found = fitted(engine)
    given = clusters_of(engine, found)
    kinds = [{given[f"c{number:03}"] for number in range(start, start + 40)} for start in (0, 40, 80)]
    assert [len(kind) for kind in kinds] == [1, 1, 1]
    assert len(set.union(*kinds)) == 3
    assert dict(found.silhouettes)[3] == max(dict(found.silhouettes).values())


def test_names_say_what_is_unusual_and_the_biggest_spenders_come_first(engine):
    """A manager reads the name, not the centroid."""
    engine.customers(THREE)
    names = fitted(engine).names
    assert names[0] == "frequent_high_spend"
    assert len(set(names)) == 3


def test_order_of_the_rows_makes_no_difference():
    """An engine may return rows as it likes; the clusters must be the same, bit for bit."""
    draws = random.Random(3)
    rows = [(f"c{n}", [draws.gauss(n % 3 * 4, 1) for _ in FEATURES], float(n)) for n in range(90)]
    shuffled = draws.sample(rows, len(rows))
    assert fit_clusters(*zip(*rows, strict=True)) == fit_clusters(*zip(*shuffled, strict=True))


def test_customers_without_orders_are_a_cluster_of_their_own(engine):
    """They have no behaviour yet; they must not be drawn into the sample either."""
    engine.customers([*THREE, {"order_days": 0}, {"order_days": None}])
    found = fitted(engine)
    assert found.customers == len(THREE)
    assert [clusters_of(engine, found)[who] for who in ("c120", "c121")] == ["no_orders"] * 2


def test_nobody_with_an_order_gives_no_clusters(engine):
    """The first day of a company must not fail."""
    engine.customers([{"order_days": 0}])
    assert clusters_of(engine, fitted(engine)) == {"c000": "no_orders"}


@pytest.mark.parametrize("kinds", [1, 2, 3])
def test_fewer_distinct_customers_than_clusters_are_each_a_cluster(engine, kinds):
    """k-means cannot make more clusters than there are different customers."""
    alike = [
        {"order_days": 4**kind, "revenue": 9**kind, "days_since_last_order": 3, "age_days": 9} for kind in range(kinds)
    ]
    engine.customers(alike * 5)
    found = fitted(engine, ClusterSettings(k_min=3, k_max=6))
    assert len(set(clusters_of(engine, found).values())) == len(found.names) == kinds
    assert found.silhouettes == ()


def test_equally_near_goes_to_the_cluster_listed_first(engine):
    """ln(1 + 1) lies midway between 0 and 2 ln 2; a tie must not depend on the engine's mood."""
    engine.customers([{"order_days": 1, "revenue": 0, "days_since_last_order": 0, "age_days": 0}])
    centroids = ((0.0, 0, 0, 0), (2 * 0.693147181, 0, 0, 0))
    for order in (centroids, centroids[::-1]):
        found = Clusters((0.0,) * 4, (1.0,) * 4, order, ("first", "second"), (), 2)
        assert clusters_of(engine, found) == {"c000": "first"}


def test_the_decision_can_be_read_in_natural_units():
    """e^(0.5 x 2 + 1) - 1 is 6.3891: a centroid of 2 where the mean is 1 and the scale 0.5."""
    (row,) = Clusters((1.0,) * 4, (0.5,) * 4, ((2.0, 0, 0, 0),), ("typical",), (), 1).natural()
    assert row == {
        "order_days": 6.3891,
        "spend_per_order_day": 1.7183,
        "days_since_last_order": 1.7183,
        "age_days": 1.7183,
    }


@pytest.mark.parametrize("wrong", [{"k_min": 1}, {"k_min": 5, "k_max": 4}, {"sample": 6}])
def test_settings_that_make_no_sense_are_refused(wrong):
    """One cluster says nothing; a sample of six cannot hold six clusters and be compared."""
    with pytest.raises(UserError):
        ClusterSettings(**wrong)
