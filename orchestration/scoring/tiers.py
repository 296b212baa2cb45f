"""Value tiers: where the cuts fall between platinum, gold, iron and lead, between A, B and C.

Decisions on two totals (customers and profit), and the one statement that applies them to each customer, key
accounts included. RFM names and the value quadrant are decided in modules of their own, and applied here.
Sources: methods §3.1-3.3, 3.5, 3.7, 3.10.
"""

import decimal
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from orchestration.errors import UserError
from orchestration.scoring.hysteresis import Band, decide_bands, place_expression, tier_before_join
from orchestration.scoring.literals import sql_decimal
from orchestration.scoring.quadrant import (
    Quadrant,
    QuadrantSettings,
    component_columns,
    decide_quadrant,
    observed_expressions,
    quadrant_expression,
    scaled_columns,
    side_expression,
)
from orchestration.scoring.rfm import RfmSegment, score_expression, segment_expression

PYRAMID = ("platinum", "gold", "iron", "lead")
PROFIT_SCALE = 8  # places of the ABC cuts: four of the profit, four of the share


def _default_shares() -> dict:
    return {"platinum": "0.01", "gold": "0.04", "iron": "0.15"}


@dataclass(frozen=True)
class TierSettings:
    """What a person decides about tiers.

    Parameters
    ----------
    rfm_segments : tuple of RfmSegment
        From `rfm_segments`.
    shares : mapping of tier to str or float
        Share of customers in platinum, gold and iron; the rest is lead. Read as the decimal that is written.
    abc_shares : pair of str or float
        Cumulative share of profit at which A and B end.
    key_accounts : int
        Last rank by revenue that is a key account.
    quadrant : QuadrantSettings
    hysteresis : str or float
        Share of a cut's rank by which a customer must pass it to change tier; 0: none.
    """

    rfm_segments: tuple[RfmSegment, ...]
    shares: Mapping[str, str | float] = field(default_factory=_default_shares)
    abc_shares: tuple[str | float, str | float] = ("0.80", "0.95")
    key_accounts: int = 50
    quadrant: QuadrantSettings = field(default_factory=QuadrantSettings)
    hysteresis: str | float = "0"


@dataclass(frozen=True)
class TierSummary:
    """Customers, their total profit, and for how many each quadrant component was observed."""

    customers: int
    profit: Decimal
    observed: Mapping[str, int]


@dataclass(frozen=True)
class TierDecision:
    """The cuts.

    `last_ranks` is the last rank by CLV of platinum, gold and iron; `bands` are the ranks around these cuts where the
    tier before counts (hysteresis); `abc_cuts` the cumulative profit before
    which A and B end, or None where total profit is not positive; `notes` are sentences for the manifest.
    """

    last_ranks: dict[str, int]
    abc_cuts: tuple[Decimal, Decimal] | None
    profit: Decimal
    key_accounts: int
    rfm_segments: tuple[RfmSegment, ...]
    quadrant: Quadrant
    bands: tuple[Band, ...]
    notes: tuple[str, ...]


def exact(share: str | float | Decimal, where: str) -> Fraction:
    """The share as it is written: 0.07 is 7/100, not the nearest double (whose 100-fold rounds up to 8).

    Raises
    ------
    UserError
        When it is not a number from 0 to 1.
    """
    try:
        fraction = Fraction(str(share))
    except (ValueError, ZeroDivisionError):
        fraction = Fraction(-1)
    if not 0 <= fraction <= 1:
        raise UserError(f"the share {share!r} is not a number from 0 to 1", where=where)
    return fraction


def pyramid_cuts(customers: int, shares: Mapping[str, str | float]) -> dict[str, int]:
    """The last rank of each tier but the lowest: ceilings of the cumulative shares (methods §3.1).

    Raises
    ------
    UserError
        When the tiers are not platinum, gold and iron, or their shares add up to more than 1.
    """
    if set(shares) != set(PYRAMID[:-1]):
        raise UserError(
            f"tiers with a share are {', '.join(shares)}; needed: {', '.join(PYRAMID[:-1])}", where="shares"
        )
    cuts, cumulative = {}, Fraction(0)
    for tier in PYRAMID[:-1]:
        cumulative += exact(shares[tier], f"shares {tier}")
        cuts[tier] = math.ceil(cumulative * customers)
    if cumulative > 1:
        raise UserError(f"the shares add up to {float(cumulative):g}; at most 1 can be shared out", where="shares")
    return cuts


