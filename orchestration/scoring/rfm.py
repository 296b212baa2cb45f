"""RFM: scores of recency, frequency and monetary value from 1 to 5, and the names that a table gives them.

A score is 1 + floor(5 * percent rank), at most 5, so that equal values score alike (methods §3.7). Percent
rank is the share of the other customers that lie strictly below.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_text

DIMENSIONS = ("recency", "frequency", "monetary")
LOWEST, HIGHEST = 1, 5
NO_ORDERS = "no_orders"


@dataclass(frozen=True)
class RfmSegment:
    """A named box of scores; both ends of each range are included."""

    name: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    monetary: tuple[int, int]

    @property
    def catches_all(self) -> bool:
        """Whether every customer with an order falls into it."""
        return all(getattr(self, dimension) == (LOWEST, HIGHEST) for dimension in DIMENSIONS)


def rfm_segments(table: Iterable[Mapping]) -> tuple[RfmSegment, ...]:
    """Read the table of named segments; the first that matches wins.

    Parameters
    ----------
    table : iterable of mappings
        Each ``{name, recency: [lo, hi], frequency: [lo, hi], monetary: [lo, hi]}``, whole scores from 1 to 5.

    Raises
    ------
    UserError
        When an entry is malformed, a name is used twice, or the last entry does not catch all.
    """
    where = "rfm_segments"
    segments = tuple(_segment(entry, f"{where}, entry {number}") for number, entry in enumerate(table, 1))
    names = [segment.name for segment in segments]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"the segment {name!r} is named twice", where=where, mend="give each its own name")
    if not segments or not segments[-1].catches_all:
        last = f"the last segment, {segments[-1].name!r}, does" if segments else "an empty table does"
        raise UserError(
            f"{last} not catch every customer that the others leave",
            where=where,
            mend="end the table with an entry whose three ranges are [1, 5]",
        )
    return segments


def _segment(entry: Mapping, where: str) -> RfmSegment:
    accepted = ("name", *DIMENSIONS)
    if set(entry) != set(accepted):
        raise UserError(f"it has {sorted(entry)}; needed: {', '.join(accepted)}", where=where)
    if entry["name"] == NO_ORDERS:
        raise UserError(f"{NO_ORDERS!r} is kept for customers without orders", where=where)
    sql_text(entry["name"])
    ranges = {}
    for dimension in DIMENSIONS:
        ends = tuple(entry[dimension])
        scores = all(type(end) is int and LOWEST <= end <= HIGHEST for end in ends)
        if len(ends) != 2 or not scores or ends[0] > ends[1]:
            raise UserError(
                f"{dimension} is {list(ends)}; needed: [lowest, highest], whole numbers from 1 to 5",
                where=f"{where}, {entry['name']}",
            )
        ranges[dimension] = ends
    return RfmSegment(name=entry["name"], **ranges)


def score_expression(column: str) -> str:
    """SQL for the score of `column`, more being better, among the customers with orders."""
    rank = f"percent_rank() over (partition by has_orders order by {column})"
    return f"case when has_orders then cast(least(1 + floor(5 * {rank}), 5) as int) end"


def segment_expression(segments: tuple[RfmSegment, ...]) -> str:
    """SQL for the segment's name from `recency_score`, `frequency_score` and `monetary_score`."""
    *named, rest = segments  # the last catches all that the others leave
    branches = []
    for segment in named:
        limits = " and ".join(
            f"{dimension}_score between {lo} and {hi}"
            for dimension in DIMENSIONS
            for lo, hi in [getattr(segment, dimension)]
        )
        branches.append(f"            when {limits} then {sql_text(segment.name)}")
    lines = "\n".join((f"            when not has_orders then '{NO_ORDERS}'", *branches))
    return f"case\n{lines}\n            else {sql_text(rest.name)}\n        end"
