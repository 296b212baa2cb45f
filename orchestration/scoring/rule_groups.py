"""Rule groups: conditions on facts as one statement that finds the members of every group.

Which facts there are is in config/customer_facts.py; here is what their columns stand on, and how they are compared.
"""

import datetime as dt
from collections.abc import Mapping

from orchestration.config.customer_facts import FACTS
from orchestration.config.rule_groups import Condition, RuleGroup
from orchestration.scoring.literals import sql_double, sql_text

MEMBERS = "scores.group_members"
SIGNS = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<", "equals": "="}

# A row a customer each. `loyalty` is marts.customer_relationship's loyalty_score on a scale to ten.
RELATIONS = {
    "orders": "facts.customer_orders",
    "payments": "facts.customer_payments",
    "complaints": "facts.customer_complaints",
    "surveys": "facts.customer_surveys",
    "activity": "facts.customer_activity",
    "clv": "scores.clv",
    "value_tiers": "scores.value_tiers",
    "silence": "scores.silence",
    "loyalty": """(
        select customer_id, 10 * percent_rank() over (order by expected_orders nulls first) as loyalty_level
        from scores.clv
    )""",
    "attributes": "facts.customer_attributes",
}
# Who has no row here has had none of what is counted.
COUNTED = ("payments", "complaints", "complaints_of", "attributes")


def members_sql(groups: Mapping[tuple[str, str], RuleGroup], as_of: dt.date) -> str:
    """SELECT of `customer_id`, `scheme`, `segment`: a row for each group that a customer is in.

    Parameters
    ----------
    groups : mapping of (scheme, segment) to RuleGroup
    as_of : date
        The day up to which complaints of categories are counted, over 365 days; other facts are of that day already.
    """
    if not groups:
        return (
            "select cast(null as varchar) as customer_id, cast(null as varchar) as scheme, "
            "cast(null as varchar) as segment where false"
        )
    conditions = [condition for group in groups.values() for condition in group.conditions]
    named = [tuple(condition.categories) for condition in conditions if condition.categories]
    category_lists = list(dict.fromkeys(named))
    used = dict.fromkeys(relation_of(condition) for condition in conditions)
    relations = RELATIONS | {"complaints_of": complaints_of_sql(category_lists, as_of)}
    joins = "\n".join(
        f"    left join {relations[name]} as {name} on customers.customer_id = {name}.customer_id"
        for name in used
        if name != "customers"
    )
    flags = ",\n".join(
        f"        {group_sql(group, category_lists)} as is_in_{number}" for number, group in enumerate(groups.values())
    )
    rows = "\nunion all\n".join(
        f"select customer_id, {sql_text(scheme)} as scheme, {sql_text(segment)} as segment "
        f"from judged where is_in_{number}"
        for number, (scheme, segment) in enumerate(groups)
    )
    return f"""with judged as (

    select
        customers.customer_id,
{flags}
    from facts.customers as customers
{joins}

)

{rows}"""


def group_sql(group: RuleGroup, category_lists: list[tuple[str, ...]]) -> str:
    """SQL that is true for the members, and false for everybody else."""
    parts = [condition_sql(condition, category_lists) for condition in group.all]
    if group.any:
        parts.append("(" + " or ".join(condition_sql(condition, category_lists) for condition in group.any) + ")")
    return " and ".join(parts)


def condition_sql(condition: Condition, category_lists: list[tuple[str, ...]]) -> str:
    """SQL of one condition, false where the fact is not known."""
    relation = relation_of(condition)
    column = FACTS[condition.fact].column
    if condition.categories:
        column = f"{relation}.complaints_{category_lists.index(tuple(condition.categories))}"
    if relation in COUNTED:
        column = f"coalesce({column}, 0)"
    match condition.is_:
        case bool():
            asked = column if condition.is_ else f"not {column}"
        case None:
            number = f"cast({column} as double)"
            asked = " and ".join(
                f"{number} {SIGNS[name]} {sql_double(value)}" for name, value in condition.numbers.items()
            )
        case _:
            asked = f"{column} in ({', '.join(map(sql_text, condition.texts))})"
    return f"coalesce({asked}, false)"


def relation_of(condition: Condition) -> str:
    """The relation that the fact of a condition is in."""
    return "complaints_of" if condition.categories else FACTS[condition.fact].column.split(".")[0]


def complaints_of_sql(category_lists: list[tuple[str, ...]], as_of: dt.date) -> str:
    """A relation of complaints of the last 365 days, a column for each list of categories."""
    columns = ", ".join(
        f"sum(case when category in ({', '.join(map(sql_text, categories))}) then 1 else 0 end) as complaints_{number}"
        for number, categories in enumerate(category_lists)
    )
    since = as_of - dt.timedelta(days=365)
    return f"""(
        select customer_id, {columns}
        from facts.complaints
        where not is_suggestion and cast(opened_at as date) > date '{since}'
        group by customer_id
    )"""


def in_words(group: RuleGroup) -> str:
    """A group as a sentence part: `clv at least 1000 and (is_silent or order_days below 2)`."""
    parts = [condition_words(condition) for condition in group.all]
    if group.any:
        alternatives = " or ".join(condition_words(condition) for condition in group.any)
        parts.append(f"({alternatives})" if parts else alternatives)
    return " and ".join(parts)


def condition_words(condition: Condition) -> str:
    """One condition in words."""
    fact = condition.fact + (f" of {'/'.join(condition.categories)}" if condition.categories else "")
    if isinstance(condition.is_, bool):
        return fact if condition.is_ else f"not {fact}"
    if condition.texts:
        return f"{fact} is {'/'.join(condition.texts)}"
    numbers = (f"{name.replace('_', ' ')} {value:g}" for name, value in condition.numbers.items())
    return f"{fact} {' and '.join(numbers)}"
