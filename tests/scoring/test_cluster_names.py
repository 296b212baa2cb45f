"""Clusters continue those of the base release: names, k and centroids; and what is new has a new name."""

import random

import numpy as np
import pandas as pd
import pytest

from orchestration.scoring.clusters import statements
from orchestration.scoring.clusters.features import FEATURES
from orchestration.scoring.clusters.fitting import ClusterSettings, fit_clusters
from orchestration.scoring.clusters.naming import Before, label, matched, names_of

SETTINGS = ClusterSettings(k_min=2, k_max=5, sample=1_500, silhouette_sample=500)
CUSTOMERS = 2_000
COLUMNS = ["customer_id", "order_days", "revenue", "days_since_last_order", "age_days"]


def population(customers: int, seed: int, first: int = 0, money: float = 1.0) -> list[dict]:
    """Customers of four kinds that run into one another: log-normal about (order days, spend, quiet, age)."""
    draws = np.random.default_rng(seed)
    kinds = np.array([(30, 40, 8, 700), (3, 200, 20, 400), (2, 15, 250, 500), (6, 60, 60, 90)])
    drawn = kinds[draws.integers(4, size=customers)] * np.exp(draws.normal(0, 0.45, (customers, 4)))
    return [
        {
            "customer_id": f"c{first + number:05}",
            "order_days": max(1, round(days)),
            "revenue": round(max(1, round(days)) * spend * money, 2),
            "days_since_last_order": round(quiet),
            "age_days": round(age),
        }
        for number, (days, spend, quiet, age) in enumerate(drawn.tolist())
    ]


def load(engine, rows) -> None:
    """facts.customer_orders, as far as clusters read it."""
    told = pd.DataFrame([{"customer_id": f"c{number}"} | row for number, row in enumerate(rows)], columns=COLUMNS)
    engine.connection.register("told", told)
    engine.connection.execute("create or replace table facts.customer_orders as select * from told")


def found_in(engine, rows, before=None, settings=SETTINGS):
    """The decision for these customers, and the cluster of each."""
    load(engine, rows)
    sample = engine.rows(statements.sample_sql(settings))
    found = fit_clusters(
        [row["customer_id"] for row in sample],
        [[row[name] for name in FEATURES] for row in sample],
        [row["revenue"] for row in sample],
        settings,
        before,
    )
    given = engine.rows(statements.assign_sql(found))
    assert len(given) == len(rows)
    return found, {row["customer_id"]: row["cluster"] for row in given}


def as_published(found, given: dict, currency="CNY", gone=()) -> Before:
    """What the next refresh reads of a release."""
    rows = [
        {"cluster": name, "customers": list(given.values()).count(name), "currency": "CNY"}
        | {f"centroid_{column}": value for column, value in centroid.items()}
        for name, centroid in zip(found.names, found.natural(), strict=True)
    ]
    nobody = {"cluster": "no_orders", "customers": 3, "currency": "CNY", "centroid_order_days": None}
    return Before.read([*rows, nobody], {*found.names, "no_orders", *gone}, currency)


def agreement(one: dict, other: dict) -> float:
    both = one.keys() & other.keys()
    return sum(one[who] == other[who] for who in both) / len(both)


