"""What the report and the pages of the assets tell of relationships and complaints: small frames, and sentences.

Groups and counts only: no customer is named.
"""

from typing import TYPE_CHECKING, NamedTuple

from orchestration.publishing.findings import Marts
from orchestration.publishing.labels import Labels
from orchestration.scoring.standing_out import standing_out

if TYPE_CHECKING:
    import pandas as pd

BINS = 16  # along each side of the map: the shipped cuts (.625 and .5) are edges of bins
CATEGORIES = 6
_TOLD = (
    "answering_customers satisfied_share top_box_share dissatisfied_share recommendation_answering_customers nps"
    " people_told_good people_told_bad ordering_customers silent_customers silent_without_complaint complaints profit"
    " profitable_but_dissatisfied profit_of_profitable_but_dissatisfied"
)


class Hurt(NamedTuple):
    """What hurts: cases per 100 of a base, both counts in relationship_summary."""

    cases: str
    base: str
    words: str
    zh: str
    of: str
    of_zh: str


_ORDERS = ("orders", "每百单")
HURTS = (
    Hurt("late_deliveries_last_365_days", "orders_last_365_days", "Late deliveries", "迟交", *_ORDERS),
    Hurt("complaints_last_365_days", "orders_last_365_days", "Complaints", "投诉", *_ORDERS),
    Hurt("green_channel_breaches", "orders_last_365_days", "Green-channel breaches", "绿色通道违约", *_ORDERS),
    Hurt(
        "profitable_but_dissatisfied",
        "answering_customers",
        "Profitable but dissatisfied",
        "盈利但不满意",
        "who answered",
        "每百名答复者",
    ),
)


class Told(NamedTuple):
    """A sentence under its subject in two languages."""

    subject: str
    zh: str
    sentence: str


def loyalty_cells(marts: Marts) -> "pd.DataFrame | None":
    """`across`, `up`, `loyalty_type`, `customers`: satisfaction and loyalty in bins, counted by the engine."""
    return marts.frame(
        "customer_relationship",
        "satisfaction_score loyalty_score loyalty_type",
        f"""
        select
            cast(least(floor(satisfaction_score * {BINS}), {BINS - 1}) as integer) as across,
            cast(least(floor(loyalty_score * {BINS}), {BINS - 1}) as integer) as up,
            loyalty_type,
            count(*) as customers
        from customer_relationship
        where loyalty_type is not null
        group by all order by all
        """,
    )


def category_rates(marts: Marts) -> "pd.DataFrame | None":
    """`category`, `month` (YYYY-MM), `per_100_orders` of the categories with most complaints, these first."""
    return marts.frame(
        "complaint_trends",
        "month category complaints complaints_per_100_orders",
        f"""
        with largest as (
            select category, sum(complaints) as complaints from complaint_trends
            group by category having sum(complaints) > 0 order by complaints desc, category limit {CATEGORIES}
        )
        select
            trends.category,
            strftime(trends.month, '%Y-%m') as month,
            sum(cast(trends.complaints_per_100_orders as decimal(18, 6)))::double as per_100_orders
        from complaint_trends as trends
        inner join largest on trends.category = largest.category
        group by trends.category, trends.month, largest.complaints
        order by largest.complaints desc, trends.category, trends.month
        """,
    )


def category_changes(marts: Marts) -> "pd.DataFrame | None":
    """`category`, `month`, `is_rise`: where complaints changed by more than noise."""
    return marts.frame(
        "complaint_changes",
        "month category rate_ratio is_more_than_noise",
        # Without any complaint before there is no ratio, and what is more than noise is a rise.
        "select category, strftime(month, '%Y-%m') as month, coalesce(rate_ratio > 1, true) as is_rise"
        " from complaint_changes where is_more_than_noise order by all",
    )


