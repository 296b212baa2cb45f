"""Who the customers are and what drives them: the truth that the feeds are drawn from.

Purchases are a Poisson process whose rate differs by customer (gamma) and which ends at a drop-out that is
exponential for each customer: the Pareto/NBD process of Schmittlein, Morrison and Colombo (1987), with the
gamma-gamma spend of Fader and Hardie (2013). What happens to customers belongs to the modules of the feeds.
"""

from dataclasses import dataclass, fields

import numpy as np

from orchestration.sample import vocabulary as words
from orchestration.sample.history import History
from orchestration.sample.randomness import choose, generator, shuffled_numbers

RATE_SHAPE = 0.8
DROP_OUT_SHAPE = 1.0
DROP_OUTS_PER_YEAR = 0.35
SPEND_SHAPE = 3.0
SPEND_TAIL = 2.6
SPEND_MEAN = 2_400.0
KNOWN_FROM_BEFORE = 0.45
KEY_SHARE = 0.05
LATE_SHARE = 0.06
LATE_SHARE_IN_LATE_REGION = 0.36
DRIFTS = ("falling", "steady", "rising")
DRIFT_SHARES = [0.10, 0.80, 0.10]


@dataclass(frozen=True)
class Population:
    """One entry a customer in each array, all of shape (customers,).

    Positions are days since the first midnight; `drop_out` may lie beyond the end. Rates are purchases a
    season-year, `mean_spend` is CNY an order, the other fields are codes of `vocabulary` or shares 0 to 1.
    """

    number: np.ndarray
    orders: np.ndarray
    start: np.ndarray
    drop_out: np.ndarray
    rate: np.ndarray
    mean_spend: np.ndarray
    drift: np.ndarray
    dissatisfaction: np.ndarray
    late_delivery_exposure: np.ndarray
    region: np.ndarray
    channel: np.ndarray
    goods: np.ndarray
    industry: np.ndarray
    manager: np.ndarray
    is_key: np.ndarray
    is_english: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def part(self, first: int, last: int) -> "Population":
        """The customers from `first` up to, not including, `last`."""
        return Population(*(getattr(self, field.name)[first:last] for field in fields(self)))

    def last_active(self, history: History) -> np.ndarray:
        """The position at which each customer stops, the end of the history for those who have not."""
        return np.minimum(self.drop_out, history.days)


def draw_population(customers: int, orders: int, seed: int, history: History) -> Population:
    """Draw the customers, and how many of exactly `orders` orders each one places.

    Rates are scaled so that the expected total is `orders`. Poisson counts whose total is given are
    multinomial, so the exact total costs nothing in truthfulness.
    """
    rng = generator(seed, "population")
    region = choose(rng, words.REGION_SHARES, customers)
    in_late_region = region == words.LATE_REGION
    dissatisfaction = np.clip(rng.beta(2.0, 5.0, customers) + 0.12 * in_late_region, 0.0, 1.0)

    is_known_from_before = rng.random(customers) < KNOWN_FROM_BEFORE
    start = np.where(is_known_from_before, 0.0, rng.random(customers) * history.days)
    drop_outs_per_year = rng.gamma(DROP_OUT_SHAPE, DROP_OUTS_PER_YEAR / DROP_OUT_SHAPE, customers)
    drop_outs_per_year *= 0.5 + 1.75 * dissatisfaction
    years = rng.standard_exponential(customers) / np.maximum(drop_outs_per_year, 1e-9)
    drop_out = start + years * 365.25

    rate = rng.standard_gamma(RATE_SHAPE, customers)
    active = history.season_years(np.minimum(drop_out, history.days)) - history.season_years(start)
    expected = rate * active
    rate *= orders / expected.sum()
    mean_spend = SPEND_MEAN * (SPEND_TAIL - 1) / np.maximum(rng.standard_gamma(SPEND_TAIL, customers), 1e-3)
    worth = rate * mean_spend

    return Population(
        number=shuffled_numbers(customers, seed=seed, table="customers"),
        orders=rng.multinomial(orders, expected / expected.sum()),
        start=start,
        drop_out=drop_out,
        rate=rate,
        mean_spend=mean_spend,
        drift=choose(rng, DRIFT_SHARES, customers) - 1,
        dissatisfaction=dissatisfaction,
        late_delivery_exposure=np.where(in_late_region, LATE_SHARE_IN_LATE_REGION, LATE_SHARE)
        * (0.5 + rng.random(customers)),
        region=region,
        channel=choose(rng, words.ORDER_CHANNEL_SHARES, customers),
        goods=choose(rng, words.GOODS_SHARES, customers),
        industry=choose(rng, words.INDUSTRY_SHARES, customers),
        manager=rng.integers(len(words.MANAGERS), size=customers, dtype=np.int8),
        is_key=worth >= np.quantile(worth, 1 - KEY_SHARE),
        is_english=rng.random(customers) < np.where(region == words.ENGLISH_REGION, 1.0, 0.04),
    )


def parts(population: Population, most_orders: int, most_customers: int):
    """Yield (first, last) ranges of customers, each small enough to be held in memory with its orders."""
    until = np.cumsum(population.orders)
    first = 0
    while first < len(population):
        before = until[first - 1] if first else 0
        by_orders = int(np.searchsorted(until, before + most_orders, side="right"))
        last = min(max(by_orders, first + 1), first + most_customers, len(population))
        yield first, last
        first = last
