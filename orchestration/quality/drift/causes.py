"""What else is not as it was at the base release, the likeliest cause of a difference first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.quality.drift.corrections import Replaced

MOST_TOLD = 4
# Of the manifest's configuration: what says how a refresh is judged changes no value; the day is told beside.
NO_CAUSES = {"gates", "sources.as_of"}


@dataclass(frozen=True)
class Feed:
    """Records of a feed that count, at the base release and now; columns that its newest load has no more."""

    name: str
    before: int
    now: int
    columns_gone: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        return self.now / self.before - 1 if self.before else float(self.now > 0)


def changed_keys(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Keys of the configuration that differ, as `clv.margin`; one that either program did not know is left out."""
    found = []
    for key in sorted(set(before) & set(now) - NO_CAUSES):
        was, is_now = before[key], now[key]
        if isinstance(was, Mapping) and isinstance(is_now, Mapping):
            found += [f"{key}.{inner}" for inner in changed_keys(was, is_now)]
        elif was != is_now:
            found.append(key)
    return [key for key in found if key not in NO_CAUSES]


def ranked(
    keys: Sequence[str],
    is_other_code: bool,
    method: tuple[str | None, str | None],
    feeds: Sequence[Feed],
    replaced: Sequence[Replaced],
    shares: Mapping[str, float],
) -> list[str]:
    """Sentences, the likeliest cause first: what somebody decided, then feeds, then what customers did.

    Parameters
    ----------
    keys : sequence of str
        As `changed_keys` gives them.
    method : (str or None, str or None)
        Of lifetime value, before and now.
    feeds : sequence of Feed
        Those that lost a twentieth or more are told: records of loads that add up grow each day.
    replaced : sequence of Replaced
        Those of a hundredth of a feed's records or more are told.
    shares : mapping of str to float
        Share of the customers for whom something holds, by what it is.
    """
    told = []
    if keys:
        more = f" and {len(keys) - MOST_TOLD} more" if len(keys) > MOST_TOLD else ""
        told.append(f"the configuration changed ({', '.join(keys[:MOST_TOLD])}{more})")
    if method[0] and method[0] != method[1]:
        told.append(f"the method of lifetime value was {method[0]}, and is {method[1]}")
    lost = sorted((feed for feed in feeds if feed.change <= -0.05), key=lambda feed: feed.change)
    told += [f"loads of {feed.name} hold {feed.now:,} records, and held {feed.before:,}" for feed in lost[:MOST_TOLD]]
    told += [str(one) for one in sorted(replaced, key=lambda one: -one.share) if one.share >= 0.01]
    if is_other_code:
        told.append("the program changed")
    told += [
        f"{what} ({share:.1%})" for what, share in sorted(shares.items(), key=lambda one: -one[1]) if share >= 0.005
    ]
    return told
