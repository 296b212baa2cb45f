"""Lifetime value from order days to values, on the sets on which libraries fail.

Each company is simulated day by day, and goes through the statements, the decision and the checks of the asset.
"""

import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from orchestration.defs import clv as asset
from orchestration.defs.session import Session
from orchestration.quality import scores as checks
from orchestration.scoring.clv import model_table, simple
from orchestration.settings import load_settings
from orchestration.warehouse.duckdb import Warehouse

AS_OF = dt.date(2026, 6, 30)
HISTORY = 400  # days

# What facts.customer_orders says of the columns that lifetime value reads.
CUSTOMER_ORDERS = f"""
select
    customer_id,
    count(*) as order_days,
    count(*) - 1 as frequency,
    max(ordered_date) - min(ordered_date) as recency_days,
    date '{AS_OF}' - min(ordered_date) as age_days,
    cast(sum(amount) - min_by(amount, ordered_date) as decimal(18, 4)) as repeat_amount,
    cast(sum(amount) as decimal(18, 4)) as revenue,
    cast(sum(amount) as decimal(18, 4)) as profit,
    cast(null as decimal(18, 4)) as cost,
    cast(0 as decimal(18, 4)) as service_cost
from facts.order_days
group by customer_id
"""


def simulated(customers: int, rate, stop=0.0, days: int = HISTORY, seed: int = 5) -> pd.DataFrame:
    """Order days of customers who begin at random and may stop after each; `rate` and `stop` one or each."""
    chance = np.random.default_rng(seed)
    rate, stop = np.broadcast_to(rate, customers), np.broadcast_to(stop, customers)
    day = np.floor(chance.uniform(0, days - 1, customers))
    who, found = np.arange(customers), []
    while len(who):
        found.append((who, day[who].copy()))
        who = who[chance.uniform(size=len(who)) >= stop[who]]
        day[who] += np.maximum(np.ceil(chance.exponential(1 / rate[who])), 1)
        who = who[day[who] < days]
    number, at = (np.concatenate(parts) for parts in zip(*found, strict=True))
    last = pd.Timestamp(AS_OF)
    return pd.DataFrame(
        {
            "customer_id": [f"c{each:05}" for each in number],
            "ordered_date": last - pd.to_timedelta(days - 1 - at, unit="D"),
            "amount": np.round(chance.gamma(4, 5, len(at)) + 0.01, 2),
        }
    )


def betas(a: float, b: float, customers: int) -> np.ndarray:
    return np.random.default_rng(8).beta(a, b, customers)


def gammas(r: float, alpha: float, customers: int) -> np.ndarray:
    return np.maximum(np.random.default_rng(9).gamma(r, 1 / alpha, customers), 1e-4)


def one_time_buyers() -> pd.DataFrame:
    """Of 2,000 customers 30 come back, a few of them twice."""
    first = simulated(2000, 1e-9)
    again = first.head(30).assign(ordered_date=pd.Timestamp(AS_OF) - pd.Timedelta(days=3))
    third = first.head(5).assign(ordered_date=pd.Timestamp(AS_OF))
    return pd.concat([first, again, third]).drop_duplicates(["customer_id", "ordered_date"])


ORDINARY = simulated(800, gammas(0.8, 20, 800), betas(0.6, 2, 800))
NO_MINIMUM = "minimum_data: {customers: 1, history_days: 1}"
OF_THE_HOLD_OUT = {"holdout_is_close", "holdout_is_not_far_off", "error_is_below_naive"}
HARD = {
    "no drop-out": lambda: simulated(1500, gammas(0.8, 20, 1500)),
    "plain Poisson": lambda: simulated(1500, 0.03),
    "almost all one-time buyers": one_time_buyers,
    "a + b < 1": lambda: simulated(1500, gammas(0.8, 10, 1500), betas(0.3, 0.4, 1500)),
    "thousands of orders each": lambda: simulated(
        520, np.r_[np.full(10, 50.0), np.full(510, 0.005)], betas(0.1, 30, 520) / 10, days=10_000
    ),
    "ten customers": lambda: simulated(10, 0.05),
    "all alike": lambda: simulated(600, 1e9).groupby("customer_id").head(3),
    "an enormous spender": lambda: simulated(600, 0.02).assign(
        amount=lambda days: np.where(days["customer_id"] == "c00007", 1e10, days["amount"])
    ),
}


def company(home: Path, order_days: pd.DataFrame, config: str = "") -> Session:
    """What a refresh knows of a company that has these order days as facts."""
    (home / "config").mkdir(parents=True)
    (home / "config" / "clv.yml").write_text(config)
    warehouse = Warehouse(home / "warehouse.duckdb")
    warehouse.prepare()
    warehouse.write_frame("facts.given", order_days)
    warehouse.create_table(
        "facts.order_days",
        "select customer_id, cast(ordered_date as date) as ordered_date, 1 as orders, "
        "cast(amount as decimal(18, 4)) as amount from facts.given",
    )
    warehouse.create_table("facts.customer_orders", CUSTOMER_ORDERS)
    warehouse.create_table("facts.customers", "select customer_id from facts.customer_orders")
    return Session(load_settings(home, home / "config"), AS_OF, {}, warehouse, gate=None, base=None, run_id="test")


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory) -> tuple[Session, list[dict]]:
    """A company of customers who differ and stop, after its scores are made."""
    session = company(tmp_path_factory.mktemp("ordinary"), ORDINARY)
    return session, asset.scored(session)[0]