def response_times(marts: Marts) -> "pd.DataFrame | None":
    """`month`, `median_time`, `p90_time` (hours), `within_promise_share` of answers to complaints, by month."""
    found = marts.frame(
        "service_timings",
        "dimension period timing median_time p90_time within_promise_share",
        "select period as month, median_time, p90_time, within_promise_share from service_timings"
        " where dimension = 'overall' and timing = 'response' and period like '____-__' and period not like '%Q%'"
        " order by period",
    )
    return None if found is None or found["median_time"].isna().all() else found


def regions(marts: Marts) -> "pd.DataFrame | None":
    """`member` and the counts of HURTS; the regions that rank highest first."""
    columns = list(dict.fromkeys(name for hurt in HURTS for name in (hurt.cases, hurt.base)))
    ranks = " + ".join(f"rank() over (order by {_rate(hurt)} desc nulls last)" for hurt in HURTS)
    # Without any complaint ever, complaints are not fed, and none is no good news.
    of_complaints = {"complaints_last_365_days", "green_channel_breaches"}
    shown = [
        f"case when sum(complaints) over () > 0 then {name} end as {name}" if name in of_complaints else name
        for name in columns
    ]
    return marts.frame(
        "relationship_summary",
        f"dimension member complaints {' '.join(columns)}",
        f"select member, {', '.join(shown)} from relationship_summary where dimension = 'region'"
        f" order by {ranks}, member",
    )


def _rate(hurt: Hurt) -> str:
    return f"{hurt.cases} / nullif({hurt.base}, 0)"


def told(marts: Marts, currency: str, labels: Labels) -> list[Told]:
    """The relationships in plain sentences; those for which there is nothing to tell are left out."""
    found = marts.frame(
        "relationship_summary",
        f"dimension {_TOLD}",
        f"select {', '.join(_TOLD.split())} from relationship_summary where dimension = 'overall'",
    )
    if found is None:
        return []
    overall = found.iloc[0]
    return [
        *_satisfaction(overall),
        *_word_of_mouth(overall),
        *_profitable(overall, marts, currency),
        *_silence(overall),
        *_worst_regions(regions(marts)),
        *_changes(marts, labels),
    ]


def _satisfaction(overall: "pd.Series") -> list[Told]:
    answering, asked = int(overall["answering_customers"]), int(overall["recommendation_answering_customers"])
    if not answering:
        return []
    sentence = (
        f"Of {answering:,} customers who answered, {overall['satisfied_share']:.1%} are satisfied, "
        f"{overall['top_box_share']:.1%} completely so; {overall['dissatisfied_share']:.1%} are dissatisfied."
    )
    if asked:
        sentence += f" The net promoter score is {overall['nps']:+.0f}, of {asked:,} customers."
    return [Told("Satisfaction", "满意度", sentence)]


def _word_of_mouth(overall: "pd.Series") -> list[Told]:
    good, bad = overall["people_told_good"], overall["people_told_bad"]
    if not good + bad:
        return []
    sentence = f"They tell {good:,.0f} people good and {bad:,.0f} ill of us: {good - bad:+,.0f} net."
    return [Told("Word of mouth", "口碑", sentence)]


def _profitable(overall: "pd.Series", marts: Marts, currency: str) -> list[Told]:
    unhappy, profit = int(overall["profitable_but_dissatisfied"]), overall["profit_of_profitable_but_dissatisfied"]
    if not unhappy:
        return []
    verb = "customers are" if unhappy > 1 else "customer is"
    sentence = f"{unhappy:,} profitable {verb} dissatisfied, with a profit of {profit:,.0f} {currency}".rstrip()
    if overall["profit"] > 0:
        sentence += f", {profit / overall['profit']:.1%} of all profit"
    largest = marts.frame(
        "relationship_summary",
        "dimension member profit_of_profitable_but_dissatisfied",
        "select member, profit_of_profitable_but_dissatisfied as profit from relationship_summary"
        " where dimension = 'region' order by profit desc, member limit 1",
    )
    if largest is not None:
        region = largest.iloc[0]
        sentence += f"; {region['profit'] / profit:.0%} of it in {region['member']}"
    return [Told("Profitable but dissatisfied", "盈利但不满意", f"{sentence}. Call them first.")]


