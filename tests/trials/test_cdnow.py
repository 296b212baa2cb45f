"""CDNOW: the published numbers of the field's reference data set, on the facts that the pipeline makes of the raw text.

The raw text is parsed here once more, line by line, and the facts must equal it customer by customer. Time is in weeks.
"""

import json
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from a_summary import lifetime_values, published, segments, summary, written
from a_trial import original, refreshed
from scipy.stats import kstest, norm

from orchestration.scoring.clv.fitting import fit
from orchestration.scoring.clv.gamma_gamma import Spending, fit_spend
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.intervals import intervals, randomised_transform
from orchestration.scoring.clv.plausible import Point, plausible
from orchestration.warehouse.duckdb import Warehouse

CUT, END = date(1997, 9, 30), date(1998, 6, 30)
Days = dict[str, dict[date, Decimal]]


def lines_of(name: str) -> list[list[str]]:
    """The purchases of a file: the master begins with the names of its columns."""
    lines = (original("cdnow") / name).read_text("ascii").splitlines()
    return [line.split() for line in lines if "customer_id" not in line]


def order_days(lines: list[list[str]], until: date) -> Days:
    """Spend by customer and day up to a date; days of amount 0 are order days too."""
    days: Days = defaultdict(lambda: defaultdict(Decimal))
    for customer, *_, day, _, amount in lines:
        day = datetime.strptime(day, "%Y%m%d").date()
        if day <= until:
            days[customer][day] += Decimal(amount)
    return days


def days_in(home: Path) -> Days:
    """The same of the facts."""
    days: Days = defaultdict(dict)
    for customer, day, amount in rows(
        home,
        "select customer_id, ordered_date, amount from facts.order_days order by customer_id, ordered_date",
    ):
        days[customer][day] = amount
    return days


def histories_in(home: Path) -> dict[str, tuple[int, int, int]]:
    """Frequency, recency and age in days of each customer with an order day, by the facts."""
    found = rows(
        home,
        "select customer_id, frequency, recency_days, age_days from facts.customer_orders "
        "where order_days > 0 order by customer_id",
    )
    return {customer: tuple(history) for customer, *history in found}


def histogram(histories) -> Histogram:
    """Distinct histories in weeks."""
    frequency, recency, age = np.array(list(histories), float).T
    return Histogram.of(frequency, recency / 7, age / 7, days_per_unit=7)


def rows(home: Path, question: str) -> list[tuple]:
    return Warehouse(home / "warehouse.duckdb").rows(question)


def load_of(home: Path) -> dict:
    """What the manifest says of the one load."""
    [load] = json.loads((home / "published" / "current" / "manifest.json").read_text("utf-8"))["loads"]
    return load


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """A home after a refresh of the sample, which has no header row, as of the cut."""
    return refreshed(tmp_path_factory.mktemp("sample"), "cdnow", CDNOW_FILE=original("cdnow") / "CDNOW_sample.txt")


@pytest.fixture(scope="module")
def master(tmp_path_factory) -> Path:
    """A home after a refresh of the master, by the same configuration."""
    return refreshed(tmp_path_factory.mktemp("master"), "cdnow", CDNOW_FILE=original("cdnow") / "CDNOW_master.txt")


def test_every_line_of_the_sample_is_accepted(sample):
    """Without a header row the first line is a purchase like any other."""
    load = load_of(sample)
    assert (load["source_rows"], load["accepted"], load["reasons"]) == (6919, 6919, {})
    assert Decimal(load["money"]["accepted"]) == sum(Decimal(line[-1]) for line in lines_of("CDNOW_sample.txt"))


def test_of_the_master_the_names_of_the_columns_are_left_out_alone(master):
    """By a declared reason, not as a fault."""
    load = load_of(master)
    assert (load["source_rows"], load["accepted"]) == (69_660, 69_659)
    assert load["reasons"] == {"excluded:names of the columns (master only)": 1}


@pytest.mark.parametrize("name", ["sample", "master"])
def test_facts_are_the_raw_text_customer_by_customer(name, request):
    """Days, their money to the cent, frequency, recency and age of everybody, those who paid 0 included."""
    home, raw = request.getfixturevalue(name), order_days(lines_of(f"CDNOW_{name}.txt"), CUT)
    assert days_in(home) == raw
    assert histories_in(home) == {
        customer: (len(days) - 1, (max(days) - min(days)).days, (CUT - min(days)).days)
        for customer, days in raw.items()
    }


