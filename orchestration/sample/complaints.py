"""The complaints of some customers: they follow late deliveries, and otherwise come from daily service.

The help desk knows customers by phone only. Response is slower where deliveries are late, and became faster in the
improved region in the last six months.
"""

import numpy as np
import pandas as pd

from orchestration.sample import vocabulary as words
from orchestration.sample.history import DAY, History, blank, hours
from orchestration.sample.population import Population
from orchestration.sample.randomness import choose

IMPROVED_DAYS = 182
RESPONSE_MEDIAN_HOURS = 8.0
LATE_REGION_SLOWNESS = 2.4
IMPROVED_REGION_SLOWNESS = 0.4
# Safety and fairness go to the general manager, who is promised to hear of them within 12 hours.
ESCALATED_NEEDS = ("safety", "fairness")
ESCALATION_MEDIAN_HOURS = 4.0
NEVER_ESCALATED = 0.02
SUGGESTED_DAYS = 365
# How the help desk writes a phone: codes of `layouts.PHONE_SPELLINGS`, the first as in the customers feed.
PHONE_SPELLING_SHARES = [0.70, 0.10, 0.08, 0.07, 0.05]


def is_improved(region: np.ndarray, moments: np.ndarray, history: History) -> np.ndarray:
    """Whether the planted improvement of service applies, by region code and moment."""
    since = history.close - np.timedelta64(IMPROVED_DAYS * DAY, "s")
    return (region == words.IMPROVED_REGION) & (moments >= since)


