"""Value tiers: where the cuts fall between platinum, gold, iron and lead, between A, B and C.

Decisions on totals (customers, profit, what was observed), and the one statement that applies them to each customer.
Key accounts, the value quadrant, contribution classes, wallet shares and RFM names are decided in modules of their own,
and applied here. Sources: methods §3.1-3.7, 3.10.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from orchestration.scoring import contribution, key_accounts, quadrant, wallets
from orchestration.scoring.cuts import abc_cuts, exact, rank_cuts, rising
from orchestration.scoring.hysteresis import Band, decide_bands, place_expression, tier_before_join
from orchestration.scoring.literals import sql_decimal
from orchestration.scoring.rfm import RfmSegment, score_expression, segment_expression
from orchestration.scoring.tier_facts import TierSummary, customers_of

PYRAMID = ("platinum", "gold", "iron", "lead")
PROFIT_SCALE = 8  # places of the ABC cuts: four of the profit, four of the share


def _default_shares() -> dict:
    return {"platinum": "0.01", "gold": "0.04", "iron": "0.15"}


def _default_contribution() -> dict:
    return {"strategic": "0.05", "large": "0.15"}


def _default_wallet() -> dict:
    return {"most": 0.6, "half": 0.4, "some": 0.15}


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
    contribution : mapping of class to str or float
        Share of customers, by profit, who are strategic and large.
    wallet_share_from : mapping of band to float
        The wallet share at which each band begins.
    hysteresis : str or float
        Share of a cut's rank by which a customer must pass it to change tier; 0: none.
    """

    rfm_segments: tuple[RfmSegment, ...]
    quadrant: quadrant.QuadrantSettings
    key_accounts: key_accounts.KeyAccountSettings
    shares: Mapping[str, str | float] = field(default_factory=_default_shares)
    abc_shares: tuple[str | float, str | float] = ("0.80", "0.95")
    contribution: Mapping[str, str | float] = field(default_factory=_default_contribution)
    wallet_share_from: Mapping[str, float] = field(default_factory=_default_wallet)
    hysteresis: str | float = "0"


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
    contribution_ranks: dict[str, int]
    wallet_share_from: Mapping[str, float]
    key_accounts: key_accounts.KeyAccounts
    rfm_segments: tuple[RfmSegment, ...]
    quadrant: quadrant.Quadrant
    bands: tuple[Band, ...]
    notes: tuple[str, ...]


def decide_tiers(summary: TierSummary, settings: TierSettings) -> TierDecision:
    """Decide all cuts.

    Raises
    ------
    UserError
        When the settings contradict themselves.
    """
    wallets.refuse_unfit(settings.wallet_share_from)
    abc = abc_cuts(summary.profit, settings.abc_shares)
    sides = quadrant.decide_quadrant(summary.components, settings.quadrant)
    keys = key_accounts.decide_key_accounts(
        summary.attributes, settings.key_accounts, rising(settings.abc_shares, "abc_shares")
    )
    notes = []
    if abc is None:
        notes.append(f"Total profit is {summary.profit}, not positive: nobody is in class A or B.")
    if sides.absent:
        notes.append(f"The value quadrant does without {', '.join(sides.absent)}: no data give them.")
    if keys.absent:
        notes.append(f"Key accounts are ranked without {', '.join(keys.absent)}: no data give them.")
    if sum(keys.weights.values()) < keys.minimum_coverage:
        notes.append("Too little is known for a ranking by attributes: key accounts are those by revenue alone.")
    if summary.wallets_exceeded:
        notes.append(f"Customers who spend more with us than their wallet is said to hold: {summary.wallets_exceeded}.")
    last_ranks = rank_cuts(summary.customers, settings.shares, PYRAMID[:-1], "shares")
    return TierDecision(
        last_ranks=last_ranks,
        abc_cuts=abc,
        profit=summary.profit,
        contribution_ranks=rank_cuts(summary.customers, settings.contribution, contribution.TOP, "contribution"),
        wallet_share_from=settings.wallet_share_from,
        key_accounts=keys,
        rfm_segments=settings.rfm_segments,
        quadrant=sides,
        bands=decide_bands(last_ranks, summary.customers, exact(settings.hysteresis, "hysteresis")),
        notes=tuple(notes),
    )