@pytest.mark.parametrize(
    ("name", "config", "published"),
    [
        ("no drop-out", "", {"nbd"}),
        ("plain Poisson", "", {"nbd"}),
        ("almost all one-time buyers", "", {"nbd"}),
        ("a + b < 1", "", {"bg_nbd", "mbg_nbd"}),
        ("thousands of orders each", "", {"bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"}),
        ("ten customers", "", {"simple_ltv"}),
        ("ten customers", NO_MINIMUM, {"nbd"}),
        ("all alike", NO_MINIMUM, {"bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"}),
        ("an enormous spender", "", {"bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"}),
    ],
)
def test_hard_sets_end_with_finite_numbers_a_status_and_a_sentence(tmp_path, name, config, published):
    """Where libraries raise or give NaN, a model that the data support is published, and says what it is."""
    session = company(tmp_path / "home", HARD[name](), config)
    rows, outcomes = asset.scored(session)
    counted = session.warehouse.rows(
        "select count(*) filter (where clv is null or simple_ltv is null or not isfinite(expected_orders)), "
        "count(*) filter (where clv < 0), count(*) filter (where clv_low > clv_high) from scores.clv"
    )
    assert counted == [(0, 0, 0)]
    for row in rows:
        assert row["fit_status"]
        assert row["fit_note"].endswith(".")
        assert all(math.isfinite(value) for value in json.loads(row["parameters"]).values() if isinstance(value, float))
    assert {row["model"] for row in rows if row["is_published"]} & published
    assert {outcome.name for outcome in outcomes} == set(checks.CLV)
    assert [outcome for outcome in outcomes if not outcome.passed and outcome.name not in OF_THE_HOLD_OUT] == []


def test_too_few_customers_are_told_with_their_number(tmp_path):
    """Who reads the model table must know what is missing."""
    rows, _ = asset.scored(company(tmp_path / "home", HARD["ten customers"]()))
    [note] = [row["fit_note"] for row in rows if row["is_published"]]
    assert "10 customers with an order (500 are needed)" in note


def test_a_method_of_the_configuration_is_published_as_it_is(tmp_path):
    """Discounted value was asked for: nothing is fitted, and the table says who decided."""
    rows, outcomes = asset.scored(company(tmp_path / "home", ORDINARY, "method: discounted_ltv"))
    assert [row["model"] for row in rows if row["is_published"]] == ["discounted_ltv"]
    assert {row["model"] for row in rows} == set(simple.METHODS)
    assert all(outcome.passed for outcome in outcomes)


def test_the_same_facts_in_another_order_give_the_same_values(ordinary, tmp_path):
    """Money is summed as decimals and histories are sorted, so that a rerun publishes the same to the last digit."""
    session, rows = ordinary
    again = company(tmp_path / "home", ORDINARY.sample(frac=1, random_state=3))
    assert asset.scored(again)[0] == rows
    values = "select * from scores.clv order by customer_id"
    assert again.warehouse.rows(values) == session.warehouse.rows(values)


def test_the_total_of_the_model_table_is_that_of_the_customers(ordinary):
    """To the cent."""
    session, rows = ordinary
    [total] = [row["total_clv"] for row in rows if row["is_published"] and row["model"] != "gamma_gamma"]
    assert isinstance(total, Decimal)
    assert total == session.warehouse.value("select sum(clv) from scores.clv")


def test_the_page_shows_the_published_models_and_their_pictures(ordinary):
    """In words, numbers and pictures; the notes of what is not published stay in the table."""
    _, rows = ordinary
    shown = asset.metadata(rows)
    assert "not published" not in shown["note"]
    assert "gamma_gamma" in shown["model"].data
    assert len(shown) > 5


def released(session: Session, models: list[dict]) -> SimpleNamespace:
    """The base release, as far as lifetime value asks for it."""
    return SimpleNamespace(manifest={"models": models, "configuration": session.settings.values})


def test_a_jump_of_parameters_is_told(ordinary, tmp_path):
    """The manifest of the base release says that the mean spend was twice as high."""
    published = [row for row in ordinary[1] if row["is_published"]]
    p, q, gamma = model_table.models_of(published)["gamma_gamma"].parameters
    told = json.dumps({"p": p, "q": q, "gamma": 2 * gamma})
    twice = {"model": "gamma_gamma", "is_published": True, "parameters": told}
    before = [row for row in published if row["model"] != "gamma_gamma"] + [twice]
    session = company(tmp_path / "home", ORDINARY)
    session.base = released(session, before)
    rows, outcomes = asset.scored(session)
    [steady] = [outcome for outcome in outcomes if outcome.name == "parameters_are_steady"]
    assert (steady.passed, round(steady.observed, 6)) == (False, 2)
    assert "spend 0.500 times as much an order" in steady.message
    assert [row["parameters"] for row in rows] == [row["parameters"] for row in ordinary[1]]


def test_another_method_and_other_settings_are_told(ordinary, tmp_path):
    """Crossing the minimum of data, or a new horizon, changes every value more than any parameter does."""
    session = company(tmp_path / "home", ORDINARY, "method: discounted_ltv\nhorizon_days: 730")
    session.base = released(ordinary[0], [row | {"is_published": row["model"] == "simple_ltv"} for row in ordinary[1]])
    _, outcomes = asset.scored(session)
    [steady] = [outcome for outcome in outcomes if outcome.name == "parameters_are_steady"]
    assert not steady.passed
    assert steady.message.startswith(
        "the method was simple_ltv, and is discounted_ltv; horizon_days of clv.yml was 365, and is 730; "
    )