def test_customers_who_never_paid_count(sample):
    """2,357 with their days of amount 0; who drops these publishes 2,349."""
    days = days_in(sample)
    assert len(days) == 2357
    assert sum(sum(each.values()) > 0 for each in days.values()) == 2349


def test_orders_after_the_cut_are_landed_and_not_seen(sample):
    """Point in time: the file knows the next nine months, and nothing as of the cut may."""
    later = {
        (customer, day)
        for customer, days in order_days(lines_of("CDNOW_sample.txt"), END).items()
        for day in days
        if day > CUT
    }
    with duckdb.connect() as connection:
        landed = connection.read_parquet(f"{sample}/landing/orders/*/accepted.parquet")
        waiting = landed.filter(f"ordered_at::date > date '{CUT}'").select("customer_id, ordered_at::date").fetchall()
    assert sorted(waiting) == sorted(later)
    assert len(later) > 1000
    assert rows(sample, "select max(ordered_date) from facts.orders") == [(CUT,)]
    assert rows(sample, "select max(last_ordered_at)::date from facts.customer_orders") == [(CUT,)]


@pytest.mark.parametrize(
    ("model", "log_likelihood", "parameters"),
    [
        ("bg_nbd", -9582.429, (0.2426, 4.4136, 0.7929, 2.4259)),
        ("mbg_nbd", -9582.136, (0.5248, 6.1831, 0.8914, 1.6140)),
        ("pareto_nbd", -9594.976, None),  # its ridge is flat: only the likelihood is comparable
    ],
)
def test_the_published_fits(sample, model, log_likelihood, parameters):
    """2,357 customers: log-likelihoods and parameters to the printed precision."""
    report = fit(model, histogram(histories_in(sample).values())).report
    assert (report.customers, report.status) == (2357, "converged")
    assert report.log_likelihood == pytest.approx(log_likelihood, abs=6e-4)
    if parameters:
        assert tuple(report.parameters.values()) == pytest.approx(parameters, abs=6e-5)


def test_the_published_customer(sample):
    """26 repeats, the last in week 30.857 of 31: 25.757 more in 52 weeks, alive with .96885."""
    model = fit("bg_nbd", histogram(histories_in(sample).values())).model
    best = Histogram.of([26], [216 / 7], [31], days_per_unit=7)
    assert model.expected_orders(best, 364)[0] == pytest.approx(25.757, abs=6e-4)
    assert model.p_alive(best)[0] == pytest.approx(0.96885, abs=6e-6)


def test_the_published_spend(sample):
    """Gamma-Gamma on repeat customers with a positive mean, and the population's mean of 35.17."""
    spending = rows(
        sample,
        "select frequency, repeat_amount::double / frequency from facts.customer_orders "
        "where frequency > 0 and repeat_amount > 0 order by customer_id",
    )
    frequency, mean = zip(*spending, strict=True)
    found = fit_spend(Spending(frequency, mean, np.ones(len(mean))))
    assert found.model.parameters == pytest.approx((6.2496, 3.7442, 15.4435), abs=6e-5)
    assert found.report.log_likelihood == pytest.approx(-4055.9177, abs=6e-5)
    assert found.model.population_mean == pytest.approx(35.17, abs=0.005)


