"""The schemes of a refresh: which are on, by what rule in words, and what they and their segments are called.

Pure functions on the configuration and on what is fed. What a rule gives and needs is in config/schemes.py; conditions
are written out in scoring/rule_groups.py.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from orchestration.config.customer_facts import Need
from orchestration.config.rule_groups import RuleGroup
from orchestration.config.schemes import RULES, Label, RuleName, Scheme
from orchestration.config.segments import SegmentsConfig
from orchestration.scoring import rule_groups
from orchestration.settings import Settings

SCHEME_COLUMNS = {
    "scheme": "varchar",
    "position": "bigint",
    "rule": "varchar",
    "is_exclusive": "boolean",
    "is_on": "boolean",
    "reason_off": "varchar",
    "label_en": "varchar",
    "label_zh": "varchar",
}
LABEL_COLUMNS = {"field": "varchar", "value": "varchar", "label_en": "varchar", "label_zh": "varchar"}

# Where one row says that something is fed. Facts hold nothing of after as_of, so that a later load switches no past
# date on.
FED: dict[Need, str] = {
    "orders.due_at": "facts.orders where due_at is not null",
    "orders.paid_at": "facts.orders where paid_at is not null",
    "orders.promised_at": "facts.orders where promised_at is not null",
    "complaints": "facts.complaints",
    "complaints.category": "facts.complaints where category <> 'uncategorised'",
    "complaints.need_violated": "facts.complaints where need_violated is not null",
    "complaints.is_suggestion": "facts.complaints where is_suggestion",
    "surveys": "facts.survey_answers",
    "customers.region": "facts.customers where region is not null",
    "customers.industry": "facts.customers where industry is not null",
    "customers.credit_score": "facts.customers where credit_score is not null",
    "customers.prepaid_balance": "facts.customers where prepaid_balance is not null",
    "customers.referrer_customer_id": "facts.customers where referrer_customer_id is not null",
    "interactions": "facts.customer_activity where last_active_at is not null",
    "interactions.category": "facts.customer_interests",
    "wallets": "facts.customer_wallets where wallet_share is not null",
}
# Fed, and never true: another reason than that of the other needs.
NOT_MET: dict[Need, str] = {"complaints.is_suggestion": "no suggestion among the complaints up to as_of"}
LEFT_OUT = "left out of segments.yml"
GROUP, LEADER = "rule_group", ("opinion_leader", "leader")


def fed_sql(needs: Iterable[Need]) -> str:
    """One row with a boolean each, `need_0`, `need_1`, ...: whether it is fed."""
    return "select " + ", ".join(
        f"exists (select 1 from {FED[need]}) as need_{number}" for number, need in enumerate(needs)
    )


@dataclass(frozen=True)
class Schemes:
    """What is on, and why the rest is not.

    Attributes
    ----------
    rows : list of dict
        As SCHEME_COLUMNS: every scheme there is, the declared ones first, in their order.
    groups : dict of (scheme, segment) to RuleGroup
        The groups whose members are to be found.
    """

    rows: list[dict]
    groups: dict[tuple[str, str], RuleGroup]


def decide_schemes(settings: Settings, fed: Collection[Need], shipped: SegmentsConfig) -> Schemes:
    """Switch off what nothing is fed for.

    Parameters
    ----------
    settings : Settings
    fed : collection of str
        The needs that are met.
    shipped : SegmentsConfig
        For the words of schemes that the company's own file leaves out.
    """
    config = settings.segments
    words = rules_in_words(settings)
    missing_of = {
        name: missing
        for name, group in config.rule_groups.items()
        if (missing := [need for need in group.needs if need not in fed])
    }
    rows = []
    for position, (name, scheme) in enumerate(every_scheme(config, shipped).items(), start=1):
        missing = [need for need in RULES[scheme.by].needs if need not in fed]
        reason = not_fed(missing) if missing else None
        is_on = reason is None
        if scheme.by == "rule_groups" and missing_of:
            reason = "; ".join(f"{group}: {not_fed(needs)}" for group, needs in missing_of.items())
            is_on = len(missing_of) < len(config.rule_groups)
        if name not in config.schemes:
            reason, is_on = LEFT_OUT, False
        rows.append(scheme_row(name, position, scheme, words[scheme.by], is_on, reason))
    on = {row["scheme"] for row in rows if row["is_on"]}
    groups = {}
    if GROUP in on:
        groups |= {(GROUP, name): group for name, group in config.rule_groups.items() if name not in missing_of}
    if LEADER[0] in on:
        groups[LEADER] = config.opinion_leaders.as_group()
    return Schemes(rows, groups)


def every_scheme(config: SegmentsConfig, shipped: SegmentsConfig) -> dict[str, Scheme]:
    """The declared schemes in their order, then those that are left out, in the shipped words.

    Columns of marts hold values of both.
    """
    return config.schemes | {name: scheme for name, scheme in shipped.schemes.items() if name not in config.schemes}


def needs_of(config: SegmentsConfig) -> list[Need]:
    """Everything that a scheme or a group of the configuration needs."""
    needs = [need for rule in RULES.values() for need in rule.needs]
    needs += [need for group in config.rule_groups.values() for need in group.needs]
    return list(dict.fromkeys(needs))


def not_fed(missing: Collection[Need]) -> str:
    """Why something is off: `nothing is fed of complaints.category`; of a feed that is missing whole, no columns."""
    told = [need for need in missing if "." not in need or need.split(".")[0] not in missing]
    reasons = [NOT_MET[need] for need in told if need in NOT_MET]
    if of := [need for need in told if need not in NOT_MET]:
        reasons.append(f"nothing is fed of {' and '.join(of)}")
    return ", and ".join(reasons)


def scheme_row(name: str, position: int, scheme: Scheme, rule: str, is_on: bool, reason: str | None) -> dict:
    return {
        "scheme": name,
        "position": position,
        "rule": rule,
        "is_exclusive": RULES[scheme.by].is_exclusive,
        "is_on": is_on,
        "reason_off": reason,
        "label_en": scheme.label.en,
        "label_zh": scheme.label.zh,
    }


def label_rows(schemes: Mapping[str, Scheme], interest_groups: Collection[str]) -> list[dict]:
    """What schemes and segments are called, as LABEL_COLUMNS: the field is the scheme, and `scheme` for schemes.

    Parameters
    ----------
    interest_groups : collection of str
        Every one that a customer is or ever was in: their words are those of the category and of the price band.
    """
    rows = []
    for name, scheme in schemes.items():
        rows.append(label_row("scheme", name, scheme.label))
        if scheme.by == "interests":
            rows += [label_row(name, group, interest_label(group, scheme)) for group in sorted(interest_groups)]
        else:
            rows += [label_row(name, segment, label) for segment, label in scheme.segments.items()]
    return rows


def label_row(field: str, value: str, label: Label) -> dict:
    return {"field": field, "value": value, "label_en": label.en, "label_zh": label.zh}


def interest_label(group: str, scheme: Scheme) -> Label:
    """`cable_high` as `cable, high price`; the category is the company's own word."""
    if group in scheme.segments:  # no_views
        return scheme.segments[group]
    category, band = group.rsplit("_", 1)
    price = scheme.segments[band]
    of = scheme.segments["other"] if category == "other" else Label(en=category, zh=category)
    return Label(en=f"{of.en}, {price.en}", zh=f"{of.zh}，{price.zh}")


