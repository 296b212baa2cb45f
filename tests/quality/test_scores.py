"""Each check of scores, on a clean table and on broken ones."""

from dataclasses import replace

import pytest

from orchestration.quality import scores
from orchestration.scoring.clv.decision import Decision, Moved
from orchestration.scoring.clv.fitting import fit
from orchestration.scoring.clv.gamma_gamma import GammaGamma
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import Fit
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.validation import Holdout, validate
from orchestration.scoring.hierarchy import AhpSettings, Hierarchy, weigh
from orchestration.scoring.judgements import Judgement
from orchestration.settings import load_settings

CLEAN_CLV = "10::decimal(18,2) as simple_ltv, 10::decimal(18,2) as discounted_ltv, 10::decimal(18,2) as clv, "
CLEAN_CLV += "0.5::double as p_alive, 2.0::double as expected_orders, 1 as orders_low, 3 as orders_high, "
CLEAN_CLV += "5::decimal(18,2) as clv_low, 20::decimal(18,2) as clv_high, 5 as expected_order_value, "
CLEAN_CLV += "'mbg_nbd' as clv_method"
OF_THE_MODEL = {"holdout_is_close", "holdout_is_not_far_off", "error_is_below_naive", "parameters_are_steady"}


def customers(warehouse, *ids: str) -> None:
    values = ", ".join(f"('{customer}')" for customer in ids)
    warehouse.create_table("facts.customers", f"select * from (values {values}) as known (customer_id)")


def failed(outcomes) -> set[str]:
    return {outcome.name for outcome in outcomes if not outcome.passed}


def clv_table(warehouse, columns: str = CLEAN_CLV, cost: str = "null", service_cost: str = "0") -> None:
    customers(warehouse, "c")
    warehouse.create_table("scores.clv", f"select 'c' as customer_id, {columns}")
    warehouse.create_table(
        "facts.customer_orders", f"select {cost}::decimal(18,2) as cost, {service_cost}::decimal(18,2) as service_cost"
    )


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        ("('a'), ('b')", []),
        ("('a')", ["b"]),
        ("('a'), ('b'), ('b')", ["b"]),
        ("('a'), ('b'), ('z')", ["z"]),
        ("('a'), ('b'), (null)", [None]),
    ],
    ids=["clean", "missing", "twice", "unknown", "null"],
)
@pytest.mark.parametrize("check", [scores.clusters, scores.silence])
def test_every_customer_is_scored_once(warehouse, check, rows, ids):
    """A customer who is missing, twice or from nowhere is found by name."""
    customers(warehouse, "a", "b")
    table = f"scores.{check.__name__}"
    warehouse.create_table(table, f"select * from (values {rows}) as scored (customer_id)")
    (outcome,) = check(warehouse)
    assert (outcome.key, outcome.passed) == (f"{table}:one_row_a_customer", not ids)
    assert outcome.sample_ids == ids
    assert outcome.rows_failing == len(ids)
    assert outcome.rows_examined == 2


def test_a_clean_value_table_passes(warehouse):
    """And says so under each of its names."""
    clv_table(warehouse)
    outcomes = scores.clv(warehouse, "mbg_nbd", "auto")
    assert failed(outcomes) == set()
    assert {outcome.name for outcome in outcomes} == set(scores.CLV) - OF_THE_MODEL


@pytest.mark.parametrize(
    ("clean", "broken", "name"),
    [
        ("0.5::double", "1.5::double", "values_are_finite"),
        ("0.5::double", "'nan'::double", "values_are_finite"),
        ("2.0::double", "'inf'::double", "values_are_finite"),
        ("2.0::double", "'nan'::double", "values_are_finite"),
        ("10::decimal(18,2) as clv,", "null::decimal(18,2) as clv,", "values_are_finite"),
        ("5::decimal(18,2) as clv_low", "30::decimal(18,2) as clv_low", "values_are_finite"),
        ("1 as orders_low", "4 as orders_low", "values_are_finite"),
        ("1 as orders_low", "-1 as orders_low", "values_are_finite"),
        ("2.0::double as expected_orders", "-2.0::double as expected_orders", "values_are_finite"),
        ("0.5::double as p_alive", "null::double as p_alive", "values_are_finite"),
        ("20::decimal(18,2) as clv_high", "null::decimal(18,2) as clv_high", "values_are_finite"),
        ("'mbg_nbd' as clv_method", "'simple_ltv' as clv_method", "values_are_finite"),
        ("10::decimal(18,2) as clv,", "-1::decimal(18,2) as clv,", "never_negative_as_revenue"),
    ],
)
def test_a_broken_value_is_found(warehouse, clean, broken, name):
    """A probability above one, no number, infinity, nothing at all, less than nothing."""
    clv_table(warehouse, CLEAN_CLV.replace(clean, broken))
    outcomes = scores.clv(warehouse, "mbg_nbd", "auto")
    assert failed(outcomes) == {name}
    assert next(outcome for outcome in outcomes if outcome.name == name).sample_ids == ["c"]