def value_tiers_sql(
    decision: TierDecision,
    orders: str = "facts.customer_orders",
    attributes: str = "facts.customer_attributes",
    values: str = "scores.clv",
    previous: str = "previous.segment_history",
) -> str:
    """The select that gives the columns of scores.value_tiers, one row for each row of `values`.

    Ties are broken by a fixed order, so that a rerun gives the same tiers: CLV, then revenue; profit, then
    CLV; revenue, then CLV; attributes, then revenue; all descending, and at last customer_id.
    `cumulative_profit_share` runs by descending profit and is not clipped at 1 (methods §3.10); it is null where
    total profit is not positive.
    `is_held_by_margin` says that hysteresis gives another tier than the rank does, and leaves the sizes as they are.
    """
    tier_before, of_before = tier_before_join(decision.bands, previous)
    return f"""
with

{customers_of(orders, attributes, values)},

ranked as (

    select
        *,
        row_number() over (order by clv desc, revenue desc, customer_id) as clv_rank,
        row_number() over (order by profit desc, clv desc, customer_id) as profit_rank,
        row_number() over (order by revenue desc, clv desc, customer_id) as revenue_rank,
        {score_expression("0 - days_since_last_order")} as recency_score,
        {score_expression("order_days")} as frequency_score,
        {score_expression("revenue")} as monetary_score{_raw_columns(decision)}
    from customers

),

scaled as (

    select
        ranked.customer_id,
        has_orders,
        profit,
        revenue,
        wallet_share,
        clv_rank,
        {tier_before} as tier_before,
        profit_rank,
        revenue_rank,
        recency_score,
        frequency_score,
        monetary_score,
        sum(profit) over (order by profit_rank rows between unbounded preceding and current row)
            as cumulative_profit{_scaled_columns(decision)}
    from ranked
    {of_before}

),

scored as (

    select
        *,
        {place_expression(decision.bands)} as tier_place,
        cumulative_profit - profit as profit_before,
        {quadrant.side_expression(decision.quadrant, "current")} as current_value_score,
        {quadrant.side_expression(decision.quadrant, "potential")} as potential_value_score,
        {key_accounts.score_expression(decision.key_accounts)} as attribute_score
    from scaled

),

compared as (

    select
        *,
        {quadrant.high_expression(decision.quadrant, "current")} as is_current_high,
        {quadrant.high_expression(decision.quadrant, "potential")} as is_potential_high,
        {key_accounts.RANK} as attribute_rank
    from scored

),

chosen as (

    select
        *,
        {key_accounts.membership_expression(decision.key_accounts)} as is_key_account
    from compared

),

accumulated as (

    select
        *,
        {key_accounts.REVENUE_BEFORE} as key_revenue_before
    from chosen

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
        is_key_account,
        cast(revenue_rank as bigint) as key_account_rank_revenue,
        cast(attribute_rank as bigint) as key_account_rank_non_monetary,
        {key_accounts.class_expression(decision.key_accounts)} as key_account_class,
        {contribution.class_expression(decision.contribution_ranks)} as contribution_class,
        wallet_share,
        {wallets.band_expression(decision.wallet_share_from)} as wallet_share_band,
        recency_score,
        frequency_score,
        monetary_score,
        {segment_expression(decision.rfm_segments)} as rfm_segment,
        current_value_score,
        potential_value_score,
        {quadrant.QUADRANT} as value_quadrant
    from accumulated

)

select * from final
""".strip()


def _raw_columns(decision: TierDecision) -> str:
    return quadrant.component_columns(decision.quadrant) + key_accounts.attribute_columns(decision.key_accounts)


def _scaled_columns(decision: TierDecision) -> str:
    return quadrant.scaled_columns(decision.quadrant) + key_accounts.scaled_columns(decision.key_accounts)


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