@pytest.fixture
def first(engine):
    """Customers, the decision of a first refresh, and their clusters."""
    rows = population(CUSTOMERS, seed=1)
    return rows, *found_in(engine, rows)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_names_stay_with_their_customers_when_a_twentieth_of_them_is_replaced(engine, first, seed):
    """Of the customers who stayed as they were, at least 95 % are in the cluster of the same name."""
    rows, found, given = first
    changed = [*rows[CUSTOMERS // 20 :], *population(CUSTOMERS // 20, seed, first=CUSTOMERS)]
    _, again = found_in(engine, changed, as_published(found, given))
    assert agreement(given, again) >= 0.95


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_names_stay_when_a_twentieth_of_the_customers_behave_otherwise(engine, first, seed):
    """Of all customers, also those whose behaviour was drawn anew; three of four of these may move."""
    rows, found, given = first
    anew = population(CUSTOMERS // 20, seed)
    _, again = found_in(engine, [*anew, *rows[CUSTOMERS // 20 :]], as_published(found, given))
    assert agreement(given, again) >= 0.95


def test_shuffled_rows_give_every_customer_the_same_cluster(engine, first):
    """An engine may return rows as it likes."""
    rows, found, given = first
    before = as_published(found, given)
    shuffled = random.Random(8).sample(rows, len(rows))
    assert agreement(found_in(engine, shuffled)[1], given) == 1
    assert found_in(engine, shuffled, before) == found_in(engine, rows, before)


def test_the_same_customers_again_keep_everything(engine, first):
    """Nothing happened: no name, no k and no customer may change."""
    rows, found, given = first
    again, given_again = found_in(engine, rows, as_published(found, given))
    assert all(again.kept)
    assert given_again == given


def test_names_follow_their_clusters_wherever_these_stand_in_the_order():
    """Two centroids that have changed places in the list; a pairing by place would swap the customers."""
    assert matched([[5.0, 0], [0, 0]], [[0.1, 0], [5.1, 0]], limit=1) == [1, 0]


def test_pairs_are_chosen_together():
    """0.2 is nearest to 0.5, which leaves 1.3 to -0.3, beyond the limit; 0.25 + 0.64 is less than 0.09 + 1."""
    assert matched([[0.2], [1.3]], [[-0.3], [0.5]], limit=1) == [0, 1]


def test_beyond_the_limit_a_cluster_is_another_one():
    """At the limit it is still the same."""
    assert matched([[1.0], [9.0]], [[0.0], [7.5]], limit=1) == [0, None]


def test_without_clusters_before_all_are_new():
    """The first refresh."""
    assert matched([[1.0]], np.empty((0, 1)), limit=1) == [None]


def test_a_new_name_was_never_borne_before():
    """Also not by a cluster that is long gone: its history would seem to go on."""
    loud = (3.0, 2.0, 0.0, 0.0)
    assert names_of([loud], [None], ()) == ("frequent_high_spend",)
    assert names_of([loud], [None], {"frequent_high_spend"}) == ("frequent_high_spend_2",)
    assert names_of([loud], [None], {"frequent_high_spend", "frequent_high_spend_2"}) == ("frequent_high_spend_3",)
    assert names_of([loud, loud], [None, "frequent_high_spend"], ()) == (
        "frequent_high_spend_2",
        "frequent_high_spend",
    )


def test_a_cluster_that_appears_is_new_and_the_others_keep_their_names(engine, first):
    """Three hundred customers come who all bought once, lately, for a hundred times as much as others."""
    rows, found, given = first
    once = {"order_days": 1, "revenue": 9_000, "days_since_last_order": 2, "age_days": 2}
    rich = [once | {"customer_id": f"r{number}"} for number in range(300)]
    before = as_published(found, given, gone={"high_spend_new"})
    five = ClusterSettings(5, 5, 1_500, 500)
    again, given_again = found_in(engine, [*rows, *rich], before, five)
    new = {name for name, kept in zip(again.names, again.kept, strict=True) if not kept}
    assert {given_again[row["customer_id"]] for row in rich} == new == {"high_spend_recent_new"}
    assert agreement(given, given_again) >= 0.95


@pytest.mark.parametrize("better_by", [0.0, 2.0])
def test_another_k_replaces_the_last_one_only_by_the_margin(engine, first, better_by):
    """Silhouettes lie within -1 and 1: by 2 none can be better, by 0 the best always is."""
    rows, found, _ = first
    best = max(found.silhouettes, key=lambda tried: tried[1])[0]
    other = next(k for k, _ in found.silhouettes if k != best)
    only = ClusterSettings(other, other, 1_500, 500)
    before = as_published(*found_in(engine, rows, settings=only))
    settings = ClusterSettings(2, 5, 1_500, 500, better_by=better_by)
    assert len(found_in(engine, rows, before, settings)[0].names) == (other if better_by else best)


def test_a_last_k_out_of_the_range_is_not_kept(engine, first):
    """The configuration decides the range."""
    rows, found, given = first
    narrow = ClusterSettings(2, 2, 1_500, 500)
    again, _ = found_in(engine, rows, as_published(found, given), narrow)
    assert len(found.names) > 2
    assert len(again.names) == 2


@pytest.mark.parametrize("rate", [7.2, 0.14])
def test_another_currency_moves_nobody(engine, first, rate):
    """All money is seven times as much, or a seventh; who spends much still spends much."""
    rows, found, given = first
    exchanged = [row | {"revenue": round(row["revenue"] * rate, 2)} for row in rows]
    again, given_again = found_in(engine, exchanged, as_published(found, given, currency="USD"))
    assert all(again.kept)
    assert agreement(given, given_again) >= 0.99


@pytest.mark.parametrize("customers", [0, 1, 2, 3])
def test_few_customers_keep_their_names_too(engine, customers):
    """A company of three customers, a day later."""
    rows = [
        {
            "order_days": 4**kind,
            "revenue": 9**kind,
            "days_since_last_order": 30 * (1 + kind),
            "age_days": 90 * (1 + kind),
        }
        for kind in range(customers)
    ]
    each = ClusterSettings(k_min=3, k_max=5)
    found, given = found_in(engine, rows, settings=each)
    later = [row | {"days_since_last_order": row["days_since_last_order"] + 1} for row in rows]
    again, given_again = found_in(engine, later, as_published(found, given), each)
    assert len(found.names) == customers
    assert given_again == given
    assert all(again.kept)


def test_customers_who_are_all_alike_are_one_cluster_that_stays(engine):
    """No feature has a spread; nothing is divided by it."""
    rows = [{"order_days": 2, "revenue": 10, "days_since_last_order": 5, "age_days": 50}] * 30
    found, given = found_in(engine, rows)
    assert found.names == ("typical",)
    assert found_in(engine, rows, as_published(found, given))[1] == given


def test_a_feature_that_nobody_differs_in_does_not_matter(engine, first):
    """Everybody's first order was the same day: the other three features tell the clusters apart."""
    rows = [
        row | {"age_days": 400, "days_since_last_order": min(row["days_since_last_order"], 400)} for row in first[0]
    ]
    found, given = found_in(engine, rows)
    older = [row | {"age_days": 430} for row in rows]
    assert len(found.names) >= 2
    assert agreement(given, found_in(engine, older, as_published(found, given))[1]) >= 0.99


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("frequent_high_spend", ("Buys often, spends much", "购买频繁、消费较高")),
        ("low_spend_long_standing_12", ("Spends little, long a customer (12)", "消费较低、老客户（12）")),
        ("typical", ("Typical", "一般客户")),
        ("of_another_time", ("of another time", "客户群 of_another_time")),
    ],
)
def test_a_name_is_shown_in_words(name, words):
    """In English and Chinese; a name of unknown words is shown as it is, not guessed at."""
    assert label(name) == words