def rules_in_words(settings: Settings) -> dict[RuleName, str]:
    """What each rule does with the parameters in force."""
    tiers, segments, relationship = settings.tiers, settings.segments, settings.relationship
    shares = ", next ".join(f"{percent(share)} {tier}" for tier, share in tiers.pyramid.items())
    begins = tiers.wallet_share_from
    interests, leaders = segments.interests, segments.opinion_leaders
    regions = f", in {' or '.join(leaders.regions)}" if leaders.regions else ""
    kept = (
        f"; who is within {percent(tiers.hysteresis)} of a cut's rank keeps the tier" if float(tiers.hysteresis) else ""
    )
    return {
        "pyramid": f"By lifetime value: top {shares}, the rest lead{kept}",
        "abc": f"By profit: who gives the first {percent(tiers.abc_a_up_to)} is A, up to {percent(tiers.abc_b_up_to)} "
        "B, the rest C",
        "key_accounts": f"The first {tiers.key_accounts} by revenue, and the first {tiers.key_accounts} by "
        f"{words(tiers.key_account_attributes)} as experts weigh them",
        "contribution": "By profit: "
        + ", next ".join(f"{percent(share)} {name}" for name, share in tiers.contribution.items())
        + ", where it is above 0; who loses money, or is low in present value and potential, may cause loss; of the "
        "rest potential is who is high in potential",
        "wallet_share": "Spend with us over all that is spent on such products: "
        + ", ".join(f"{name} from {begins[name]:g}" for name in ("most", "half", "some")),
        "quadrant": f"Present value ({words(tiers.current_value)}) against potential "
        f"({words(tiers.potential_value)}), as experts weigh them; high from percentile "
        f"{100 * tiers.quadrant_percentile:g}",
        "rfm": "Recency, frequency and money scored 1 to 5; the first that fits of "
        + ", ".join(rule.name for rule in segments.rfm),
        "clusters": f"k-means of {segments.clusters.k_min} to {segments.clusters.k_max} clusters on how often, how "
        "much, how recently and how long customers buy",
        "lifecycle": f"Silent is decline; else stable from {relationship.stable_order_days} order days, formation "
        f"from 2, contact before; won back for {relationship.win_back_days} days after a decline",
        "rule_groups": "; ".join(
            f"{name}: {rule_groups.in_words(group)}" for name, group in segments.rule_groups.items()
        ),
        "interests": f"The category most viewed in {interests.days} days ({', '.join(interests.kinds)}) and the third "
        f"of its viewers by price; beyond {interests.most_categories} categories: other",
        "interest_change": f"Another category is the most viewed in the last {interests.recent_days} days, "
        f"{interests.vip_views} times or more, than before them",
        "opinion_leaders": f"Loyalty above {leaders.loyalty_above:g} of 10, "
        f"{counted(leaders.suggestions, 'suggestion')} and "
        f"{counted(leaders.successful_referrals, 'successful referral')} or more{regions}",
    }


def words(names: Collection[str]) -> str:
    return ", ".join(names).replace("_", " ")


def counted(number: int, name: str) -> str:
    """`1 suggestion`, `2 suggestions`."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def percent(share: str) -> str:
    """`0.15` as `15 %`, exactly."""
    return f"{(100 * Decimal(share)).normalize():f} %"
