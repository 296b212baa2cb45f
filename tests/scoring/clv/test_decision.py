"""Which model is published, and what is said where none can be: simulated populations, small tables, hand-made ends."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from orchestration.config.clv import MinimumDataConfig
from orchestration.scoring.clv import decision as deciding
from orchestration.scoring.clv import model_table
from orchestration.scoring.clv.decision import DataSummary, Past, Trial, decide, holdout_days
from orchestration.scoring.clv.fitting import fit
from orchestration.scoring.clv.gamma_gamma import GammaGamma, Spending
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import Fit
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.validation import Holdout, validate
from scoring.clv import population

DAYS, UNTIL = 90, dt.date(2026, 6, 30)
NOBODY = Spending([], [], [])
ENOUGH = DataSummary(500, 1, 180, 30)


def simulated(kind=population.bg_nbd, parameters=(0.6, 20, 0.8, 2.0), customers=4000, seed=3, **more) -> Trial:
    """A population whose last days are held out; everybody spends about 20 an order."""
    histogram, (frequency, recency, ages, later) = kind(parameters, customers, seed, extra=DAYS, **more)
    mean = np.random.default_rng(seed).gamma(60, 1 / 3, customers)
    repeats = frequency > 0
    return Trial(
        past=Past(histogram, Spending(frequency[repeats], mean[repeats], np.ones(repeats.sum()))),
        until=UNTIL,
        holdout=Holdout(Histogram(frequency, recency, ages, np.ones(customers, int)), DAYS, later, 20 * later, mean),
        first_days=np.array([]),
        cohorts=np.array([]),
        weekly=np.array([]),
    )


@pytest.fixture(scope="module")
def trial() -> Trial:
    return simulated()


@pytest.fixture(scope="module")
def decided(trial):
    return decide(trial.past, trial, "auto", {})


@pytest.mark.parametrize(
    ("less", "words"),
    [
        ({"customers": 499}, "499 customers with an order (500 are needed)"),
        ({"customers_with_3_order_days": 0}, "0 customers with three order days (1 are needed)"),
        ({"first_order_days_ago": 179}, "179 days of history (180 are needed)"),
        ({"last_order_days_ago": 31}, "the last order 31 days ago (30 at most)"),
        ({"customers": 0, "first_order_days_ago": None, "last_order_days_ago": None}, "no order yet"),
    ],
)
def test_too_little_to_learn_from_is_said_with_its_numbers(less, words):
    """The limits themselves are enough; one less is told with what was found and what is needed."""
    assert ENOUGH.lacks(MinimumDataConfig()) == ""
    assert words in replace(ENOUGH, **less).lacks(MinimumDataConfig())


@pytest.mark.parametrize(("history", "days"), [(180, 90), (374, 93), (1000, 250), (5000, 365)])
def test_the_hold_out_is_the_last_quarter_of_history_within_its_limits(history, days):
    """A quarter of 374 days is 93; at least 90, and no longer than the horizon that is asked for."""
    assert holdout_days(history, 0.25, 90, 365) == days


def test_the_model_that_made_the_customers_is_among_the_likeliest(decided):
    """Two of the three differ by little on 4,000 customers; what is published is near what came."""
    assert decided.key in ("bg_nbd", "mbg_nbd", "pareto_nbd")
    assert set(decided.tried) == {*deciding.CANDIDATES, "nbd"}
    assert deciding.worst_factor(decided.validation) < 1.25
    assert deciding.errs_less_than_naive(decided.validation)
    assert decided.key in decided.why


def test_the_published_parameters_are_those_of_all_data(trial):
    """The trial's past stands for less than all data: the fit on more customers is another one."""
    more = simulated(customers=6000, seed=4).past
    decided = decide(more, trial, "bg_nbd", {})
    assert decided.count.model.parameters == fit("bg_nbd", more.histogram).model.parameters
    assert decided.tried["bg_nbd"][0].model.parameters == fit("bg_nbd", trial.past.histogram).model.parameters


