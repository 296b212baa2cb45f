"""What a cluster is like, in natural units and in words."""

import json

from orchestration.scoring.clusters import profiles, statements
from orchestration.scoring.clusters.features import FEATURES
from orchestration.scoring.clusters.fitting import Clusters

# ln(1 + order days) of 0 and 4: who has 1 order day is near the first, who has 20 or more near the second.
TWO = Clusters((0.0,) * 4, (1.0,) * 4, ((0.0, 0, 0, 0), (4.0, 0, 0, 0)), ("few", "many"), ((2, 0.5), (3, 0.25)), 5)


def customer(order_days, spend=0, quiet=0, age=0):
    return {
        "order_days": order_days,
        "revenue": order_days * spend,
        "days_since_last_order": quiet,
        "age_days": age,
    }


def told(medians: tuple, everybody: tuple = (5.0, 100.0, 30.0, 300.0)) -> tuple[str, str]:
    """The words for medians in the order of the features, where each logarithm has a standard deviation of 1."""
    return profiles.description(
        dict(zip(FEATURES, medians, strict=True)), dict(zip(FEATURES, everybody, strict=True)), (1.0,) * 4
    )


def test_what_is_unusual_is_told_in_natural_units_the_most_unusual_first():
    """ln(31/4) = 2.0 of silence, ln(25/6) = 1.4 of orders, ln(101/31) = 1.2 of spend; the age is everybody's."""
    english, chinese = told((24.0, 30.0, 3.0, 300.0))
    assert english == (
        "bought recently (median 3 days ago; of all customers 30), "
        "buys often (median 24 order days; of all customers 5), "
        "spends little per order day (median 30; of all customers 100)"
    )
    assert chinese == (
        "近期购买过（中位数3天前，全体30），购买频繁（下单日数中位数24，全体5），每次消费较低（中位数30，全体100）"
    )


def test_half_a_standard_deviation_is_worth_a_word():
    """ln((1 + x) / 6) = 0.5 where x is 8.89: 9 order days are told, 8.8 are not."""
    assert told((9.0, 100.0, 30.0, 300.0))[0].startswith("buys often")
    assert told((8.8, 100.0, 30.0, 300.0)) == ("behaves as most customers do", "与多数客户相近")


def test_medians_and_counts_are_of_all_customers_of_the_cluster(engine):
    """1, 1 and 2 order days in one; 20 and 40, half way 30, in the other; the one without orders in neither."""
    engine.customers([customer(days, spend=days * 10) for days in (1, 1, 2, 20, 40, 0)])
    frequency = engine.rows(statements.medians_sql(TWO, "frequency"))
    spend = engine.rows(statements.medians_sql(TWO, "spend"))
    assert frequency == [
        {"cluster": "few", "customers": 3, "median": 1.0},
        {"cluster": "many", "customers": 2, "median": 30.0},
    ]
    assert [row["median"] for row in spend] == [10.0, 300.0]
    assert engine.rows(statements.everybody_sql("frequency")) == [{"median": 2.0}]


def rows_of(customers: dict) -> list[dict]:
    medians = {name: {"few": 1.0, "many": 30.0} for name in FEATURES}
    return profiles.profile_rows(TWO, medians, dict.fromkeys(FEATURES, 2.0), customers, "CNY")


def test_each_cluster_with_customers_has_a_row_and_its_share():
    """3, 4 and 1 of 8; of those without an order there is nothing more to tell."""
    rows = rows_of({"few": 3, "many": 4, "no_orders": 1})
    assert [(row["cluster"], row["customers"], row["customer_share"]) for row in rows] == [
        ("few", 3, 0.375),
        ("many", 4, 0.5),
        ("no_orders", 1, 0.125),
    ]
    assert [row["median_order_days"] for row in rows] == [1.0, 30.0, None]
    assert rows[2]["centroid_order_days"] is None
    assert all(set(row) == set(profiles.PROFILE_COLUMNS) for row in rows)
    assert (rows[0]["k"], rows[0]["silhouette"]) == (2, 0.5)
    assert json.loads(rows[0]["silhouette_by_k"]) == {"2": 0.5, "3": 0.25}


def test_a_cluster_that_nobody_is_nearest_to_has_no_row():
    """The sample had such customers, and now they are gone."""
    assert [row["cluster"] for row in rows_of({"many": 4})] == ["many"]


def test_nobody_at_all_has_no_profile():
    """The first day of a company."""
    assert profiles.profile_rows(Clusters((), (), (), (), (), 0), {}, {}, {}, "CNY") == []


def test_every_name_has_its_words_once():
    """Those of no behaviour are in segments.yml, as those of every scheme are."""
    assert profiles.label_rows({"typical", "new", "no_orders", "unplaced"}) == [
        {"cluster": "new", "label_en": "New", "label_zh": "新客户"},
        {"cluster": "typical", "label_en": "Typical", "label_zh": "一般客户"},
    ]
