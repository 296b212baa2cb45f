"""Checks of scores: properties that must hold whatever the data say.

Each function asks the engine one question a check and returns outcomes; what a failure does is in gates.yml.
"""

from collections.abc import Sequence

from orchestration.config.gates import GatesConfig
from orchestration.quality.checks import CheckOutcome
from orchestration.scoring.clv.decision import Decision, Moved, row_of, worst_factor
from orchestration.scoring.hierarchy import Report, Weights
from orchestration.scoring.tiers import TierDecision
from orchestration.warehouse.duckdb import Warehouse

CLV = {
    "one_row_a_customer": "Every customer has exactly one value.",
    "values_are_finite": "Values are numbers, none missing.",
    "never_negative_as_revenue": "Without fed costs a value is revenue, and never below zero.",
    "method_is_as_configured": "The values are of the method that clv.yml asks for.",
    "holdout_is_close": "Orders and spend expected in the hold-out are close to what came.",
    "holdout_is_not_far_off": "Orders and spend expected in the hold-out are not far off what came.",
    "error_is_below_naive": "The model errs less per customer, in orders and spend, than if the past rate continued.",
    "parameters_are_steady": "Fitted parameters say the same as those of the date before; method and settings stay.",
}
FITTED = ("bg_nbd", "mbg_nbd", "pareto_nbd", "nbd")
NOT_ALL_THERE = "(p_alive + clv_low + clv_high + orders_low + orders_high + expected_order_value) is null"
VALUE_TIERS = {
    "one_row_a_customer": "Every customer is in exactly one tier.",
    "sizes_are_as_cut": "Each tier has as many customers as the cumulative ceilings say.",
}
CLUSTERS = {"one_row_a_customer": "Every customer is in exactly one cluster."}
QUALITY_WEIGHTS = {
    "each_expert_is_consistent": "The consistency ratio of each expert and of the group is within the limit.",
    "siblings_sum_to_one": "Weights under one parent sum to one.",
}
SUM_TOLERANCE = 1e-9


def one_row_a_customer(warehouse: Warehouse, table: str) -> CheckOutcome:
    """Customers of the facts against rows of the score."""
    rows = warehouse.rows(
        f"select coalesce(known.customer_id, scored.customer_id) from facts.customers as known "
        f"full join (select customer_id, count(*) as times from {table} group by customer_id) as scored "
        "on scored.customer_id = known.customer_id "
        "where known.customer_id is null or scored.times is distinct from 1 order by 1"
    )
    examined = warehouse.value("select count(*) from facts.customers")
    return CheckOutcome(
        table,
        "one_row_a_customer",
        not rows,
        f"{len(rows)} of {examined} customers have no row, several, or are not known",
        observed=len(rows),
        threshold=0,
        rows_examined=examined,
        rows_failing=len(rows),
        sample_ids=[row[0] for row in rows[:5]],
    )


def failing_rows(warehouse: Warehouse, table: str, name: str, condition: str, told: str) -> CheckOutcome:
    """Customers of a score for whom a condition that must never hold does."""
    rows = warehouse.rows(f"select customer_id from {table} where {condition} order by customer_id")
    return CheckOutcome(
        table,
        name,
        not rows,
        f"{len(rows)} customers {told}",
        observed=len(rows),
        threshold=0,
        rows_failing=len(rows),
        sample_ids=[row[0] for row in rows[:5]],
    )


def costs_are_fed(warehouse: Warehouse) -> bool:
    """Whether any order has a cost, or any customer a charge."""
    return warehouse.value("select count(*) > 0 from facts.customer_orders where cost is not null or service_cost <> 0")


def clv(warehouse: Warehouse, published: str, configured: str) -> list[CheckOutcome]:
    """Every customer's value is there, by the published method, which is the configured one.

    Parameters
    ----------
    published, configured : str
        The method of the values, and the one of clv.yml, which may be `auto`.
    """
    table = "scores.clv"
    # With costs the value is profit, which may well be below zero.
    is_profit = costs_are_fed(warehouse)
    negative = "false" if is_profit else "clv < 0"
    return [
        one_row_a_customer(warehouse, table),
        failing_rows(
            warehouse,
            table,
            "values_are_finite",
            "clv is null or simple_ltv is null or discounted_ltv is null "
            "or not isfinite(coalesce(expected_orders, 0)) or expected_orders < 0 or orders_low < 0 "
            "or (p_alive is not null and not p_alive between 0 and 1) "
            "or clv_low > clv_high or orders_low > orders_high "
            f"or clv_method not in ('no_orders', '{published}') "
            f"or (clv_method in {FITTED} and {NOT_ALL_THERE})",
            "have a value that is missing, not a number, or of another method than the rest",
        ),
        CheckOutcome(
            table,
            "method_is_as_configured",
            configured in ("auto", published),
            f"the configuration says {configured}, and {published} is published: see fit_note in clv_model",
        ),
        failing_rows(
            warehouse,
            table,
            "never_negative_as_revenue",
            negative,
            "have a value below zero" + (" (costs are fed: values are profit, and not judged)" if is_profit else ""),
        ),
    ]


