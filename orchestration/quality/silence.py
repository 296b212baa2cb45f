"""Checks of silence: everybody is judged by a number, and not everybody falls silent in the same week."""

from orchestration.quality.checks import CheckOutcome
from orchestration.quality.scores import failing_rows, one_row_a_customer
from orchestration.warehouse.duckdb import Warehouse

SILENCE = {
    "one_row_a_customer": "Every customer is judged once.",
    "limits_are_numbers": "Whoever has ordered has a limit in days, once anybody has come back.",
    "few_fall_silent_at_once": "Customers pass their limits one by one: many in one week are a holiday, a season or a "
    "gap in the feed.",
}
TABLE = "scores.silence"
WEEK_DAYS = 7
FEW = 10  # so many customers may pass their limits in a week by chance, whatever share of the company they are


def silence(warehouse: Warehouse, threshold: float) -> list[CheckOutcome]:
    """The three outcomes; `threshold` is the share of customers who may fall silent in one week."""
    comes_back = warehouse.value("select coalesce(max(frequency), 0) > 0 from facts.customer_orders")
    without = "customer_id in (select customer_id from facts.customer_orders where order_days > 0) and "
    no_number = "not coalesce(isfinite(silence_limit_days) and silence_limit_days > 0 and is_silent is not null, false)"
    return [
        one_row_a_customer(warehouse, TABLE),
        failing_rows(
            warehouse,
            TABLE,
            "limits_are_numbers",
            without + no_number if comes_back else "false",
            "have ordered and have no limit in days",
        ),
        few_fall_silent_at_once(warehouse, threshold),
    ]


def few_fall_silent_at_once(warehouse: Warehouse, threshold: float) -> CheckOutcome:
    """Of those who were not silent a week ago, the share that is now."""
    [[fell, customers]] = warehouse.rows(
        "select count(*) filter (where over > 0), count(*) from (select days_since_last_order - silence_limit_days "
        f"as over from {TABLE} inner join facts.customer_orders using (customer_id)) where over <= {WEEK_DAYS}"
    )
    share = fell / customers if customers else 0.0
    return CheckOutcome(
        TABLE,
        "few_fall_silent_at_once",
        share <= threshold or fell <= FEW,
        f"{fell} of {customers} customers who were not silent a week ago are now ({share:.1%}; usual: up to "
        f"{threshold:.0%}); where more, think of a holiday, a season that ended or orders that did not arrive",
        observed=share,
        threshold=threshold,
        rows_examined=customers,
        rows_failing=fell,
    )
