"""From experts' judgements to comparison matrices: what is refused, and which way round a ratio is read.

Judgements arrive as plain values; reading their files belongs elsewhere. Sources: methods §1 and §6.3.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.ahp.matrix import reachable

ORIENTATIONS = ("row_over_column", "column_over_row")
# Saaty's scale ends at 9. A ratio beyond a million is a slip, and weights from a chain of such leave the doubles.
LARGEST_RATIO = 1e6


@dataclass(frozen=True)
class Judgement:
    """One comparison of an expert: the row is `item_a`, the column `item_b`.

    Under 'row_over_column' `ratio` is how many times more important a is than b; under 'column_over_row' how
    many times more important b is than a. `orientation` is that of the file, where it states one; `place` is the file
    and line, or the sheet and cell, where there is one.
    """

    expert: str
    hierarchy: str
    parent: str
    item_a: str
    item_b: str
    ratio: float
    orientation: str | None = None
    place: str = field(default="", compare=False)

    @property
    def where(self) -> str:
        """Where a person finds it."""
        told = f"judgements of {self.expert}, hierarchy {self.hierarchy}, under {self.parent}"
        return f"{told} ({self.place})" if self.place else told


def check_orientation(orientation: str) -> None:
    """Refuse an orientation that is not one of `ORIENTATIONS`: it is stated, never guessed."""
    if orientation not in ORIENTATIONS:
        raise UserError(
            f"unknown orientation {orientation!r}; accepted: {', '.join(ORIENTATIONS)}",
            where="judgements orientation",
            mend="say whether a ratio tells how much more important the row is, or the column",
        )


def importance(ratio: float, orientation: str) -> float:
    """How many times more important a is than b; the same function turns it back into the file's ratio."""
    return ratio if orientation == "row_over_column" else 1 / ratio


def comparison_matrix(items: Sequence[str], judgements: Iterable[Judgement], orientation: str) -> np.ndarray:
    """The reciprocal matrix of one expert under one parent; element (i, j) is importance of i over j.

    A pair without a judgement is a hole, to be completed from the others.

    Parameters
    ----------
    items : sequence of n str
        The children of the parent, in the order of rows and columns.
    judgements : iterable of Judgement
        At most one for each pair, in either order of its items.
    orientation : str
        'row_over_column' or 'column_over_row', of judgements that state none themselves.

    Returns
    -------
    ndarray, shape (n, n)
        NaN in the holes.

    Raises
    ------
    UserError
        For an unknown item, an item compared with itself, a ratio that is not between a millionth and a million,
        a pair that is judged twice (alike or not), and items that no chain of judgements ties to the others.
    """
    check_orientation(orientation)
    index = {item: position for position, item in enumerate(items)}
    matrix = np.full((len(items), len(items)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    where = ""
    first: dict[frozenset[str], Judgement] = {}
    for judgement in judgements:
        where = judgement.where
        _refuse_malformed(judgement, items)
        a, b = index[judgement.item_a], index[judgement.item_b]
        ratio = importance(judgement.ratio, judgement.orientation or orientation)
        earlier = first.setdefault(frozenset((judgement.item_a, judgement.item_b)), judgement)
        if not math.isnan(matrix[a, b]):
            agree = math.isclose(matrix[a, b], ratio, rel_tol=1e-6)
            said = "is judged twice" if agree else "is judged twice, and the two contradict each other"
            places = f": {earlier.place} and {judgement.place}" if judgement.place else ""
            raise UserError(f"{_pair(judgement)} {said}{places}", where=where, mend="keep one of the two")
        matrix[a, b], matrix[b, a] = ratio, 1 / ratio
    _refuse_untied(matrix, items, where)
    return matrix


def _refuse_untied(matrix: np.ndarray, items: Sequence[str], where: str) -> None:
    """A hole is completed along a chain of other judgements; between two groups without one there is none."""
    groups = sorted({tuple(np.flatnonzero(row).tolist()) for row in reachable(~np.isnan(matrix))})
    if len(groups) > 1:
        named = ["; ".join(items[item] for item in group) for group in groups]
        raise UserError(
            f"no judgement ties these to each other: {' | '.join(named)}",
            where=where,
            mend=f"compare one of {named[0]} with one of {named[1]}",
        )


def _pair(judgement: Judgement) -> str:
    return f"{judgement.item_a} with {judgement.item_b}"


def _refuse_malformed(judgement: Judgement, items: Sequence[str]) -> None:
    for item in (judgement.item_a, judgement.item_b):
        if item not in items:
            raise UserError(
                f"unknown item {item!r}; under {judgement.parent} stand: {', '.join(items)}",
                where=judgement.where,
            )
    if judgement.item_a == judgement.item_b:
        raise UserError(f"{judgement.item_a} is compared with itself", where=judgement.where, mend="drop it")
    if not 1 / LARGEST_RATIO <= judgement.ratio <= LARGEST_RATIO:
        raise UserError(
            f"the ratio of {_pair(judgement)} is {judgement.ratio}; it must be above 0, and between a millionth and a "
            "million",
            where=judgement.where,
            mend="write 1/3 as 0.3333 where the second item is three times as important",
        )
