"""Small samples are drawn to the whole as far as chance explains them, and their standard errors keep their word."""

import numpy as np
import pandas as pd
import pytest

from orchestration.scoring.shrinkage import cells_sql, decide_shrinkage, shrunk_sql, spread, usual_variance

PRIOR = 30
COLUMNS = {
    **dict.fromkeys(("dimension", "member", "period", "indicator"), "varchar"),
    "value": "double",
    "variance": "double",
    "sample_size": "bigint",
}


def cell(member, value, size, variance=100.0, dimension="region"):
    return {
        "dimension": dimension,
        "member": member,
        "period": "2026-06",
        "indicator": "manner",
        "value": value,
        "variance": variance,
        "sample_size": size,
    }


def whole(value=50.0, size=900):
    """The whole company's cell, whose usual variance is then 100: see the test of that."""
    return cell("all", value, size, (100 * (size + 2) - 5000) / size * (size - 1) / size, dimension="overall")


def shrunk(engine, rows):
    """The decision and what the engine makes of it, by member."""
    return {row["member"]: row for row in shrunk_rows(engine, rows)}


def shrunk_rows(engine, rows):
    engine.fill("facts.service_indicators", COLUMNS, rows)
    cells = engine.connection.execute(cells_sql("facts.service_indicators")).df()
    engine.connection.register("decided", decide_shrinkage(cells, PRIOR))
    statement = f"with {shrunk_sql('facts.service_indicators', 'decided', PRIOR)} select * from shrunk"
    return engine.rows(statement)


def test_the_spread_beyond_chance_follows_by_hand():
    """Errors of 1: (4 + 0 + 4) - 2 = 6 of excess over 3 - 3/3 = 2: values 8, 10, 12 truly differ by a variance of 3."""
    assert spread(np.array([8.0, 10.0, 12.0]), np.ones(3)).true_variance == pytest.approx(3)


def test_members_closer_than_chance_do_not_differ():
    """The method of moments would say below zero."""
    assert spread(np.array([9.9, 10.0, 10.1]), np.ones(3)).true_variance == 0


def test_a_value_is_drawn_by_its_error_over_the_spread(engine):
    """Four members of error² 100 / 100 = 1 at 44, 48, 52, 56: excess 80 - 3 = 77 over 3, so 77/3 is true.

    B = 1/3 x 1 / (1 + 77/3) = 1/80: 44 becomes 44 + 6/80, and 56 becomes 56 - 6/80. Squared standard error of 44:
    1 - 3/4 x 1/80 + 2 x (1/80)² x 36, the errors being alike.
    """
    values = {"a": 44.0, "b": 48.0, "c": 52.0, "d": 56.0}
    found = shrunk(engine, [whole(), *(cell(name, value, 100) for name, value in values.items())])
    assert found["a"]["value"] == pytest.approx(44.075)
    assert found["d"]["value"] == pytest.approx(55.925)
    assert found["a"]["standard_error"] ** 2 == pytest.approx(1 - 3 / 320 + 72 / 6400)
    assert {name: found[name]["raw_value"] for name in values} == values
    assert found["a"]["raw_standard_error"] == 1
    assert found["all"]["value"] == 50


def test_the_smaller_the_sample_the_further_it_is_drawn(engine):
    """Same value, same distance from the whole: three answers say less than three hundred."""
    rows = [cell(name, value, size) for name, value, size in (("few", 60, 3), ("many", 60, 300), ("x", 44, 300))]
    found = shrunk(engine, [whole(), *rows, cell("y", 47, 300)])
    assert 50 < found["few"]["value"] < found["many"]["value"] < 60


def sized(*cells):
    return pd.DataFrame(cells, columns=["value", "variance", "sample_size"])


def test_the_usual_variance_starts_from_two_made_up_observations():
    """Two months of 5 with a variance of 80 about their own means: 800 / 8 = 100; with two of 50²: (500 + 5000) / 7."""
    assert usual_variance("manner", sized((50, 80, 5), (60, 80, 5))) == pytest.approx(5500 / 7)


@pytest.mark.parametrize(
    ("indicator", "value", "variance"),
    [("manner", 100, 2 / 3 * 2500), ("nps", -100, 2 / 3 * 10000), ("response_hours", 30, 2 / 3 * 900)],
)
def test_one_observation_is_not_certain(indicator, value, variance):
    """Nothing but the made-up ones: (1 x 0 + 2 x widest²) / 3; of times the widest is the mean itself."""
    assert usual_variance(indicator, sized((value, 0, 1))) == pytest.approx(variance)


def test_one_detractor_and_then_another_are_no_change(engine):
    """A net promoter score of 100 from one answer, then -100 from another: 200 is within chance."""
    rows = [cell("all", value, 1, 0.0, "overall") | {"indicator": "nps"} for value in (100, -100)]
    rows[1]["period"] = "2026-07"
    (error, other) = (row["raw_standard_error"] for row in shrunk_rows(engine, rows))
    assert 1.96 * np.hypot(error, other) > 200


def test_three_answers_that_are_alike_are_not_certain(engine):
    """Own variance 0, usual one 100: (3 x 0 + 30 x 100) / 33 / 3 is the squared error."""
    found = shrunk(engine, [whole(), cell("few", 60, 3, variance=0.0)])
    assert found["few"]["standard_error"] ** 2 == pytest.approx(3000 / 33 / 3)


def test_fewer_than_four_members_stay_as_measured(engine):
    """Nobody can tell from three how far members differ."""
    rows = [cell(name, value, 3) for name, value in (("a", 20), ("b", 50), ("c", 80))]
    found = shrunk(engine, [cell("all", 50, 9, dimension="overall"), *rows])
    assert [found[name]["value"] for name in "abc"] == [20, 50, 80]


def test_intervals_hold_the_truth_as_often_as_they_say(engine):
    """600 companies of eight regions whose truth is drawn: 95 of 100 truths are within 1.96 standard errors (±1.5)."""
    random = np.random.default_rng(3)
    frame, truths = [], []
    for company in range(600):
        truth = 50 + 2 * random.standard_normal(8)
        sizes = random.integers(20, 200, 8)
        values = truth + random.standard_normal(8) * np.sqrt(100 / sizes)
        period = f"{company:04}"
        rows = [cell(f"r{at}", value, size) for at, (value, size) in enumerate(zip(values, sizes, strict=True))]
        rows.append(cell("all", np.average(values, weights=sizes), sizes.sum(), dimension="overall"))
        frame += [row | {"period": period} for row in rows]
        truths += [(period, f"r{at}", value) for at, value in enumerate(truth)]
    engine.connection.register("measured_cells", pd.DataFrame(frame))
    engine.connection.register("decided", decide_shrinkage(pd.DataFrame(frame), PRIOR))
    found = engine.connection.execute(
        f"with {shrunk_sql('measured_cells', 'decided', PRIOR)} select period, member, value, raw_value, standard_error"
        " from shrunk where dimension = 'region'"
    ).df()
    both = found.merge(pd.DataFrame(truths, columns=["period", "member", "truth"]))
    within = ((both["value"] - both["truth"]).abs() <= 1.96 * both["standard_error"]).mean()
    assert within == pytest.approx(0.95, abs=0.015)
    errors = {name: ((both[name] - both["truth"]) ** 2).mean() for name in ("value", "raw_value")}
    assert errors["value"] < 0.9 * errors["raw_value"]
