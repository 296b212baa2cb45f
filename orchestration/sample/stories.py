"""Stories of single customers, planted upon what chance has drawn: opinion leaders, and who has just begun to look at
another category.

Both are what segments.yml, as it is shipped, calls them. Rows are added and an empty referrer is filled; what was drawn
stays as it is.
"""

import numpy as np
import pandas as pd

from orchestration.sample import vocabulary as words
from orchestration.sample.history import History
from orchestration.sample.population import Population

STORIES = ("opinion_leader", "interest_vip")  # as the schemes are called
LEADER_SHARE = 0.005
LEADER_SUGGESTIONS = 2
# The fifth with the most orders, still active: well above the middle of expected orders, where loyalty of 5 begins.
LEADER_ORDERS_QUANTILE = 0.8
# One order may have been cancelled or returned; three in a row happen once in 20,000 customers.
REFERRED_ORDERS = 3
VIP_SHARE = 0.02
VIEWS_MORE = 2
VIEW_DAYS = 365
RECENT_DAYS = 30


def draw_leaders(
    everyone: Population, referrer: np.ndarray, rng: np.random.Generator, history: History
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the opinion leaders, and a customer without a referrer for each to have referred.

    Parameters
    ----------
    everyone : Population
    referrer : ndarray of int, shape (customers,)
        As `referrers` gives it.
    rng : numpy.random.Generator
    history : History

    Returns
    -------
    leader, referred : ndarray of int, shape (leaders,)
        Places in `everyone`. A leader was a customer before the history, the referred one came within it.
    """
    is_active = everyone.drop_out >= history.days
    buys_often = everyone.orders >= max(1, np.quantile(everyone.orders, LEADER_ORDERS_QUANTILE))
    loyal = np.flatnonzero((everyone.start == 0.0) & is_active & buys_often)
    newcomers = np.flatnonzero((everyone.start > 0.0) & (referrer == 0) & (everyone.orders >= REFERRED_ORDERS))
    count = min(_count(LEADER_SHARE, everyone), len(loyal), len(newcomers))
    return rng.permutation(loyal)[:count], rng.permutation(newcomers)[:count]


def draw_vips(
    people: Population, interactions: pd.DataFrame, rng: np.random.Generator, history: History
) -> pd.DataFrame:
    """Draw interactions of customers who look at a category that they had not looked at before the last 30 days.

    Parameters
    ----------
    people : Population
    interactions : DataFrame
        As `draw_interactions` gives them, of these people.
    rng : numpy.random.Generator
    history : History

    Returns
    -------
    DataFrame
        Rows to add: each of these customers gets so many views of one category that it leads by `VIEWS_MORE`.
    """
    earlier = _views(people, interactions, history, VIEW_DAYS, RECENT_DAYS)
    recent = _views(people, interactions, history, RECENT_DAYS, 0)
    is_new_to_them = earlier == 0
    is_active = (people.start < history.days - RECENT_DAYS) & (people.drop_out >= history.days)
    able = np.flatnonzero(is_active & (earlier.sum(axis=1) > 0) & is_new_to_them.any(axis=1))
    vip = rng.permutation(able)[: _count(VIP_SHARE, people)]
    goods = np.argmax(is_new_to_them[vip] * (1 + rng.random((len(vip), len(words.GOODS)))), axis=1)

    views = recent[vip].max(axis=1, initial=0) + VIEWS_MORE
    place, goods = np.repeat(vip, views), np.repeat(goods, views)
    kind = np.array(words.VIEWS)[rng.integers(len(words.VIEWS), size=len(place))]
    price = np.rint(100 * people.mean_spend[place] * (0.1 + rng.random(len(place))))
    position = history.days - RECENT_DAYS * (1 - rng.random(len(place)))
    return pd.DataFrame(
        {
            "customer_id": people.number[place],
            "occurred_at": history.in_business_hours(rng, position),
            "kind": pd.Categorical.from_codes(kind, words.INTERACTIONS),
            "category": pd.Categorical.from_codes(goods, words.GOODS),
            "price": np.where(np.isin(kind, words.PRICED_INTERACTIONS), price, np.nan),
            "names_old_id": False,
        }
    )


def leader_stories(leader: np.ndarray, referred: np.ndarray) -> pd.DataFrame:
    """The rows of truth/stories.csv about opinion leaders and whom they referred, by customer number."""
    return _stories(0, leader, referred, np.full(len(leader), -1))


def vip_stories(added: pd.DataFrame) -> pd.DataFrame:
    """The rows of truth/stories.csv about those whose interactions `draw_vips` added."""
    one_each = added.drop_duplicates("customer_id")
    customer = one_each["customer_id"].to_numpy()
    return _stories(1, customer, np.zeros_like(customer), one_each["category"].cat.codes)


def _stories(story, customer, referred, category):
    return pd.DataFrame(
        {
            "customer_id": customer,
            "story": pd.Categorical.from_codes(np.full(len(customer), story), STORIES),
            "referred_customer_id": referred,
            "category": pd.Categorical.from_codes(category, words.GOODS),
        }
    )


def _count(share, people):
    return int(np.ceil(share * len(people)))


def _views(people, interactions, history, from_days, until_days):
    """Views of each category, shape (people, goods), from so many days before the end until so many."""
    close = history.close.astype("datetime64[D]")
    day = interactions["occurred_at"].to_numpy().astype("datetime64[D]")
    kind = interactions["kind"].cat.codes.to_numpy()
    is_meant = np.isin(kind, words.VIEWS) & (day >= close - from_days) & (day < close - until_days)
    place = pd.Index(people.number).get_indexer(interactions["customer_id"][is_meant])
    views = np.zeros((len(people), len(words.GOODS)), dtype=np.int64)
    np.add.at(views, (place, interactions["category"].cat.codes.to_numpy()[is_meant]), 1)
    return views
