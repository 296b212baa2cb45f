"""Hysteresis of the pyramid: who is near a cut keeps the side it was on, and the sizes stay exactly as they are cut.

Around the last rank of each tier lies a band of as many ranks on both sides. Its seats are filled first by those who
were above the cut at the base release, then by the others, each by rank. So who is above the cut loses the seat only
below the band, who is below gains one only above the band or where a seat is left, and every tier keeps its size.
Source of the sizes: methods §3.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

HELD_BEFORE = "select customer_id, segment from {previous} where scheme = 'value_tier' and valid_to is null"


@dataclass(frozen=True)
class Band:
    """The ranks around one cut, `first` to `last`, both included, and the tiers above the cut."""

    first: int
    last: int
    tiers_above: tuple[str, ...]


def decide_bands(last_ranks: Mapping[str, int], customers: int, share: Fraction) -> tuple[Band, ...]:
    """The bands of all cuts; none for a cut whose margin is less than one rank.

    Parameters
    ----------
    last_ranks : mapping of tier to int
        Last rank of each tier but the lowest, from the top down.
    customers : int
    share : Fraction
        The margin as a share of the cut's rank, 0 to 1. A band takes at most half of either tier beside it, so that
        bands never meet and a customer is in one at most.
    """
    tiers, cuts = tuple(last_ranks), [0, *last_ranks.values(), customers]
    bands = []
    for position, tier in enumerate(tiers, start=1):
        above, cut, below = cuts[position - 1 : position + 2]
        margin = min(int(share * cut), (cut - above) // 2, (below - cut) // 2)
        if margin > 0:
            bands.append(Band(cut - margin + 1, cut + margin, tiers[: tiers.index(tier) + 1]))
    return tuple(bands)


def place_expression(bands: tuple[Band, ...]) -> str:
    """The rank that a customer's tier is cut by: its own, or its seat within a band.

    Reads `clv_rank`, and `tier_before` where there is a band.
    """
    if not bands:
        return "clv_rank"
    ranges = [f"clv_rank between {band.first} and {band.last}" for band in bands]
    band_start = " ".join(f"when {within} then {band.first}" for within, band in zip(ranges, bands, strict=True))
    was_above = " ".join(
        f"when {within} then case when tier_before in ({_quoted(band.tiers_above)}) then 0 else 1 end"
        for within, band in zip(ranges, bands, strict=True)
    )
    return f"""case
            when {" or ".join(ranges)}
                then case {band_start} end - 1 + row_number() over (
                    partition by case {band_start} end
                    order by case {was_above} end, clv_rank
                )
            else clv_rank
        end"""


def tier_before_join(bands: tuple[Band, ...], previous: str) -> tuple[str, str]:
    """The column `tier_before`, and the join that brings it; nothing of the past is read without a band."""
    if not bands:
        return "cast(null as varchar)", ""
    held = HELD_BEFORE.format(previous=previous)
    return "held_before.segment", f"left join ({held}) as held_before on ranked.customer_id = held_before.customer_id"


def _quoted(tiers: tuple[str, ...]) -> str:
    return ", ".join(f"'{tier}'" for tier in tiers)
