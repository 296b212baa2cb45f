"""The law of a population's gaps between order days, and how long one may wait for the next order under it.

Numbers only: histories in, a fitted law and limits in days out. Settings, statements and cells are in `silence`.

The gaps of a customer are Gamma with a shape p (regularity: 1 is random moments, more is steadier) and a rate p x l.
Over the population l is a mixture of Gammas placed a factor 1.6 apart, and p one of eight; the weights of all pairs
are estimated by maximum likelihood (EM) from whole histories: the completed gaps, and how long each customer has been
quiet since, who may have stopped. Leaving the quiet time out would know only gaps short enough to have ended, and flag
2 to 5 % of the living with few gaps. Given l's posterior, the next gap is beta prime: its tail is in closed form.
Sources: Robbins, An empirical Bayes approach to statistics (1956); Maller and Zhou, Survival Analysis with Long-Term
Survivors (1996); for the age of the present gap, Cox, Renewal Theory (1962), section 5.
"""

from dataclasses import dataclass

import numpy as np

SHAPES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
USUAL_GAP_STEP = 1.6  # between the places of the mixture
SPREAD = 8.0  # shape of each place's Gamma: about 37 % about it, so that neighbours overlap
# A share kept for what the population has not shown: the first regular buyer among random ones has to be recognised.
KEPT_FOR_OTHER_SHAPES, KEPT_FOR_OTHER_GAPS = 0.0009, 0.0001
ROUNDS, ENOUGH = 100, 1e-6  # of EM; a gain per customer below which it stops
NEGLIGIBLE = 1e-4  # share of a history's posterior, and of its expected days, that is left out
HALVINGS = 8  # of an interval of logarithms about 5 long, to 2 %; interpolation does the rest
CELLS_AT_ONCE = 4096  # 136 pairs each: about 40 MB


@dataclass(frozen=True)
class GapLaw:
    """What is known of the population.

    usual_gaps, shapes, weights : ndarray, shape (pairs,)
        Mean gap in days at each place, regularity, and share of the customers; the shares add up to 1.
    stops_after_first, stops_after_later : float
        Estimated chance that a customer's first, and each later, order day is the last.
    horizon_days : float
        Age of the oldest customer: no gap so long can have been going on.
    """

    usual_gaps: np.ndarray
    shapes: np.ndarray
    weights: np.ndarray
    stops_after_first: float
    stops_after_later: float
    horizon_days: float

    def share_of(self, least_shape: float, most_shape: float) -> float:
        """Share of customers whose shape lies between the two, both included."""
        return float(self.weights[(self.shapes >= least_shape) & (self.shapes <= most_shape)].sum())

    def median_usual_gap(self) -> float:
        """The place, in days, that half of the customers' usual gaps do not exceed."""
        order = np.argsort(self.usual_gaps, kind="stable")
        at = np.searchsorted(np.cumsum(self.weights[order]), 0.5)
        return float(self.usual_gaps[order[min(at, len(order) - 1)]])


def fit_gap_law(gaps, gap_days, log_gap_days, quiet_days) -> GapLaw:
    """Estimate the law from a sample of customers.

    Parameters
    ----------
    gaps, gap_days, log_gap_days, quiet_days : array of float, shape (customers,)
        Number, sum and sum of logarithms of each customer's completed gaps, 0 without one, and days since the last
        order. Gaps are 1 or more whole days.

    Returns
    -------
    GapLaw
        Always finite: the weights start alike, and one imagined customer is spread over all pairs.
    """
    gaps, gap_days, log_gap_days, quiet_days = (
        np.asarray(column, dtype=float)[:, None] for column in (gaps, gap_days, log_gap_days, quiet_days)
    )
    log_gap_days = _as_regular_as_days_can_tell(gaps, gap_days, log_gap_days)
    horizon = float(max((gap_days + quiet_days).max(), 2.0))
    usual_gaps, shapes = _pairs(horizon)
    log_likelihoods = _log_likelihoods(gaps, gap_days, log_gap_days, usual_gaps, shapes)
    stopped = np.exp(log_likelihoods - log_likelihoods.max(axis=1, keepdims=True))
    rates, counts = _posterior(gaps, gap_days, usual_gaps, shapes)
    going = stopped * _longer(quiet_days, rates, counts, shapes)

    is_first = gaps[:, 0] == 0
    trials = np.array([len(gaps), gaps.sum()])  # each order day but the last was seen not to be the last
    chances, imagined = np.array([0.1, 0.1]), 1 / len(shapes)
    weights = np.full(len(shapes), imagined)
    reached = -np.inf
    for _ in range(ROUNDS):
        chance = np.where(is_first, *chances)
        of_stopped = chance * (stopped @ weights)
        total = of_stopped + (1 - chance) * (going @ weights)
        weights = weights * ((chance / total) @ stopped + ((1 - chance) / total) @ going)
        weights = (weights + imagined) / (len(gaps) + 1)
        is_stopped = of_stopped / total
        ended = np.array([is_stopped[is_first].sum(), is_stopped[~is_first].sum()])
        chances = (ended + 1) / (trials + 2)
        gained, reached = np.log(total).sum() - reached, np.log(total).sum()
        if gained < ENOUGH * len(gaps):
            break
    return GapLaw(usual_gaps, shapes, _kept_open(weights), float(chances[0]), float(chances[1]), horizon)