def test_a_fixed_method_is_not_chosen_away(trial):
    """Who names a model gets it, and its hold-out."""
    decided = decide(trial.past, trial, "pareto_nbd", {})
    assert (decided.key, list(decided.tried)) == ("pareto_nbd", ["pareto_nbd", "nbd"])
    assert decided.why == "The configuration says pareto_nbd."


def test_customers_who_never_stop_are_told_by_nbd():
    """Nothing is to be learnt about stopping: drop-out costs two parameters that explain nothing."""
    trial = simulated(population.pareto_nbd, (0.8, 15, 0, 1))
    decided = decide(trial.past, trial, "auto", {})
    assert decided.key == "nbd"
    assert decided.validation is not None


def test_without_a_hold_out_the_first_candidate_that_the_data_support_is_taken(trial):
    """A history that begins within the hold-out still has a model; nothing says how good it is."""
    decided = decide(trial.past, None, "auto", {})
    assert (decided.key, decided.validation) == ("bg_nbd", None)
    assert "no hold-out" in decided.why


def test_nobody_who_came_back_leaves_simple_ltv():
    """No rhythm, no spend after the first day: no model, and both say so."""
    histogram = Histogram([0], [0], [30], [600])
    decided = decide(Past(histogram, NOBODY), None, "auto", {})
    assert decided.key is None
    assert (decided.count.report.status, decided.spend.report.status) == ("no_repeats", "no_spending")


def test_a_candidate_that_misses_the_total_gives_way(trial):
    """The likelier one is 1.3 times off; the other within 1.25: the gate would have warned of the first."""
    orders = trial.holdout.orders
    found = Fit(None, fit("nbd", trial.past.histogram).report)
    off, near = (validate(trial.holdout, orders * factor, value) for factor, value in ((1.3, -10.0), (1.2, -900.0)))
    order, why = deciding.ranked({"bg_nbd": (found, off), "mbg_nbd": (found, near)}, 1.25)
    assert order == ["mbg_nbd", "bg_nbd"]
    assert why.endswith("Further off in the hold-out: bg_nbd.")
    order, _ = deciding.ranked({"bg_nbd": (found, off), "mbg_nbd": (found, near)}, 1.4)
    assert order == ["bg_nbd", "mbg_nbd"]
    order, why = deciding.ranked({"bg_nbd": (found, off), "mbg_nbd": (found, near)}, 1.1)
    assert order == ["bg_nbd", "mbg_nbd"]
    assert "None of the models came close" in why


@pytest.mark.parametrize(
    ("orders", "expected", "factor"), [(30, 20, 1.5), (20, 30, 1.5), (19, 1, 1.0), (0, 40, np.inf)]
)
def test_totals_are_off_by_a_factor_either_way(orders, expected, factor):
    """Two thirds are as far off as half as much again; on fewer than 20 order days chance decides."""
    holdout = Holdout(Histogram([0], [0], [30], [1]), DAYS, [orders])
    assert deciding.worst_factor(validate(holdout, [expected], 0.0)) == factor


def test_the_worse_of_orders_and_spend_counts():
    """Orders to the point, spend half: a factor of 2."""
    holdout = Holdout(Histogram([1], [10], [30], [1]), DAYS, [40], spend=[800], mean_spend=[10])
    assert deciding.worst_factor(validate(holdout, [40], 0.0, [400])) == 2


