"""Clean refreshes of a simulated company, one after the other, by several ways of feeding."""

import datetime as dt
from collections import Counter
from dataclasses import replace

from orchestration.quality.drift import volume
from quality.drifting import Company, candidate, held


def is_torn(loads: list[range]) -> bool:
    """Whether the newest load, as identifiers of its orders, is one that was cut off; the others are the base's."""
    if len(loads) < 3:
        return False
    earlier, last, newest = loads[-3:]
    kept, repeated = (
        max(0, min(one.stop, last.stop) - max(one.start, last.start)) / max(1, len(one)) for one in (earlier, newest)
    )
    return volume.is_whole(kept, repeated) and len(newest) < volume.TRUNCATED * len(last)


def refreshed(
    company: Company, days: int, every: int = 1, way: str = "a file a day", share: float = 1.0
) -> tuple[Counter, int]:
    """Live so many days with clean refreshes; holds by check, and refreshes held.

    The base is the last one that was not held, as in the product.

    Parameters
    ----------
    every : int
        Days between two refreshes.
    way : {"a file a day", "the last two days", "everything"}
        What an export holds.
    share : float
        Of the last day's orders in the export: it is made in the morning where that is below 1.
    """
    holds, held_refreshes = Counter(), 0
    base, then = company.snapshots[-1], int(share * company.counts[company.day]) if share < 1 else None
    published = [one.day for one in company.snapshots]
    loads: list[range] = []
    for number in range(days):
        company.live()
        if number % every:
            continue
        if base.day < company.snapshots[0].day:  # nobody waits so long: an override publishes
            base = company.snapshots[-2]
        known = int(share * company.counts[company.day])
        counts = company.counts | {company.day: known}
        seen = replace(candidate(company, base), counts=counts, then=then)
        found = held(company, base, seen, published)
        end, reach = sum(counts.values()), {"a file a day": every, "the last two days": 2 * every}.get(way)
        recent = (counts.get(company.day - dt.timedelta(days=back), 0) for back in range(reach or 0))
        load = range(end - sum(recent) if reach else 0, end)
        if is_torn([*loads, load]):
            found.add("volume")
        holds.update(found)
        held_refreshes += bool(found)
        if not found:
            base, then = company.snapshots[-1], known if share < 1 else None
            published.append(base.day)
            loads = [*loads, load][-2:]
    return holds, held_refreshes
