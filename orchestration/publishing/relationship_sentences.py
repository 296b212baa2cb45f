"""What the report tells of relationships and complaints: a sentence or two under each subject.

The frames come from `relationship_findings`. Groups and counts; the few customers to call first are named by id alone.
"""

from typing import TYPE_CHECKING, NamedTuple

from orchestration.publishing import relationship_findings as findings
from orchestration.publishing.findings import Marts
from orchestration.publishing.labels import Labels
from orchestration.publishing.relationship_findings import HURTS, Hurt
from orchestration.scoring.standing_out import standing_out

if TYPE_CHECKING:
    import pandas as pd

_TOLD = (
    "answering_customers satisfied_share top_box_share dissatisfied_share recommendation_answering_customers nps"
    " people_told_good people_told_bad ordering_customers silent_customers silent_without_complaint complaints profit"
    " profitable_but_dissatisfied profit_of_profitable_but_dissatisfied"
)


class Told(NamedTuple):
    """A sentence under its subject in two languages."""

    subject: str
    zh: str
    sentence: str


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
        *_leaving(findings.leaving(marts), labels),
        *_promises(findings.promises(marts), findings.breaches(marts)),
        *_worst_regions(findings.regions(marts)),
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
        sentence += (
            f" The net promoter score is {overall['nps']:+.0f}, of {asked:,} customers: each by all its answers, older "
            "ones faded. The quality indicator of this name is another: the answers of one period alone."
        )
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
    # The page names nobody: it is passed around, and who may see the marts can ask them.
    at_stake = findings.value_at_stake(marts)
    stake = "" if at_stake is None else f"{at_stake:,.0f} {currency}".rstrip() + " of lifetime value is at stake. "
    return [
        Told("Profitable but dissatisfied", "盈利但不满意", f"{sentence}."),
        Told("Call them first", "优先致电", f"{stake}The list: {findings.CALL_FIRST};"),
    ]


def _silence(overall: "pd.Series") -> list[Told]:
    silent, ordering = int(overall["silent_customers"]), int(overall["ordering_customers"])
    if not silent:
        return []
    sentence = f"{silent:,} of {ordering:,} customers with orders fell silent"
    # Where complaints are not fed, silence without one says nothing.
    if not overall.isna()["silent_without_complaint"]:
        sentence += (
            f"; {int(overall['silent_without_complaint']):,} of them have not complained in 365 days: a risk that "
            "nobody told of"
        )
    return [Told("Silent customers", "沉默客户", f"{sentence}.")]


def _leaving(found: "pd.DataFrame | None", labels: Labels) -> list[Told]:
    """The share that fell silent at each level of satisfaction."""
    if found is None or not found["silent"].any():
        return []
    shares = [
        f"{labels.english('satisfaction_level', row.level)} {row.silent / row.ordering:.1%} of {row.ordering:,}"
        for row in found.itertuples()
    ]
    return [Told("Who leaves", "流失与满意度", f"Fell silent, by satisfaction: {'; '.join(shares)}.")]


def _promises(kept: "pd.DataFrame | None", breached: "pd.DataFrame | None") -> list[Told]:
    """How often complaints were answered as promised, and where least; breaches of the green channel."""
    sentences = []
    if kept is not None and (kept["dimension"] == "overall").any():
        overall = kept[kept["dimension"] == "overall"].iloc[0]
        regions = [
            f"{row.member} {row.within_promise_share:.1%} of {row.promised:,}"
            for row in kept[kept["dimension"] == "region"].itertuples()
        ]
        sentences.append(
            f"Of {overall['promised']:,} complaints of the last 365 days, {overall['within_promise_share']:.1%} were "
            f"answered within the promise{_least(regions, 'least kept first')}."
        )
    if breached is not None:
        regions = [f"{row.member} {row.breaches:,.0f} of {row.cases:,.0f}" for row in breached.itertuples()]
        sentences.append(
            f"The green channel was breached in {breached['breaches'].sum():,.0f} of {breached['cases'].sum():,.0f} "
            f"complaints{_least(regions, 'most breached first')}."
        )
    return [Told("Promises to complainers", "投诉处理承诺", " ".join(sentences))] if sentences else []


def _least(regions: list[str], order: str) -> str:
    """The first regions in brackets, and how many there are besides."""
    if not regions:
        return ""
    rest = f"; {len(regions) - findings.REGIONS} more" if len(regions) > findings.REGIONS else ""
    return f" ({order}: {', '.join(regions[: findings.REGIONS])}{rest})"


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
