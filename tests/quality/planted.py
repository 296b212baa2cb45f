"""Faults that are planted in a simulated company's refresh: each makes a broken candidate from the clean one."""

from dataclasses import replace

import numpy as np

from quality.drifting import Candidate, Company, Snapshot, candidate, tiers


def broken(kind: str, company: Company, base: Snapshot, random: np.random.Generator) -> Candidate:
    """The clean candidate with one fault in it."""
    seen = candidate(company, base)
    now, known = seen.now, len(base.revenue)
    new = now.revenue[:known] - seen.past_revenue
    match kind:
        case "day at 15 %":
            return replace(seen, counts=seen.counts | {now.day: int(random.binomial(seen.counts[now.day], 0.15))})
        case "amounts x 100":
            return replace(seen, past_revenue=seen.past_revenue * 100, now=replace(now, clv=now.clv * 100))
        case "amounts x 100 in new files":
            revenue = now.revenue.copy()
            revenue[:known] = seen.past_revenue + 100 * new
            clv = now.clv * np.where(now.revenue > 0, revenue / np.maximum(now.revenue, 0.01), 1)
            return replace(seen, new_money=seen.new_money * 100, now=replace(now, clv=clv, tier=tiers(clv)))
        case "two currencies":
            factor = np.where(random.random(len(now.clv)) < 0.3, 7.0, 1.0)
            clv = now.clv * factor
            return replace(
                seen, past_revenue=seen.past_revenue * factor[:known], now=replace(now, clv=clv, tier=tiers(clv))
            )
        case "half of the customers lost":
            there = random.random(len(now.clv)) < 0.5
            return replace(
                seen,
                is_there=there[:known],
                past_revenue=seen.past_revenue * there[:known],
                now=replace(now, clv=now.clv[there], tier=np.where(there, now.tier, -1)),
            )
        case "tiers inverted":
            return replace(seen, now=replace(now, tier=tiers(-now.clv)))
        case "margin 0.2 for 1":
            return replace(seen, now=replace(now, clv=now.clv * 0.2))
        case "every order twice":
            return replace(seen, past_revenue=seen.past_revenue * 2, now=replace(now, clv=now.clv * 2))
        case "dates a month early":
            return replace(seen, past_last=np.where(seen.past_last >= 0, seen.past_last - 30, -1))
        case "other customer ids":
            return replace(seen, is_there=np.zeros(known, bool), past_revenue=np.zeros(known))
    raise ValueError(kind)


FAULTS = (
    "day at 15 %",
    "amounts x 100",
    "amounts x 100 in new files",
    "two currencies",
    "half of the customers lost",
    "tiers inverted",
    "margin 0.2 for 1",
    "every order twice",
    "dates a month early",
    "other customer ids",
)
