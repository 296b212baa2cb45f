"""The survey answers of some customers: yearly for all, quarterly for key customers, and after complaints.

Scores follow each customer's dissatisfaction, are lower after a complaint, and their manner improved where
the service did.
"""

import numpy as np
import pandas as pd

from orchestration.sample import vocabulary as words
from orchestration.sample.complaints import is_improved
from orchestration.sample.history import DAY, History
from orchestration.sample.population import Population

WAVES = 8
YEARLY_RESPONSE = 0.22
QUARTERLY_RESPONSE = 0.50
COMPLAINT_RESPONSE = 0.35


def draw_surveys(
    people: Population,
    complaints: pd.DataFrame,
    complainer: np.ndarray,
    first_number: int,
    rng: np.random.Generator,
    history: History,
) -> pd.DataFrame:
    """Draw the answers, five rows a response; responses are numbered from `first_number`."""
    invited = [_wave(people, wave, rng, history) for wave in range(WAVES)]
    invited.append(_after_complaints(complaints, complainer, rng, history))
    customer = np.concatenate([who for who, _ in invited])
    answered_at = np.concatenate([when for _, when in invited])
    follows_complaint = np.arange(len(customer)) >= len(customer) - len(invited[-1][0])
    order = rng.permutation(len(customer))
    customer, answered_at, follows_complaint = customer[order], answered_at[order], follows_complaint[order]

    count, width = len(customer), len(words.QUESTIONS)
    scores = _scores(people, customer, answered_at, follows_complaint, rng, history)
    expected = np.full((count, width), np.nan)
    expected[:, 0] = 3 + np.searchsorted([0.15, 0.65], rng.random(count))
    return pd.DataFrame(
        {
            "response_id": np.repeat(np.arange(first_number, first_number + count), width),
            "customer_id": np.repeat(people.number[customer], width),
            "answered_at": np.repeat(answered_at, width),
            "question": pd.Categorical.from_codes(np.tile(np.arange(width), count), words.QUESTIONS),
            "score": scores.ravel(),
            "expected_score": expected.ravel(),
            "scale_min": np.tile(words.QUESTION_LOW, count),
            "scale_max": np.tile(words.QUESTION_HIGH, count),
        }
    )


def _wave(people, wave, rng, history):
    """Who answers a regular wave, and when: within two weeks of the middle of a quarter."""
    opened = (wave + 0.5) * history.days / WAVES
    # Each customer's year has its own quarter. One quarter for all would crowd the answers of that quarter with
    # customers who have not complained: every score would seem to improve then.
    is_yearly = (people.number + wave) % 4 == 0
    chance = np.where(people.is_key, QUARTERLY_RESPONSE, np.where(is_yearly, YEARLY_RESPONSE, 0.0))
    is_active = (people.start < opened) & (people.drop_out > opened)
    customer = np.flatnonzero(is_active & (rng.random(len(people)) < chance))
    return customer, history.in_business_hours(rng, opened + rng.random(len(customer)) * 14)


def _after_complaints(complaints, complainer, rng, history):
    """Some complainers answer, one to ten days after the resolution, or after opening where there is none."""
    resolved_at = complaints["resolved_at"].to_numpy()
    ended_at = np.where(np.isnat(resolved_at), complaints["opened_at"].to_numpy(), resolved_at)
    wait = (DAY * (1 + 9 * rng.random(len(complainer)))).astype("timedelta64[s]")
    answered_at = ended_at + wait
    asked = (rng.random(len(complainer)) < COMPLAINT_RESPONSE) & (answered_at < history.close)
    return complainer[asked], answered_at[asked]


def _scores(people, customer, answered_at, follows_complaint, rng, history):
    """Scores of shape (responses, questions), each on its own scale; contentment is 0 to 1."""
    count = len(customer)
    contentment = 0.98 - 0.9 * people.dissatisfaction[customer] - 0.25 * follows_complaint
    overall, rebuy, recommend, content = (
        np.clip(contentment + rng.normal(0.0, spread, count), 0.0, 1.0) for spread in (0.12, 0.2, 0.15, 0.15)
    )
    improvement = 0.25 * is_improved(people.region[customer], answered_at, history)
    manner = np.clip(0.62 - 0.2 * follows_complaint + improvement + rng.normal(0.0, 0.15, count), 0.0, 1.0)
    low, high = np.array(words.QUESTION_LOW), np.array(words.QUESTION_HIGH)
    shares = np.column_stack([overall, rebuy, recommend, manner, content])
    return low + np.rint(shares * (high - low))