def _silence(overall: "pd.Series") -> list[Told]:
    silent, ordering = int(overall["silent_customers"]), int(overall["ordering_customers"])
    if not silent:
        return []
    sentence = f"{silent:,} of {ordering:,} customers with orders fell silent"
    # Where nobody has ever complained, complaints are not fed, and silence without one says nothing.
    if overall["complaints"]:
        sentence += (
            f"; {int(overall['silent_without_complaint']):,} of them have not complained in 365 days: a risk that "
            "nobody told of"
        )
    return [Told("Silent customers", "沉默客户", f"{sentence}.")]


def _worst_regions(found: "pd.DataFrame | None") -> list[Told]:
    """A sentence each region that stands out in something; also what else it is first in, though that may be chance."""
    if found is None:
        return []
    firm: dict[str, list[str]] = {}
    maybe: dict[str, list[str]] = {}
    for hurt in HURTS:
        if found[hurt.cases].isna().any():
            continue
        cases, base = ([int(value) for value in found[name]] for name in (hurt.cases, hurt.base))
        if not sum(cases) or not sum(base):
            continue
        place = standing_out(cases, base)
        highest = max(range(len(base)), key=lambda at: cases[at] / base[at] if base[at] else -1.0)
        others_cases, others_base = sum(cases) - cases[highest], sum(base) - base[highest]
        if not others_base:
            continue
        rate, elsewhere = 100 * cases[highest] / base[highest], 100 * others_cases / others_base
        region = found["member"].iloc[highest]
        if place is None:
            maybe.setdefault(region, []).append(f"{_in_a_sentence(hurt)} ({rate:.1f}, elsewhere {elsewhere:.1f})")
        else:
            words = f"{rate:.1f} {_in_a_sentence(hurt)} per 100 {hurt.of} ({elsewhere:.1f} elsewhere)"
            firm.setdefault(region, []).append(words)
    sentences = []
    for region, words in firm.items():
        sentence = f"{region} has {_listed(words)}: more than chance explains."
        if region in maybe:
            sentence += f" It is also first in {_listed(maybe[region])}, which may be chance."
        sentences.append(Told("Where it hurts", "痛点地区", sentence))
    return sentences


def _in_a_sentence(hurt: Hurt) -> str:
    words = hurt.words[:1].lower() + hurt.words[1:]
    return f"customers {words}" if hurt.base == "answering_customers" else words


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _changes(marts: Marts, labels: Labels) -> list[Told]:
    found = marts.frame(
        "complaint_changes",
        "month category rate_ratio rate_ratio_low rate_ratio_high is_more_than_noise",
        "select strftime(month, '%Y-%m') as month, category, rate_ratio, rate_ratio_low, rate_ratio_high,"
        " is_more_than_noise from complaint_changes where month = (select max(month) from complaint_changes)"
        " and is_more_than_noise is not null order by category",
    )
    if found is None:
        return []
    month = found["month"].iloc[0]
    firm = [
        f"{labels.english('category', row.category)} {_times(row)}"
        for row in found.itertuples()
        if row.is_more_than_noise
    ]
    sentence = f"Per order, the three months up to {month} against the twelve before: "
    sentence += (
        f"{'; '.join(firm)}; more than chance explains."
        if firm
        else "no category changed by more than chance explains."
    )
    return [Told("Change of complaints", "投诉变化", sentence)]


def _times(row: tuple) -> str:
    if row.rate_ratio != row.rate_ratio:  # NaN: nothing before to divide by
        return "is new"
    verdict = "more" if row.rate_ratio > 1 else "fewer"
    return f"{verdict}: {row.rate_ratio:.2f} times ({row.rate_ratio_low:.2f} to {row.rate_ratio_high:.2f})"