def limit_days(law: GapLaw, gaps, gap_days, log_gap_days, tail: float) -> np.ndarray:
    """How long each of these histories may be quiet before chance explains it no more.

    The limit is the shortest at which two chances are at most `tail`, among gaps that end within the history: that the
    next gap exceeds it, and that a customer who has not stopped, seen on a random day, has been quiet for longer,
    E[(G - L)+] / E[G]. The second is
    the share of the living who are flagged on a day. It is the longer of the two for irregular buyers, whose long
    gaps hold most of the days; the first for regular ones.

    Parameters
    ----------
    law : GapLaw
    gaps, gap_days, log_gap_days : array of float, shape (histories,)
        As in `fit_gap_law`.
    tail : float
        A chance above 0 and below .5.

    Returns
    -------
    ndarray, shape (histories,)
        Days.
    """
    history = np.column_stack([gaps, gap_days, log_gap_days]).astype(float)
    parts = [_limits(law, history[at : at + CELLS_AT_ONCE], tail) for at in range(0, len(history), CELLS_AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty(0)


def _as_regular_as_days_can_tell(gaps, gap_days, log_gap_days):
    """The sum of logarithms, no larger than whole days allow: two gaps of 2 days may have been 1.5 and 2.4.

    A difference of two rounded moments has a variance of 1/6 day^2, which takes 1 / (12 mean^2) off each logarithm.
    """
    mean = gap_days / np.maximum(gaps, 1)
    highest = gaps * (np.log(np.maximum(mean, 1)) - 1 / (12 * np.maximum(mean, 1) ** 2))
    return np.where(gaps >= 2, np.minimum(log_gap_days, highest), log_gap_days)


def _pairs(horizon: float) -> tuple[np.ndarray, np.ndarray]:
    places = USUAL_GAP_STEP ** np.arange(np.ceil(np.log(horizon) / np.log(USUAL_GAP_STEP)) + 1)
    usual_gaps, shapes = np.meshgrid(places, SHAPES, indexing="ij")
    return usual_gaps.ravel(), shapes.ravel()


def _kept_open(weights: np.ndarray) -> np.ndarray:
    by_place = np.repeat(weights.reshape(-1, len(SHAPES)).mean(axis=1), len(SHAPES))
    fitted = 1 - KEPT_FOR_OTHER_SHAPES - KEPT_FOR_OTHER_GAPS
    return fitted * weights + KEPT_FOR_OTHER_SHAPES * by_place + KEPT_FOR_OTHER_GAPS / len(weights)


def _posterior(gaps, gap_days, usual_gaps, shapes):
    """The Gamma of a customer's p x l once the gaps are seen: its rate (days) and its shape."""
    return (SPREAD - 1) * usual_gaps / shapes + gap_days, SPREAD + gaps * shapes


def _log_likelihoods(gaps, gap_days, log_gap_days, usual_gaps, shapes):
    """Of the completed gaps under each pair, l integrated out; shape (customers, pairs)."""
    from scipy.special import gammaln

    before, _ = _posterior(0, 0, usual_gaps, shapes)
    rates, counts = _posterior(gaps, gap_days, usual_gaps, shapes)
    return (
        gammaln(counts)
        - gammaln(SPREAD)
        + SPREAD * np.log(before)
        - counts * np.log(rates)
        + (shapes - 1) * log_gap_days
        - gaps * gammaln(shapes)
    )


def _longer(days, rates, counts, shapes):
    """Chance that the next gap is longer than so many days."""
    from scipy.special import betainc

    return betainc(counts, shapes, rates / (rates + days))


def _limits(law: GapLaw, history: np.ndarray, tail: float) -> np.ndarray:
    from scipy.special import betaln

    gaps, gap_days, log_gap_days = history.T[:, :, None]
    log_gap_days = _as_regular_as_days_can_tell(gaps, gap_days, log_gap_days)
    logs = _log_likelihoods(gaps, gap_days, log_gap_days, law.usual_gaps, law.shapes) + np.log(law.weights)
    posterior = np.exp(logs - logs.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    rates, counts = _posterior(gaps, gap_days, law.usual_gaps, law.shapes)
    days = posterior * (law.shapes * rates / (counts - 1))
    matters = np.maximum(posterior, days / days.sum(axis=1, keepdims=True)) > NEGLIGIBLE

    row, pair = np.nonzero(matters)
    starts = np.searchsorted(row, np.arange(len(history)))
    share, rates, counts, shapes = posterior[row, pair], rates[row, pair], counts[row, pair], law.shapes[pair]

    pair_mean = shapes * rates / (counts - 1)
    step = betaln(counts - 1, shapes) + np.log((counts - 1) * shapes / (counts - 1 + shapes))

    def beyond(at):
        """The chance of a longer gap, and E[(G - at)+]; the second from the first, since betainc is the whole cost."""
        each = at[row]
        longer = _longer(each, rates, counts, shapes)
        drop = np.exp((counts - 1) * np.log(rates / (rates + each)) + shapes * np.log(each / (rates + each)) - step)
        rest = np.maximum(pair_mean * (longer + drop) - each * longer, 0)
        return np.add.reduceat(share * longer, starts), np.add.reduceat(share * rest, starts)

    mean = np.add.reduceat(share * pair_mean, starts)
    # Nobody can have been quiet for longer than there is history: both chances are of gaps and days that can be seen.
    longest, unseen = beyond(np.full(len(history), law.horizon_days))
    seen = mean - unseen  # E[min(G, horizon)]

    def excess(at):
        """Logarithm of the larger chance over `tail`: falls as the days grow, and is 0 at the limit."""
        longer, rest = beyond(np.exp(at))
        chance = np.maximum((longer - longest) / (1 - longest), (rest - unseen) / seen)
        return np.log(np.maximum(chance / tail, 1e-9))

    # Under .99 of the mean more than 1 % of the days lie beyond; a gap of over 100 means has no chance of 1 %.
    low, high = np.log((1 - tail) * seen), np.log(mean / tail)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_short = excess(middle) > 0
        low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    at_low, at_high = np.maximum(excess(low), 0), np.minimum(excess(high), -1e-9)
    return np.exp(low + (high - low) * at_low / (at_low - at_high))