def draw_complaints(
    people: Population,
    orders: pd.DataFrame,
    customer: np.ndarray,
    first_number: int,
    rng: np.random.Generator,
    history: History,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the complaints about these orders.

    Parameters
    ----------
    people : Population
    orders : DataFrame
        As `draw_orders` gives them.
    customer : ndarray of int, shape (orders,)
        The place in `people` of each order's customer.
    first_number : int
        The number of the first complaint; the others follow it.
    rng : numpy.random.Generator
    history : History

    Returns
    -------
    complaints : DataFrame
        One row a complaint.
    complainer : ndarray of int
        The place in `people` of each complaint's customer.
    """
    ordered_at = orders["ordered_at"].to_numpy()
    promised_at = orders["promised_at"].to_numpy()
    delivered_at = orders["delivered_at"].to_numpy()
    dissatisfaction = people.dissatisfaction[customer]
    is_late = (delivered_at > promised_at) | (np.isnat(delivered_at) & (promised_at < history.close))
    chance = np.where(is_late, 0.10 + 0.35 * dissatisfaction, 0.004 + 0.03 * dissatisfaction)
    wait = np.where(is_late, 4 + 30 * rng.standard_exponential(len(orders)), 24 + 480 * rng.random(len(orders)))
    opened_at = np.where(is_late, promised_at, ordered_at) + hours(wait)
    place = np.flatnonzero((rng.random(len(orders)) < chance) & (opened_at < history.close))

    count = len(place)
    topic = np.where(is_late[place], words.DELIVERY, choose(rng, words.TOPIC_SHARES, count))
    is_suggestion = ~is_late[place] & (rng.random(count) < 0.05)
    about = pd.DataFrame(
        {
            "opened_at": opened_at[place],
            "topic": topic,
            "is_suggestion": is_suggestion,
            "order_id": orders["order_id"].to_numpy()[place],
            "is_late": is_late[place],
        }
    )
    complainer = customer[place]
    return _as_told(people, complainer, about, first_number, rng, history), complainer


def draw_suggestions(
    people: Population, customer: np.ndarray, first_number: int, rng: np.random.Generator, history: History
) -> pd.DataFrame:
    """Draw a suggestion of the last year for each entry of `customer`, a place in `people`; about no order.

    The customers must have been active through that year. Columns are those of `draw_complaints`.
    """
    count = len(customer)
    position = history.days - SUGGESTED_DAYS * (1 - rng.random(count))
    about = pd.DataFrame(
        {
            "opened_at": history.in_business_hours(rng, position),
            "topic": choose(rng, words.TOPIC_SHARES, count),
            "is_suggestion": np.ones(count, dtype=bool),
            "order_id": np.zeros(count, dtype=np.int64),
            "is_late": np.zeros(count, dtype=bool),
        }
    )
    return _as_told(people, customer, about, first_number, rng, history)


def phone_spellings(complaints: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """How the help desk wrote the phone of each complaint, as codes."""
    return choose(rng, PHONE_SPELLING_SHARES, len(complaints))


def _as_told(people, complainer, about, first_number, rng, history):
    """The rows of the feed: how each complaint of `about` was told and answered."""
    count = len(about)
    opened_at, topic, is_suggestion = (about[name].to_numpy() for name in ("opened_at", "topic", "is_suggestion"))
    responded_at, resolved_at = _answers(people.region[complainer], opened_at, rng, history)
    need, severity = _gravity(topic, is_suggestion, rng)
    is_accepted = rng.random(count) < 0.95 - 0.5 * people.dissatisfaction[complainer]
    kind_of_text = np.where(is_suggestion, words.SUGGESTION, topic) * words.VARIANTS
    text = (kind_of_text + rng.integers(words.VARIANTS, size=count)) * 2 + people.is_english[complainer]
    names_order = about["is_late"].to_numpy() | (rng.random(count) < 0.6)
    is_touched = ~np.isnat(resolved_at) & (rng.random(count) < 0.03)
    escalated_at = _escalations(people.region[complainer], need, opened_at, rng, history)
    return pd.DataFrame(
        {
            "complaint_id": np.arange(first_number, first_number + count),
            "customer_id": people.number[complainer],
            "opened_at": opened_at,
            "first_response_at": responded_at,
            "escalated_at": escalated_at,
            "resolved_at": resolved_at,
            "channel": pd.Categorical.from_codes(
                choose(rng, words.COMPLAINT_CHANNEL_SHARES, count), words.COMPLAINT_CHANNELS
            ),
            "category": pd.Categorical.from_codes(topic, words.TOPICS),
            "severity": pd.Categorical.from_codes(severity, words.SEVERITIES),
            "need_violated": pd.Categorical.from_codes(need, words.NEEDS),
            "resolution_accepted": np.where(np.isnat(resolved_at), -1, is_accepted).astype(np.int8),
            "order_id": np.where(names_order, about["order_id"].to_numpy(), 0),
            "is_suggestion": is_suggestion.astype(np.int8),
            "text": pd.Categorical.from_codes(text, words.TEXTS),
            "updated_at": blank(resolved_at, ~is_touched),
        }
    )


def _answers(region, opened_at, rng, history):
    """First response (log-normal around a median) and resolution; 2 % have neither, 4 % no resolution."""
    count = len(opened_at)
    slowness = np.where(region == words.LATE_REGION, LATE_REGION_SLOWNESS, 1.0)
    slowness = np.where(is_improved(region, opened_at, history), IMPROVED_REGION_SLOWNESS, slowness)
    responded_at = opened_at + hours(RESPONSE_MEDIAN_HOURS * slowness * rng.lognormal(0.0, 0.8, count))
    resolved_at = responded_at + hours(30 * slowness * rng.lognormal(0.0, 0.9, count))
    luck = rng.random(count)
    return history.known(blank(responded_at, luck < 0.02)), history.known(blank(resolved_at, luck < 0.06))


def _escalations(region, need, opened_at, rng, history):
    """When what violates safety or fairness reached the general manager: log-normal, slower in the late region."""
    count = len(opened_at)
    slowness = np.where(region == words.LATE_REGION, LATE_REGION_SLOWNESS, 1.0)
    escalated_at = opened_at + hours(ESCALATION_MEDIAN_HOURS * slowness * rng.lognormal(0.0, 0.8, count))
    is_due = np.isin(need, [words.NEEDS.index(name) for name in ESCALATED_NEEDS])
    return history.known(blank(escalated_at, ~is_due | (rng.random(count) < NEVER_ESCALATED)))


def _gravity(topic, is_suggestion, rng):
    """Codes of the need violated and of the severity, -1 where there is none; safety weighs more."""
    count = len(topic)
    is_violated = (rng.random(count) < np.take(words.TOPIC_NEED_CHANCES, topic)) & ~is_suggestion
    need = np.where(is_violated, np.take(words.TOPIC_NEEDS, topic), -1)
    weight = rng.random(count) + 0.3 * (need == 0)
    return need, np.where(is_suggestion, -1, np.searchsorted([0.5, 0.85], weight))
