"""The orders of some customers: when, what, how much, and whether the goods came in time.

Frames hold whole cents, customer and order numbers, and categories; `layouts` says how they are written.
"""

import numpy as np
import pandas as pd

from orchestration.sample import vocabulary as words
from orchestration.sample.history import DAY, History, blank, hours
from orchestration.sample.population import SPEND_SHAPE, Population
from orchestration.sample.randomness import choose, prefer

DRIFT_SLOPE = 1.6
LIVELY_DAYS = 7


def draw_orders(
    people: Population, numbers: np.ndarray, rng: np.random.Generator, history: History, *, is_first: bool
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the orders that `people.orders` counts.

    Parameters
    ----------
    people : Population
    numbers : ndarray, shape (sum of people.orders,)
        Order numbers to give out.
    rng : numpy.random.Generator
    history : History
    is_first : bool
        This part sees to it that none of the last seven days is without an order.

    Returns
    -------
    orders : DataFrame
        One row an order, in no particular order.
    customer : ndarray of int
        The place in `people` of each order's customer.
    """
    count = len(numbers)
    customer = rng.permutation(np.repeat(np.arange(len(people)), people.orders))
    start = history.season_years(people.start)
    stop = history.season_years(people.last_active(history))
    position = history.position(start[customer] + rng.random(count) * (stop - start)[customer])
    position = np.minimum(position, history.days - 1e-6)
    if is_first:
        _enliven_last_days(position, customer, people, history)
    ordered_at = history.in_business_hours(rng, position)

    status = choose(rng, words.STATUS_SHARES, count)
    is_cancelled, is_returned = status == 1, status == 2
    amount = _amounts(people, customer, position / history.days, rng)
    promised_at = _evening(ordered_at, 2 + rng.integers(5, size=count))
    delivered_at = _deliveries(ordered_at, promised_at, people.late_delivery_exposure[customer], rng)
    due_days = np.where(rng.random(count) < 0.12, 60, 30)
    frame = pd.DataFrame(
        {
            "order_id": numbers,
            "customer_id": people.number[customer],
            "ordered_at": ordered_at,
            "amount": amount,
            "quantity": 1 + rng.poisson(3.0, count),
            "cost": np.maximum(1, np.rint(amount * (0.62 + 0.26 * rng.random(count)))).astype(np.int64),
            "channel": pd.Categorical.from_codes(
                prefer(rng, people.channel[customer], 0.75, words.ORDER_CHANNEL_SHARES), words.ORDER_CHANNELS
            ),
            "category": pd.Categorical.from_codes(
                prefer(rng, people.goods[customer], 0.60, words.GOODS_SHARES), words.GOODS
            ),
            "region": pd.Categorical.from_codes(people.region[customer], words.REGIONS),
            "status": pd.Categorical.from_codes(status, words.STATUSES),
            "due_at": _evening(ordered_at, due_days),
            "paid_at": history.known(blank(_payments(ordered_at, due_days, rng), is_cancelled)),
            # A cancelled order keeps no promise: otherwise it would count as late for ever.
            "promised_at": blank(promised_at, is_cancelled),
            "delivered_at": history.known(blank(delivered_at, is_cancelled)),
            "updated_at": _updates(ordered_at, is_cancelled, is_returned, rng, history),
        }
    )
    return frame, customer


def _enliven_last_days(position, customer, people, history):
    """Move orders of customers who are still active to those of the last days that have none."""
    first = history.days - LIVELY_DAYS
    empty = np.setdiff1d(np.arange(first, history.days), np.floor(position))
    is_movable = (people.drop_out[customer] >= history.days) & (people.start[customer] < first)
    movable = np.flatnonzero(is_movable & (position < first))[: len(empty)]
    position[movable] = empty[: len(movable)]


def drift_factor(time: np.ndarray) -> np.ndarray:
    """How amounts of a rising customer grow over time (0 to 1), with mean 1 over the history."""
    return np.exp(DRIFT_SLOPE * (time - 0.5)) / (np.sinh(DRIFT_SLOPE / 2) / (DRIFT_SLOPE / 2))


def _amounts(people, customer, time, rng):
    """Cents: gamma around each customer's mean, which drifts over time."""
    direction = people.drift[customer]
    drift = np.where(direction == 0, 1.0, drift_factor(np.where(direction > 0, time, 1 - time)))
    spread = rng.standard_gamma(SPEND_SHAPE, len(customer)) / SPEND_SHAPE
    return np.maximum(1, np.rint(100 * people.mean_spend[customer] * drift * spread)).astype(np.int64)


def _evening(moments, days):
    """18:00 so many days after each moment."""
    return moments.astype("datetime64[D]").astype("datetime64[s]") + (days * DAY + 18 * 3_600).astype("timedelta64[s]")


def _deliveries(ordered_at, promised_at, late_share, rng):
    span = (promised_at - ordered_at).astype(np.int64) / 3_600
    in_time = ordered_at + hours(span * (0.3 + 0.7 * rng.random(len(span))))
    late = promised_at + hours(2 + rng.standard_exponential(len(span)) * 72)
    return np.where(rng.random(len(span)) < late_share, late, in_time)


def _payments(ordered_at, due_days, rng):
    """Most pay within the term, 8 % after it, 1 % never."""
    count = len(ordered_at)
    luck = rng.random(count)
    days = np.where(luck < 0.09, due_days + 1 + 15 * rng.standard_exponential(count), due_days * rng.random(count))
    return blank(ordered_at + hours(24 * days), luck < 0.01)


def _updates(ordered_at, is_cancelled, is_returned, rng, history):
    """Cancelled and returned orders were changed afterwards, and one in a hundred of the others."""
    count = len(ordered_at)
    days = np.where(is_returned, 12.0, 1.0) * (0.2 + rng.random(count))
    is_touched = is_cancelled | is_returned | (rng.random(count) < 0.01)
    # Two hours are left before the end, so that a planted correction can be the later one.
    latest = history.close - np.timedelta64(2, "h")
    return blank(np.minimum(ordered_at + hours(24 * days), latest), ~is_touched)