def clv_model(
    decision: Decision | None, span: str, moved: Moved | None, changes: list[str], gates: GatesConfig
) -> list[CheckOutcome]:
    """The published model against its hold-out and against the release of an earlier date; simple LTV is exempt.

    Parameters
    ----------
    decision : Decision or None
        None where no model was fitted.
    span : str
        The days of the hold-out, for the messages.
    moved : Moved or None
        None where there are not two models to compare.
    changes : list of str
        What else makes values differ from that release's: method, settings.
    """
    table = "scores.clv"
    limit, close, far = (
        gates.gate(f"{table}:{name}").threshold
        for name in ("parameters_are_steady", "holdout_is_close", "holdout_is_not_far_off")
    )
    validation = decision.validation if decision and decision.key else None
    if validation is None:
        exempt = "no fitted model is published: values are uncalibrated"
        if decision and decision.key:
            exempt = "nobody had come back before the hold-out, so there is nothing to compare with"
        factor, told, errors, is_below = None, exempt, exempt, True
    else:
        factor = worst_factor(validation)
        measures = {"orders": "order days", "spend": "spend"}
        told = f"{span}: " + "; ".join(
            f"{words} {row.expected:,.0f} expected, {row.actual:,.0f} came"
            for name, words in measures.items()
            if (row := row_of(validation, "total", name))
        )
        misses = {
            words: row
            for name, words in measures.items()
            if (row := row_of(validation, "root mean squared error", name))
        }
        errors = f"{span}, error per customer (root mean square): " + "; ".join(
            f"{words} {row.expected:,.4g}, of the past rate {row.naive:,.4g}" for words, row in misses.items()
        )
        is_below = all(row.expected < row.naive for row in misses.values())
    steady = "there is no model of a release of an earlier date to compare with"
    if moved:
        steady = (
            f"against the release of the date before, today's customers are expected to order {moved.orders:.3f} times "
            f"as often, and to spend {moved.spend:.3f} times as much an order"
        )
    factor_moved = moved.factor if moved else None
    is_steady = (factor_moved is None or factor_moved <= limit) and not changes
    return [
        CheckOutcome(table, "holdout_is_close", factor is None or factor <= close, told, factor, close),
        CheckOutcome(table, "holdout_is_not_far_off", factor is None or factor <= far, told, factor, far),
        CheckOutcome(table, "error_is_below_naive", is_below, errors),
        CheckOutcome(table, "parameters_are_steady", is_steady, "; ".join([*changes, steady]), factor_moved, limit),
    ]


def value_tiers(warehouse: Warehouse, decision: TierDecision) -> list[CheckOutcome]:
    table = "scores.value_tiers"
    customers = warehouse.value("select count(*) from facts.customers")
    found = dict(warehouse.rows(f"select value_tier, count(*) from {table} group by value_tier"))
    ends = list(decision.last_ranks.items())
    expected = {tier: end - start for (tier, end), start in zip(ends, [0, *(end for _, end in ends)], strict=False)}
    expected["lead"] = customers - ends[-1][1]
    wrong = {tier: (size, found.get(tier, 0)) for tier, size in expected.items() if found.get(tier, 0) != size}
    return [
        one_row_a_customer(warehouse, table),
        CheckOutcome(
            table,
            "sizes_are_as_cut",
            not wrong and set(found) <= set(expected),
            "; ".join(f"{tier}: {size} expected, {there} found" for tier, (size, there) in wrong.items())
            or ", ".join(f"{tier} {size}" for tier, size in expected.items()),
            observed=len(wrong),
            threshold=0,
            rows_examined=customers,
        ),
    ]


def clusters(warehouse: Warehouse) -> list[CheckOutcome]:
    return [one_row_a_customer(warehouse, "scores.clusters")]


def quality_weights(
    warehouse: Warehouse,
    weighed: Sequence[Weights],
    contradictions: Sequence[str] = (),
    by_example: Sequence[str] = (),
) -> list[CheckOutcome]:
    """Consistency of every expert's matrix and of the group's in each hierarchy, and sums of siblings in the table.

    `contradictions` say in words which experts' comparisons are inconsistent; `by_example` are the hierarchies that
    the shipped experts judge, for want of the company's own.
    """
    table = "scores.quality_weights"
    reports = [report for weights in weighed for report in weights.reports]
    worst = max(reports, key=lambda report: report.consistency_ratio)
    limit = weighed[0].settings.limit
    refused = [report for weights in weighed for report in weights.inconsistent()]
    told = (
        ["\n    ".join(contradictions)]
        if refused
        else [
            f"the worst of {len(reports)} matrices is {placed(worst)}: consistency ratio {worst.consistency_ratio:.3f}"
        ]
    )
    if by_example and not refused:
        told.append(f"judged by the experts that are shipped as an example: {', '.join(by_example)}")
    if unchecked := [placed(report) for weights in weighed for report in weights.unchecked()]:
        told.append(
            f"cannot be checked: {len(unchecked)} of the experts' matrices have too few comparisons to contradict each "
            f"other ({'; '.join(unchecked)}); one more comparison in each would tell"
        )
    sums = dict.fromkeys(
        (f"{weights.hierarchy.name}, under {parent}" for weights in weighed for parent in weights.hierarchy.children),
        0.0,
    ) | {
        f"{name}, under {parent}": total
        for name, parent, total in warehouse.rows(
            f"select hierarchy, parent, sum(local_weight) from {table} group by hierarchy, parent order by all"
        )
    }
    uneven = {parent: total for parent, total in sums.items() if not abs(total - 1) <= SUM_TOLERANCE}
    return [
        CheckOutcome(
            table,
            "each_expert_is_consistent",
            not refused,
            " | ".join(told),
            observed=worst.consistency_ratio,
            threshold=limit,
            rows_examined=len(reports),
            rows_failing=len(refused),
        ),
        CheckOutcome(
            table,
            "siblings_sum_to_one",
            not uneven,
            "; ".join(f"{parent}: {total}" for parent, total in uneven.items())
            or f"weights under each of {len(sums)} parents sum to one",
            observed=len(uneven),
            threshold=0,
        ),
    ]


def placed(report: Report) -> str:
    """Whose matrix it is, and of which comparisons: `service_quality, Li under process`."""
    return f"{report.hierarchy}, {report.expert} under {report.parent}"
