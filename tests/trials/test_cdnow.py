"""CDNOW: the published numbers of the field's reference data set, from the raw text.

The sample (every tenth customer) carries an id of its own in its second column; the master begins with a header.
"""

from collections import defaultdict
from datetime import date, datetime

import numpy as np
import pytest
from a_trial import original

from orchestration.scoring.clv.fitting import fit
from orchestration.scoring.clv.gamma_gamma import Spending, fit_spend
from orchestration.scoring.clv.histogram import Histogram

CUT = date(1997, 9, 30)


def order_days(name: str) -> dict[str, dict[date, float]]:
    """Spend by customer and day up to the cut; days of amount 0 are order days too."""
    days = defaultdict(lambda: defaultdict(float))
    for line in (original("cdnow") / name).read_text("ascii").splitlines():
        customer, *_, day, _, amount = line.split()
        if customer == "customer_id":
            continue
        day = datetime.strptime(day, "%Y%m%d").date()
        if day <= CUT:
            days[customer][day] += float(amount)
    return days


def histogram(days: dict[str, dict[date, float]]) -> Histogram:
    """Distinct histories in weeks."""
    ends = [(len(each) - 1, min(each), max(each)) for each in days.values()]
    return Histogram.of(
        [repeats for repeats, _, _ in ends],
        [(last - first).days / 7 for _, first, last in ends],
        [(CUT - first).days / 7 for _, first, _ in ends],
        days_per_unit=7,
    )


@pytest.fixture(scope="module")
def sample() -> dict[str, dict[date, float]]:
    return order_days("CDNOW_sample.txt")


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
    report = fit(model, histogram(sample)).report
    assert (report.customers, report.status) == (2357, "converged")
    assert report.log_likelihood == pytest.approx(log_likelihood, abs=6e-4)
    if parameters:
        assert tuple(report.parameters.values()) == pytest.approx(parameters, abs=6e-5)


def test_the_published_customer(sample):
    """26 repeats, the last in week 30.857 of 31: 25.757 more in 52 weeks, alive with .96885."""
    model = fit("bg_nbd", histogram(sample)).model
    best = Histogram.of([26], [216 / 7], [31], days_per_unit=7)
    assert model.expected_orders(best, 364)[0] == pytest.approx(25.757, abs=6e-4)
    assert model.p_alive(best)[0] == pytest.approx(0.96885, abs=6e-6)


def test_the_published_spend(sample):
    """Gamma-Gamma on repeat customers with a positive mean, and the population's mean of 35.17."""
    repeats = [[spend for _, spend in sorted(each.items())][1:] for each in sample.values() if len(each) > 1]
    spending = [(len(each), np.mean(each)) for each in repeats if sum(each) > 0]
    frequency, mean = zip(*spending, strict=True)
    found = fit_spend(Spending(frequency, mean, np.ones(len(mean))))
    assert found.model.parameters == pytest.approx((6.2496, 3.7442, 15.4435), abs=6e-5)
    assert found.report.log_likelihood == pytest.approx(-4055.9177, abs=6e-5)
    assert found.model.population_mean == pytest.approx(35.17, abs=0.005)


def test_the_full_master():
    """23,570 customers and no better likelihood, which would mean that some were lost."""
    report = fit("bg_nbd", histogram(order_days("CDNOW_master.txt"))).report
    assert report.customers == 23_570
    assert report.log_likelihood == pytest.approx(-95_368.444, abs=6e-4)