def abc_cuts(profit: Decimal, shares: tuple[str | float, str | float]) -> tuple[Decimal, Decimal] | None:
    """Cumulative profit at which A and B end; None where total profit is not positive (methods §3.2).

    A customer is in A while the profit of all before it is below the cut, so the one who crosses is in.

    Raises
    ------
    UserError
        When the shares do not rise.
    """
    end_of_a, end_of_b = (exact(share, "abc_shares") for share in shares)
    if not end_of_a <= end_of_b:
        raise UserError(f"abc_shares are {shares}; the second is below the first", where="abc_shares")
    if profit <= 0:
        return None
    with decimal.localcontext(prec=60):
        a, b = (Decimal(cut.numerator) / cut.denominator * profit for cut in (end_of_a, end_of_b))
    return a, b


def tier_summary_sql(
    orders: str = "facts.customer_orders", surveys: str = "facts.customer_surveys", values: str = "scores.clv"
) -> str:
    """The select of one row that `decide_tiers` needs: customers, profit, and one column a component."""
    counts = "".join(f",\n    {count} as {name}" for name, count in observed_expressions().items())
    return f"""
with

{_customers(orders, surveys, values)}

select
    count(*) as customers,
    coalesce(sum(profit), 0) as profit{counts}
from customers
""".strip()


def read_summary(row: Mapping) -> TierSummary:
    """Make the summary from the row of `tier_summary_sql`, by column name."""
    observed = {name: int(row[name]) for name in observed_expressions()}
    return TierSummary(customers=int(row["customers"]), profit=Decimal(row["profit"]), observed=observed)


def decide_tiers(summary: TierSummary, settings: TierSettings) -> TierDecision:
    """Decide all cuts.

    Raises
    ------
    UserError
        When the settings contradict themselves.
    """
    abc = abc_cuts(summary.profit, settings.abc_shares)
    sides = decide_quadrant(summary.observed, settings.quadrant)
    notes = []
    if abc is None:
        notes.append(f"Total profit is {summary.profit}, not positive: nobody is in class A or B.")
    if sides.absent:
        notes.append(f"The value quadrant does without {', '.join(sides.absent)}: no data give them.")
    last_ranks = pyramid_cuts(summary.customers, settings.shares)
    return TierDecision(
        last_ranks=last_ranks,
        abc_cuts=abc,
        profit=summary.profit,
        key_accounts=settings.key_accounts,
        rfm_segments=settings.rfm_segments,
        quadrant=sides,
        bands=decide_bands(last_ranks, summary.customers, exact(settings.hysteresis, "hysteresis")),
        notes=tuple(notes),
    )