def test_a_customer_without_orders_has_no_prediction(warehouse):
    """And a value of 0 all the same."""
    nothing = CLEAN_CLV.replace("0.5::double", "null::double").replace("'mbg_nbd'", "'no_orders'")
    clv_table(warehouse, nothing)
    assert failed(scores.clv(warehouse, "mbg_nbd", "auto")) == set()


def test_a_method_that_the_data_do_not_support_is_told(warehouse):
    """Who asked for Pareto/NBD must not take NBD for it."""
    clv_table(warehouse)
    assert failed(scores.clv(warehouse, "mbg_nbd", "pareto_nbd")) == {"method_is_as_configured"}
    assert failed(scores.clv(warehouse, "mbg_nbd", "mbg_nbd")) == set()


@pytest.mark.parametrize("costs", [{"cost": "3"}, {"service_cost": "3"}])
def test_a_profit_may_be_negative(warehouse, costs):
    """Where costs are fed, a customer can cost more than he brings."""
    clv_table(warehouse, CLEAN_CLV.replace("10::decimal(18,2) as clv", "-1::decimal(18,2) as clv"), **costs)
    assert failed(scores.clv(warehouse, "mbg_nbd", "auto")) == set()


def of_model(expected: float, naive_rate: int = 300, moved: Moved | None = None, changes: tuple = (), spend=()) -> set:
    """Names of the checks that fail for one published model: what it expected of 100 order days that came."""
    came, mean, expected_spend = ([each] for each in spend) if spend else (None, None, None)
    holdout = Holdout(Histogram([naive_rate], [100], [100], [1]), 100, [100], came, mean)
    report = fit("nbd", Histogram([1], [1], [2], [9])).report
    decision = Decision(
        Fit(Nbd((1.0, 1.0)), replace(report, model="nbd")),
        Fit(GammaGamma((1.0, 2.0, 1.0)), report),
        "",
        {"nbd": (None, validate(holdout, [expected], 0.0, expected_spend))},
    )
    outcomes = scores.clv_model(decision, "these days", moved, list(changes), load_settings().gates)
    assert {outcome.name for outcome in outcomes} == OF_THE_MODEL
    return failed(outcomes)


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        (80, set()),
        (125, set()),
        (79, {"holdout_is_close"}),
        (126, {"holdout_is_close"}),
        (50, {"holdout_is_close"}),
        (201, {"holdout_is_close", "holdout_is_not_far_off"}),
        (49, {"holdout_is_close", "holdout_is_not_far_off"}),
    ],
)
def test_a_missed_total_is_told_and_a_wide_miss_holds(expected, names):
    """0.8 to 1.25 of what came is close; outside 0.5 to 2 nothing is published."""
    assert of_model(expected) == names


def test_a_model_that_errs_more_than_the_past_rate_is_told():
    """Naive 100 x 100 / 100 = 100 is to the point; the model expected 99."""
    assert of_model(99, naive_rate=100) == {"error_is_below_naive"}


def test_a_model_that_errs_more_in_spend_is_told():
    """Orders are to the point; of 900 that came it expected 800, and the past rate of 300 x 3 exactly 900."""
    assert of_model(100, spend=(900, 3, 800)) == {"error_is_below_naive"}


@pytest.mark.parametrize(
    ("orders", "spend", "names"),
    [
        (1.25, 1.0, set()),
        (0.8, 1.25, set()),
        (1.26, 1.0, {"parameters_are_steady"}),
        (1.0, 0.79, {"parameters_are_steady"}),
    ],
)
def test_parameters_that_jump_are_told(orders, spend, names):
    """The same customers are expected to order, or spend, a quarter more or less than on the date before."""
    assert of_model(100, moved=Moved(orders, spend)) == names


def test_another_method_or_setting_is_told():
    """The values differ, whatever the parameters say."""
    assert of_model(100, changes=("horizon_days of clv.yml was 730, and is 365",)) == {"parameters_are_steady"}


def test_simple_ltv_is_exempt(warehouse):
    """There is no model to judge; it is labelled uncalibrated instead."""
    outcomes = scores.clv_model(None, "", None, [], load_settings().gates)
    assert failed(outcomes) == set()
    assert "uncalibrated" in outcomes[0].message


class Cuts:
    """Of four customers one is platinum, one gold, none iron."""

    last_ranks = {"platinum": 1, "gold": 2, "iron": 2}  # noqa: RUF012