def test_the_release_holds_the_published_numbers(sample):
    """What a reader of the marts finds: MBG/NBD and Gamma-Gamma, in days, and the best customer's spend by hand."""
    with duckdb.connect(str(sample / "published" / "current" / "marts.duckdb"), read_only=True) as connection:
        models = {
            model: (json.loads(parameters), log_likelihood)
            for model, parameters, log_likelihood in connection.execute(
                "select model, parameters, log_likelihood from marts.clv_model where is_published"
            ).fetchall()
        }
        values = connection.execute(
            "select frequency, p_alive, expected_orders, expected_order_value::double, clv_low <= clv_high "
            "from marts.customer_value order by frequency desc limit 1"
        ).fetchall()
    assert models.keys() == {"mbg_nbd", "gamma_gamma"}
    count, log_likelihood = models["mbg_nbd"]
    weeks = [count["r"], count["alpha"] / 7, count["a"], count["b"]]
    assert weeks == pytest.approx([0.5248, 6.1831, 0.8914, 1.6140], abs=6e-5)
    # A density of each repeat's moment: per day it is a seventh of that per week.
    [(repeats,)] = rows(sample, "select sum(frequency) from facts.customer_orders")
    assert log_likelihood + float(repeats) * np.log(7) == pytest.approx(-9582.136, abs=6e-4)
    spend, log_likelihood = models["gamma_gamma"]
    assert [spend["p"], spend["q"], spend["gamma"]] == pytest.approx([6.2496, 3.7442, 15.4435], abs=6e-5)
    assert log_likelihood == pytest.approx(-4055.9177, abs=6e-5)
    [(frequency, alive, orders, value, is_ordered)] = values
    [(past,)] = rows(sample, "select max_by(repeat_amount, frequency)::double from facts.customer_orders")
    assert value == pytest.approx(6.2496 * (15.4435 + past) / (6.2496 * frequency + 2.7442), abs=0.01)
    assert 0.9 < alive < 1
    assert 20 < orders < 40
    assert is_ordered


def test_the_full_master(master):
    """23,570 customers and no better likelihood, which would mean that some were lost."""
    report = fit("bg_nbd", histogram(histories_in(master).values())).report
    assert report.customers == 23_570
    assert report.log_likelihood == pytest.approx(-95_368.444, abs=6e-4)


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd"])
def test_the_next_39_weeks_lie_within_the_intervals(sample, name, capsys):
    """Fitted on the first 39 weeks, held against the raw text of the next 39.

    Order days are discrete, so that an interval of 80 % covers 80 % at least. The transform is uniform where the laws
    are right, and no law is quite right of real customers: its distance is told, and laws that are half as wide as
    they should be must be far from it.
    """
    histories = histories_in(sample)
    found = fit(name, histogram(histories.values()))
    fitted = Point(found.model)
    around = plausible(found)
    frequency, recency, age = np.array(list(histories.values()), float).T
    each = Histogram(frequency, recency / 7, age / 7, np.ones(len(age), int), days_per_unit=7)
    until_end = order_days(lines_of("CDNOW_sample.txt"), END)
    came = np.array([sum(day > CUT for day in until_end[customer]) for customer in histories])
    days = (END - CUT).days

    ends = intervals(fitted, each, days, around)
    within = np.mean((ends.orders_low <= came) & (came <= ends.orders_high))
    below, above = np.mean(came < ends.orders_low), np.mean(came > ends.orders_high)
    transform = randomised_transform(around, each, days, came, seed=1)
    distance = kstest(transform, "uniform")
    narrow = kstest(norm.cdf(2 * norm.ppf(transform)), "uniform")  # the laws' spread halved
    with capsys.disabled():
        print(
            f"\n{name}: {came.sum()} order days came, {fitted.model.expected_orders(each, days).sum():.0f} expected; "
            f"80 % intervals: within {within:.3f}, below {below:.3f}, above {above:.3f}; Kolmogorov distance of the "
            f"transform {distance.statistic:.4f} (p {distance.pvalue:.3f}), of laws half as wide {narrow.statistic:.3f}"
        )
    assert within >= 0.8
    assert max(below, above) <= 0.1
    assert narrow.pvalue < 1e-6
    assert narrow.statistic > 2 * distance.statistic


def test_the_summary_of_segments_is_that_of_the_raw_text(master):
    """The pyramid, ABC and RFM of 23,570 customers from the lines themselves; only the lifetime values are served."""
    days = order_days(lines_of("CDNOW_master.txt"), CUT)
    customers = pd.DataFrame(
        {
            customer: {"revenue": sum(of.values()), "days": len(of), "last_day": pd.Timestamp(max(of))}
            for customer, of in days.items()
        }
    ).T
    customers["clv"] = lifetime_values(master)
    expected = summary(customers, segments(customers))
    served = published(master)
    assert expected == {key: told for key, told in served.items() if key[0] in ("value_tier", "abc", "rfm")}
    assert written("cdnow") == served