def test_parameters_that_stay_move_nothing_and_half_the_rate_moves_by_two():
    """NBD: (r + x) / (alpha + T) orders a day; (1 + 1) / (10 + 30) against (1 + 1) / (50 + 30)."""
    past = Past(Histogram([1], [10], [30], [100]), Spending([1], [5], [100]))
    report = fit("nbd", past.histogram).report
    decided = deciding.Decision(Fit(Nbd((1.0, 10.0)), report), Fit(GammaGamma((1.0, 3.0, 20.0)), report), "", {})
    same = {"nbd": Nbd((1.0, 10.0)), "gamma_gamma": GammaGamma((1.0, 3.0, 20.0))}
    assert deciding.moved(decided, same, past, 365).factor == 1
    oftener = deciding.moved(decided, same | {"nbd": Nbd((1.0, 50.0))}, past, 365)
    assert (oftener.orders, oftener.spend, oftener.factor) == pytest.approx((2, 1, 2))
    # 1 x 20 / (3 - 1) = 10 against 1 x 60 / 2 = 30.
    dearer = same | {"gamma_gamma": GammaGamma((1.0, 3.0, 60.0))}
    assert deciding.moved(decided, dearer, past, 365).spend == pytest.approx(1 / 3)
    assert deciding.moved(decided, dearer, past, 365).factor == pytest.approx(3)
    assert deciding.moved(decided, {}, past, 365) is None


def test_the_previous_release_cannot_change_the_answer(trial, decided):
    """Its parameters are one start among others, tried last."""
    far = {decided.key: type(decided.count.model)(tuple(3 * value for value in decided.count.model.parameters))}
    again = decide(trial.past, trial, "auto", far)
    assert again.key == decided.key
    assert again.count.model.parameters == pytest.approx(decided.count.model.parameters, rel=1e-6)


def test_every_history_gets_finite_predictions_in_order(trial, decided):
    """One row a distinct history; ends on their own sides."""
    said = deciding.predictions(decided, trial.past, 365, 0.1)
    assert all(np.isfinite(column).all() for column in said.values())
    assert {len(column) for column in said.values()} == {len(trial.past.histogram)}
    assert (said["orders_low"] <= said["orders_high"]).all()
    assert (said["spend_low"] <= said["spend_high"]).all()
    assert (said["discounted_orders"] <= said["expected_orders"]).all()


def test_the_heat_map_shows_only_histories_that_can_be(trial, decided):
    """No more repeats than days, the last order within the age, one cell for those who came once."""
    shown = deciding.heat_map(decided, trial.past, 365)
    age = shown["age_days"]
    for cell in shown["rows"]:
        assert 0 <= cell["p_alive"] <= 1
        assert cell["frequency"] <= age - cell["days_since_last_order"]
    once = [cell for cell in shown["rows"] if cell["frequency"] == 0]
    assert [cell["days_since_last_order"] for cell in once] == [age]
    assert len({cell["frequency"] for cell in shown["rows"]}) <= deciding.GRID


def test_the_model_table_holds_what_was_tried_and_marks_what_is_published(trial, decided):
    """One row a model; parameters of those not published are of the past, and say so."""
    rows = {row["model"]: row for row in model_table.rows(decided, trial, trial.past, Decimal(7), 365)}
    assert set(rows) == {*deciding.CANDIDATES, "nbd", "gamma_gamma"}
    assert {name for name, row in rows.items() if row["is_published"]} == {decided.key, "gamma_gamma"}
    told = json.loads(rows[decided.key]["holdout"])
    assert (told["from"], told["until"], told["days"], told["customers"]) == ("2026-04-02", "2026-06-30", 90, 4000)
    assert sum(told["transform"]) == pytest.approx(1, abs=1e-5)
    assert sum(told["interval"][part] for part in ("within", "below", "above")) == pytest.approx(1)
    assert told["interval"]["within"] >= 0.8
    assert rows[decided.key]["total_clv"] == 7
    for name in set(rows) - {decided.key, "gamma_gamma"}:
        assert "not published" in rows[name]["fit_note"]
        assert "transform" not in json.loads(rows[name]["holdout"])


def test_published_models_are_read_back_as_they_were(trial, decided):
    """The next refresh starts from them too; simple LTV is no model to start from."""
    rows = model_table.rows(decided, trial, trial.past, Decimal(7), 365)
    rows += [{"model": "simple_ltv", "is_published": False, "parameters": "{}"}]
    found = model_table.models_of([row for row in rows if row["is_published"]] + rows[-1:])
    assert found.keys() == {decided.key, "gamma_gamma"}
    assert found[decided.key] == decided.count.model
    assert found["gamma_gamma"].parameters == decided.spend.model.parameters
