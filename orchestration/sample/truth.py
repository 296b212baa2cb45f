"""What is true of the sample: the table of each customer's truth, and the page that says what was planted."""

import numpy as np
import pandas as pd

from orchestration.sample import population, stories
from orchestration.sample import vocabulary as words
from orchestration.sample.complaints import (
    ESCALATED_NEEDS,
    IMPROVED_DAYS,
    IMPROVED_REGION_SLOWNESS,
    LATE_REGION_SLOWNESS,
    SUGGESTED_DAYS,
)
from orchestration.sample.history import History
from orchestration.sample.orders import drift_factor
from orchestration.sample.population import Population

_FAULTS = """\
Each row of orders, complaints and surveys was touched with probability {dirty:g}. `faults.csv` lists each
fault: feed, kind, row (record number from 1, the header not counted), key, and the expected outcome.

- Full-width digits, thousands separators and spaces are good values in another spelling.
- A `correction` has a later updated_at and another amount; it supersedes the row listed as `corrected`.
- An `exact_duplicate` repeats an earlier row, which is not listed.
- An `unknown_customer` is in a complaint that lands and is of nobody; the name is in no other feed."""


def true_customers(people: Population, history: History) -> pd.DataFrame:
    """The frame behind truth/customers.csv: what drove each customer, not what came of it."""
    has_dropped_out = people.drop_out < history.days
    drop_out = np.where(has_dropped_out, people.drop_out, 0.0)
    return pd.DataFrame(
        {
            "customer_id": people.number,
            "active_from": history.moment(np.floor(people.start)),
            "purchase_rate_per_year": people.rate,
            "drop_out_date": np.where(has_dropped_out, history.moment(drop_out), np.datetime64("NaT", "s")),
            "mean_spend": np.rint(100 * people.mean_spend).astype(np.int64),
            "dissatisfaction": people.dissatisfaction,
            "tier_drift": pd.Categorical.from_codes(people.drift + 1, population.DRIFTS),
            "region": pd.Categorical.from_codes(people.region, words.REGIONS),
            "late_delivery_exposure": people.late_delivery_exposure,
        }
    )


def truth_page(customers: int, orders: int, seed: int, dirty: float, history: History) -> str:
    """The text of truth/README.md."""
    faults = _FAULTS.format(dirty=dirty) if dirty else "None."
    late_region, improved_region = words.REGIONS[words.LATE_REGION], words.REGIONS[words.IMPROVED_REGION]
    return f"""\
# What is true of this company

Made up: no person, firm, number or address is real.
{customers:,} customers and {orders:,} orders of seed {seed}.
History from {history.first.astype("datetime64[D]")} to {history.end}, both included.

## Purchases (`customers.csv`)

- Each customer buys as a Poisson process at `purchase_rate_per_year` from `active_from` until `drop_out_date`
  (empty: still a customer on the last day). Orders of every status count, several on a day too.
- Rates are gamma with shape {population.RATE_SHAPE}, scaled so that the expected total is the number of
  orders. A season (month and weekday factors of mean 1) moves orders within the year, not the yearly rate.
- Drop-out is exponential for each customer, at {population.DROP_OUTS_PER_YEAR} a year times a gamma of
  shape {population.DROP_OUT_SHAPE} and mean 1 times (0.5 + 1.75 × dissatisfaction): the dissatisfied leave sooner.
- An order's amount is gamma with shape {population.SPEND_SHAPE} around `mean_spend`, which is inverse gamma
  with tail {population.SPEND_TAIL} and mean {population.SPEND_MEAN:,.0f} CNY.
- With `tier_drift` rising, amounts grow from {drift_factor(0.0):.2f} to {drift_factor(1.0):.2f} times their
  mean over the history; with falling, the other way.

## Service

- {late_region} delivers late. `late_delivery_exposure` is the chance that a delivery to the customer comes
  after its promised date: {population.LATE_SHARE_IN_LATE_REGION} on average there, {population.LATE_SHARE} elsewhere.
- Complaints follow late deliveries, and are answered {LATE_REGION_SLOWNESS} times as slowly in {late_region},
  so the promise of 24 hours is missed more often there.
- Complaints that violate {" or ".join(ESCALATED_NEEDS)} reach the general manager, and as slowly there: the promise of
  12 hours is missed often.
- The help desk knows customers by phone only, and writes phones in several ways (+86, 0086, dashes, full width).
  `complaints.csv` here says whose each complaint is.
- Some interactions name the customer by the number of an older system, K-n for customer n, as `aliases` says.
- Survey answers fall with `dissatisfaction`, and after a complaint.
- In the last {IMPROVED_DAYS} days {improved_region} improved: complaints are answered and resolved in
  {IMPROVED_REGION_SLOWNESS} of the time, and `manner` scores about one point higher. Nothing else did.

## Single customers (`stories.csv`)

Planted upon the rest, as `segments.yml` is shipped. A few others may meet the same conditions by chance.

- `opinion_leader`: {100 * stories.LEADER_SHARE:g} % of the customers, among those who buy often. Each made
  {stories.LEADER_SUGGESTIONS} suggestions in the last {SUGGESTED_DAYS} days, the last of the feed, and is the
  referrer of `referred_customer_id`, who has ordered.
- `interest_vip`: {100 * stories.VIP_SHARE:g} % of the customers, who had looked at other categories and looked at
  `category` for the first time in a year in the last {stories.RECENT_DAYS} days, at least {stories.VIEWS_MORE} times.

## Faults

{faults}
"""
