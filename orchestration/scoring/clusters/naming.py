"""What clusters are called: names stay with the customers they were given to, and new clusters get new names.

A name is made of the words of the features that were most unusual when the cluster was first seen. It is a name, not
a description: the description is written anew each time, in `profiles`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from orchestration.scoring.clusters.features import FEATURES, UNUSUAL, WORDS


@dataclass(frozen=True)
class Before:
    """The clusters of the base release, of those that have a centroid.

    names : k labels.
    centroids : k rows of natural units, in the order of `FEATURES`.
    customers : k counts.
    borne : every name that a cluster of the line ever had; none of them is given to another cluster.
    is_same_currency : whether its money is of today's currency.
    """

    names: tuple[str, ...] = ()
    centroids: tuple[tuple[float, ...], ...] = ()
    customers: tuple[int, ...] = ()
    borne: frozenset[str] = frozenset()
    is_same_currency: bool = True

    @classmethod
    def read(cls, rows: Sequence[dict], borne: Collection[str], currency: str) -> "Before":
        """From the rows of `previous.cluster_profiles`, and every name there ever was.

        Without rows nothing is known of the clusters before, and any name may be given.
        """
        found = [row for row in rows if row["centroid_order_days"] is not None]
        return cls(
            tuple(row["cluster"] for row in found),
            tuple(tuple(row[f"centroid_{feature.column}"] for feature in FEATURES.values()) for row in found),
            tuple(row["customers"] for row in found),
            frozenset(borne) | {row["cluster"] for row in found},
            all(row["currency"] == currency for row in found),
        )

    def scaled(self, means: Sequence[float], scales: Sequence[float]):
        """The centroids in today's scale, array of shape (k, features).

        After a change of currency spend is compared with everybody's of its day: the mean of the centroids, weighted
        by customers, is put where today's is, at 0.
        """
        import numpy as np

        centroids = np.array(self.centroids, dtype=float).reshape(-1, len(FEATURES))
        scaled = (np.log1p(centroids) - np.asarray(means)) / np.asarray(scales)
        if not self.is_same_currency:
            spend = list(FEATURES).index("spend")
            scaled[:, spend] -= np.average(scaled[:, spend], weights=self.customers)
        return scaled


def matched(centroids, before, limit: float) -> list[int | None]:
    """For each centroid, the one before that it continues, or None.

    Pairs are chosen together, so that the sum of squared distances is least (Hungarian assignment); a pair further
    apart than the limit costs as much as no pair.

    Parameters
    ----------
    centroids, before : array, shapes (k, features) and (j, features)
        In one scale.
    limit : float
        The largest distance at which a cluster is still the same, in standard deviations.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    centroids, before = np.asarray(centroids), np.asarray(before)
    if not len(centroids) or not len(before):
        return [None] * len(centroids)
    squared = ((centroids[:, None, :] - before[None, :, :]) ** 2).sum(axis=2)
    pairs = zip(*linear_sum_assignment(np.minimum(squared, limit**2)), strict=True)
    kept = {int(now): int(then) for now, then in pairs if squared[now, then] <= limit**2}
    return [kept.get(number) for number in range(len(centroids))]


def names_of(
    centroids: Sequence[Sequence[float]], kept: Sequence[str | None], borne: Collection[str]
) -> tuple[str, ...]:
    """The kept names, and for the other clusters new ones that nobody bore.

    A new name is two words for the most unusual features; a third and fourth where that name is taken, then a number.
    """
    taken = set(borne) | {name for name in kept if name}
    names = []
    for centroid, old in zip(centroids, kept, strict=True):
        name = old or next(candidate for candidate in _candidates(centroid) if candidate not in taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def _candidates(centroid: Sequence[float]) -> Iterator[str]:
    for words in range(2, len(FEATURES) + 1):
        yield _name(centroid, words)
    for number in count(2):
        yield f"{_name(centroid, 2)}_{number}"


def _name(centroid: Sequence[float], words: int) -> str:
    unusual = sorted(range(len(centroid)), key=lambda i: (-abs(centroid[i]), i))[:words]
    told = [
        feature.low if centroid[i] < 0 else feature.high
        for i, feature in enumerate(FEATURES.values())
        if i in unusual and abs(centroid[i]) >= UNUSUAL
    ]
    return "_".join(told) or "typical"


def label(name: str) -> tuple[str, str]:
    """A cluster's name in English and Chinese, of the words and the number that it is made of.

    A name of other words, as a configuration or release of long ago may have left one, is shown as it is.
    """
    english, chinese, rest = [], [], name
    while rest:
        word = next((word for word in WORDS if rest == word or rest.startswith(f"{word}_")), None)
        if word:
            english.append(WORDS[word][0])
            chinese.append(WORDS[word][1])
        elif rest.isdigit() and english:
            return f"{_sentence(english)} ({rest})", f"{'、'.join(chinese)}（{rest}）"
        else:
            return name.replace("_", " "), f"客户群 {name}"
        rest = rest[len(word) + 1 :]
    return _sentence(english), "、".join(chinese)


def _sentence(parts: Sequence[str]) -> str:
    told = ", ".join(parts)
    return told[:1].upper() + told[1:]