def value_tiers_sql(
    decision: TierDecision,
    orders: str = "facts.customer_orders",
    surveys: str = "facts.customer_surveys",
    values: str = "scores.clv",
    previous: str = "previous.segment_history",
) -> str:
    """The select that gives the columns of scores.value_tiers, one row for each row of `values`.

    Ties are broken by a fixed order, so that a rerun gives the same tiers: CLV, then revenue; profit, then
    CLV; revenue, then CLV; all descending, and at last customer_id. `cumulative_profit_share` runs by
    descending profit and is not clipped at 1 (methods §3.10); it is null where total profit is not positive.
    `is_held_by_margin` says that hysteresis gives another tier than the rank does, and leaves the sizes as they are.
    """
    tier_before, of_before = tier_before_join(decision.bands, previous)
    return f"""
with

{_customers(orders, surveys, values)},

ranked as (

    select
        *,
        row_number() over (order by clv desc, revenue desc, customer_id) as clv_rank,
        row_number() over (order by profit desc, clv desc, customer_id) as profit_rank,
        row_number() over (order by revenue desc, clv desc, customer_id) as revenue_rank,
        {score_expression("0 - days_since_last_order")} as recency_score,
        {score_expression("order_days")} as frequency_score,
        {score_expression("revenue")} as monetary_score{component_columns(decision.quadrant)}
    from customers

),

accumulated as (

    select
        ranked.customer_id,
        has_orders,
        profit,
        revenue,
        clv_rank,
        {tier_before} as tier_before,
        profit_rank,
        revenue_rank,
        recency_score,
        frequency_score,
        monetary_score,
        sum(profit) over (order by profit_rank rows between unbounded preceding and current row)
            as cumulative_profit{scaled_columns(decision.quadrant)}
    from ranked
    {of_before}

),

sides as (

    select
        *,
        {place_expression(decision.bands)} as tier_place,
        cumulative_profit - profit as profit_before,
        {side_expression(decision.quadrant, "current")} as current_score,
        {side_expression(decision.quadrant, "potential")} as potential_score
    from accumulated

),

final as (

    select
        customer_id,
        cast(clv_rank as bigint) as clv_rank,
        {_tier(decision, "tier_place")} as value_tier,
        {_tier(decision, "tier_place")} <> {_tier(decision, "clv_rank")} as is_held_by_margin,
        cast(profit_rank as bigint) as profit_rank,
        {_cumulative_share(decision)} as cumulative_profit_share,
        {_abc_class(decision)} as abc_class,
        cast(revenue_rank as bigint) as revenue_rank,
        revenue_rank <= {int(decision.key_accounts)} and revenue > 0 as is_key_account,
        recency_score,
        frequency_score,
        monetary_score,
        {segment_expression(decision.rfm_segments)} as rfm_segment,
        {quadrant_expression(decision.quadrant)} as value_quadrant
    from sides

)

select * from final
""".strip()


def _customers(orders: str, surveys: str, values: str) -> str:
    """The common start: one row for each customer of `values`, money exact and never null."""
    return f"""customers as (

    select
        clv_values.customer_id,
        coalesce(clv_values.clv, 0) as clv,
        coalesce(customer_orders.order_days, 0) > 0 as has_orders,
        customer_orders.order_days,
        customer_orders.days_since_last_order,
        customer_orders.age_days,
        cast(coalesce(customer_orders.revenue, 0) as decimal(18, 4)) as revenue,
        cast(coalesce(customer_orders.revenue_last_365_days, 0) as decimal(18, 4)) as revenue_last_365_days,
        cast(coalesce(customer_orders.profit, 0) as decimal(18, 4)) as profit,
        cast(coalesce(customer_orders.service_cost, 0) as decimal(18, 4)) as service_cost,
        customer_surveys.recommend_score
    from {values} as clv_values
    left join {orders} as customer_orders on clv_values.customer_id = customer_orders.customer_id
    left join {surveys} as customer_surveys on clv_values.customer_id = customer_surveys.customer_id

)"""


def _tier(decision: TierDecision, place: str) -> str:
    return f"""case
            when {place} <= {decision.last_ranks["platinum"]} then 'platinum'
            when {place} <= {decision.last_ranks["gold"]} then 'gold'
            when {place} <= {decision.last_ranks["iron"]} then 'iron'
            else 'lead'
        end"""


def _cumulative_share(decision: TierDecision) -> str:
    if decision.abc_cuts is None:
        return "cast(null as double)"
    total = sql_decimal(decision.profit, 4)
    return f"round(cast(cumulative_profit as double) / cast({total} as double), 9)"


def _abc_class(decision: TierDecision) -> str:
    if decision.abc_cuts is None:
        return "'C'"
    end_of_a, end_of_b = (sql_decimal(cut, PROFIT_SCALE) for cut in decision.abc_cuts)
    return f"""case
            when profit_before < {end_of_a} then 'A'
            when profit_before < {end_of_b} then 'B'
            else 'C'
        end"""