@pytest.mark.parametrize(
    ("tiers", "broken"),
    [
        (("platinum", "gold", "lead", "lead"), set()),
        (("platinum", "gold", "iron", "lead"), {"sizes_are_as_cut"}),
        (("platinum", "platinum", "lead", "lead"), {"sizes_are_as_cut"}),
        (("platinum", "gold", "lead", "bronze"), {"sizes_are_as_cut"}),
        (("platinum", "gold", "lead"), {"sizes_are_as_cut", "one_row_a_customer"}),
        (("platinum", "gold", "lead", "lead", "tin"), {"sizes_are_as_cut", "one_row_a_customer"}),
    ],
)
def test_tiers_have_the_sizes_that_were_cut(warehouse, tiers, broken):
    """1, 1, 0, and the rest is lead; a tier of another name is none."""
    customers(warehouse, "a", "b", "c", "d")
    values = ", ".join(f"('{customer}', '{tier}')" for customer, tier in zip("abcdz", tiers, strict=False))
    warehouse.create_table("scores.value_tiers", f"select * from (values {values}) as tiers (customer_id, value_tier)")
    outcomes = scores.value_tiers(warehouse, Cuts())
    assert failed(outcomes) == broken
    assert {outcome.name for outcome in outcomes} == set(scores.VALUE_TIERS)


TREE = Hierarchy("service", "root", {"root": ("a", "b", "c")})


def judged(c_over_a: float):
    """a is twice b, b twice c; consistent where a is four times c."""
    ratios = [("a", "b", 2.0), ("b", "c", 2.0), ("a", "c", c_over_a)]
    judgements = [Judgement("Li", "service", "root", *pair) for pair in ratios]
    return weigh(TREE, judgements, AhpSettings("row_over_column"))


def test_consistent_judgements_pass():
    """4/7, 2/7 and 1/7 are one; the consistency ratio is zero."""
    outcomes = scores.quality_weights([judged(4.0)])
    assert failed(outcomes) == set()
    assert outcomes[0].observed == pytest.approx(0, abs=1e-9)
    assert {outcome.name for outcome in outcomes} == set(scores.QUALITY_WEIGHTS)


def test_contradicting_judgements_name_the_expert_and_the_way_out():
    """a above b above c above a: the expert and the group are both refused."""
    (consistency, sums) = scores.quality_weights([judged(0.25)])
    assert not consistency.passed
    assert sums.passed
    assert consistency.rows_failing == 2
    assert "Li under root: CR" in consistency.message
    assert "to mend, in this order" in consistency.message


def test_each_hierarchy_is_judged_and_named():
    """Weights of activity may not hide behind those of quality; who is judged by an example is told."""
    other = replace(judged(0.25), hierarchy=replace(TREE, name="activity"))
    renamed = replace(other, reports=tuple(replace(report, hierarchy="activity") for report in other.reports))
    (consistency, _) = scores.quality_weights([judged(4.0), renamed])
    assert not consistency.passed
    assert consistency.rows_examined == 4
    assert "activity, Li under root: CR" in consistency.message
    assert "service, Li" not in consistency.message
    (consistency, _) = scores.quality_weights([judged(4.0)], ["service"])
    assert consistency.message.endswith("judged by the experts that are shipped as an example: service")


@pytest.mark.parametrize("weight", [0.5, float("nan")])
def test_siblings_that_do_not_sum_to_one_are_found(weight):
    """An index over them would not end at 100; no number is not one either."""
    weights = judged(4.0)
    outcomes = scores.quality_weights([replace(weights, local={**weights.local, "a": weight})])
    assert failed(outcomes) == {"siblings_sum_to_one"}


def index_table(warehouse, index: str = "80", process: str = "null", coverage: str = "0.75", period="last_365_days"):
    warehouse.create_table(
        "scores.quality_index",
        f"select 'overall' as dimension, '{period}' as period, {index}::double as quality_index, "
        f"{process}::double as process_index, 80::double as performance_index, {coverage}::double as coverage",
    )


@pytest.mark.parametrize(
    ("cell", "broken"),
    [
        ({}, set()),
        ({"index": "null"}, set()),
        ({"index": "100.1"}, {"within_0_and_100"}),
        ({"index": "'nan'"}, {"within_0_and_100"}),
        ({"process": "-1"}, {"within_0_and_100"}),
        ({"coverage": "0.5"}, set()),
        ({"coverage": "0.49"}, {"overall_is_covered"}),
        ({"coverage": "null"}, {"overall_is_covered"}),
        ({"period": "2026-06"}, {"overall_is_covered"}),
    ],
)
def test_an_index_is_within_its_scale_and_stands_on_enough_weight(warehouse, cell, broken):
    """Half of the weight is enough, a cell without data is null, and no overall cell is no coverage."""
    index_table(warehouse, **cell)
    outcomes = scores.quality_index(warehouse, 0.5, is_fed=True)
    assert failed(outcomes) == broken
    assert {outcome.name for outcome in outcomes} == set(scores.QUALITY_INDEX)


def test_without_complaints_and_surveys_there_is_no_index_to_cover(warehouse):
    """A company that feeds orders alone is not held for an index that it never asked for."""
    index_table(warehouse, coverage="0")
    assert not failed(scores.quality_index(warehouse, 0.5, is_fed=False))
