"""What the company's books say of its customers: the customers feed and the other feeds of one row or a few
each: aliases, interactions, service costs, wallets.
"""

import numpy as np
import pandas as pd

from orchestration.sample import vocabulary as words
from orchestration.sample.history import DAY, History
from orchestration.sample.population import Population
from orchestration.sample.randomness import choose, prefer

LONGEST_BEFORE_DAYS = 3_650
NAMED_BY_OLD_ID = 0.25  # of the interactions of a customer who has one


def registrations(everyone: Population, rng: np.random.Generator, history: History) -> np.ndarray:
    """When each customer registered: 06:30 of the first active day, or up to ten years before the history."""
    before = np.where(everyone.start == 0.0, rng.integers(1, LONGEST_BEFORE_DAYS, len(everyone)), 0)
    return history.moment(np.floor(everyone.start) - before) + np.timedelta64(390, "m")


def referrers(everyone: Population, registered_at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The number of the customer who referred each one, always an earlier one; 0 for most."""
    guess = rng.integers(len(everyone), size=len(everyone))
    is_referred = (rng.random(len(everyone)) < 0.16) & (registered_at[guess] < registered_at)
    return np.where(is_referred, everyone.number[guess], 0)


def draw_customers(
    people: Population, registered_at: np.ndarray, referrer: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the customers feed, one row a customer."""
    count = len(people)
    name = np.where(
        people.is_english,
        len(words.CHINESE_NAMES) + rng.integers(len(words.ENGLISH_NAMES), size=count),
        rng.integers(len(words.CHINESE_NAMES), size=count),
    )
    has_balance = rng.random(count) < 0.3
    balance = np.where(has_balance, np.rint(100 * rng.lognormal(8.0, 1.2, count)), 0)
    refused = np.where(rng.random(count) < 0.08, rng.integers(len(words.REFUSALS), size=count), -1)
    return pd.DataFrame(
        {
            "customer_id": people.number,
            "name": pd.Categorical.from_codes(name, words.CHINESE_NAMES + words.ENGLISH_NAMES),
            "region": pd.Categorical.from_codes(people.region, words.REGIONS),
            "industry": pd.Categorical.from_codes(people.industry, words.INDUSTRIES),
            "registered_at": registered_at,
            "referrer_customer_id": referrer,
            "credit_score": np.rint(np.clip(rng.normal(680, 80, count), 300, 850)),
            "prepaid_balance": balance.astype(np.int64),
            "account_manager_id": pd.Categorical.from_codes(people.manager, words.MANAGERS),
            "contact_allowed": (rng.random(count) < 0.93).astype(np.int8),
            "channels_refused": pd.Categorical.from_codes(refused, words.REFUSALS),
        }
    )


def draw_aliases(people: Population, registered_at: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the aliases feed: a third of the customers by phone, a fifth by the number of an older system."""
    by_phone = np.flatnonzero(rng.random(len(people)) < 0.33)
    by_old_id = np.flatnonzero(rng.random(len(people)) < 0.20)
    place = np.concatenate([by_phone, by_old_id])
    kind = np.repeat([0, 1], [len(by_phone), len(by_old_id)])
    return pd.DataFrame(
        {
            "customer_id": people.number[place],
            "kind": pd.Categorical.from_codes(kind, ("phone", "old_id")),
            "valid_from": registered_at[place],
        }
    )


def draw_interactions(
    people: Population, has_old_id: np.ndarray, rng: np.random.Generator, history: History
) -> pd.DataFrame:
    """Draw the interactions feed: two a customer on average, six of a key customer, while active.

    A part of those of customers with a number of the older system, `has_old_id`, name them by it.
    """
    place = np.repeat(np.arange(len(people)), rng.poisson(np.where(people.is_key, 6.0, 2.0)))
    kind = choose(rng, words.INTERACTION_SHARES, len(place))
    price = np.rint(100 * people.mean_spend[place] * (0.1 + rng.random(len(place))))
    return pd.DataFrame(
        {
            "customer_id": people.number[place],
            "occurred_at": _while_active(people, place, rng, history),
            "kind": pd.Categorical.from_codes(kind, words.INTERACTIONS),
            "category": pd.Categorical.from_codes(
                prefer(rng, people.goods[place], 0.6, words.GOODS_SHARES), words.GOODS
            ),
            "price": np.where(np.isin(kind, words.PRICED_INTERACTIONS), price, np.nan),
        }
    ).assign(names_old_id=lambda _: has_old_id[place] & (rng.random(len(place)) < NAMED_BY_OLD_ID))


def draw_service_costs(people: Population, rng: np.random.Generator, history: History) -> pd.DataFrame:
    """Draw the service_costs feed: key customers and dissatisfied ones cost more."""
    place = np.repeat(np.arange(len(people)), rng.poisson(0.2 + 1.2 * people.is_key + 0.4 * people.dissatisfaction))
    kind = choose(rng, words.CHARGE_SHARES, len(place))
    amount = 100 * np.take(words.CHARGE_MEDIANS, kind) * rng.lognormal(0.0, 0.7, len(place))
    return pd.DataFrame(
        {
            "customer_id": people.number[place],
            "occurred_at": _while_active(people, place, rng, history),
            "kind": pd.Categorical.from_codes(kind, words.CHARGES),
            "amount": np.maximum(1, np.rint(amount)).astype(np.int64),
        }
    )


def draw_wallets(people: Population, rng: np.random.Generator, history: History) -> pd.DataFrame:
    """Draw the wallets feed: what a third of the customers spend in all in each half of the history."""
    place = np.flatnonzero(rng.random(len(people)) < 0.33)
    share = np.clip(rng.beta(2.0, 3.0, len(place)), 0.05, 1.0)
    total = np.maximum(1, np.rint(100 * people.rate[place] * people.mean_spend[place] / share)).astype(np.int64)
    half = history.days // 2
    frames = []
    for first, last in ((0, half), (half, history.days)):
        is_there = (people.start[place] < last) & (people.drop_out[place] > first)
        frames.append(
            pd.DataFrame(
                {
                    "customer_id": people.number[place[is_there]],
                    "period_start": history.first + np.timedelta64(first * DAY, "s"),
                    "period_end": history.first + np.timedelta64((last - 1) * DAY, "s"),
                    "estimated_total_spend": total[is_there],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _while_active(people, place, rng, history):
    start, stop = people.start[place], people.last_active(history)[place]
    position = np.minimum(start + rng.random(len(place)) * (stop - start), history.days - 1e-6)
    return history.in_business_hours(rng, position)
