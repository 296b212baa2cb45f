"""The features of behaviour that clusters are made of: how they are read, and what they are called.

Each comes from order behaviour alone. k-means sees its logarithm ln(1 + x), since days and money spread over orders of
magnitude; people see its natural unit.
"""

from dataclasses import dataclass

NO_ORDERS = "no_orders"
UNUSUAL = 0.5  # in standard deviations of the logarithm: what is worth a word


@dataclass(frozen=True)
class Feature:
    """One feature.

    column : its name in natural units, as the mart `cluster_profiles` has it after `centroid_` and `median_`.
    sql : the natural unit, of a customer with orders.
    low, high : for cluster names; English and Chinese labels are in `WORDS`.
    told_low, told_high : for descriptions, English and Chinese, with a place for the median.
    """

    column: str
    sql: str
    low: str
    high: str
    told_low: tuple[str, str]
    told_high: tuple[str, str]


FEATURES = {
    "frequency": Feature(
        "order_days",
        "cast(order_days as double)",
        "rare",
        "frequent",
        ("buys rarely (median {} order days; of all customers {})", "购买很少（下单日数中位数{}，全体{}）"),
        ("buys often (median {} order days; of all customers {})", "购买频繁（下单日数中位数{}，全体{}）"),
    ),
    "spend": Feature(
        "spend_per_order_day",
        "greatest(cast(revenue as double) / order_days, 0e0)",
        "low_spend",
        "high_spend",
        (
            "spends little per order day (median {}; of all customers {})",
            "每次消费较低（中位数{}，全体{}）",
        ),
        (
            "spends much per order day (median {}; of all customers {})",
            "每次消费较高（中位数{}，全体{}）",
        ),
    ),
    "silence": Feature(
        "days_since_last_order",
        "cast(days_since_last_order as double)",
        "recent",
        "lapsed",
        ("bought recently (median {} days ago; of all customers {})", "近期购买过（中位数{}天前，全体{}）"),
        (
            "has not bought for long (median {} days; of all customers {})",
            "久未购买（中位数{}天，全体{}）",
        ),
    ),
    "tenure": Feature(
        "age_days",
        "cast(age_days as double)",
        "new",
        "long_standing",
        (
            "is a new customer (first order a median of {} days ago; of all customers {})",
            "新客户（首单距今中位数{}天，全体{}）",
        ),
        (
            "has long been a customer (first order a median of {} days ago; of all customers {})",
            "老客户（首单距今中位数{}天，全体{}）",
        ),
    ),
}
WORDS = {
    "rare": ("buys rarely", "购买很少"),
    "frequent": ("buys often", "购买频繁"),
    "low_spend": ("spends little", "消费较低"),
    "high_spend": ("spends much", "消费较高"),
    "recent": ("bought recently", "近期购买"),
    "lapsed": ("long silent", "久未购买"),
    "new": ("new", "新客户"),
    "long_standing": ("long a customer", "老客户"),
    "typical": ("typical", "一般客户"),
}
