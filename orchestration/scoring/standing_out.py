"""Which group stands out: whose rate is above that of all the others by more than chance explains.

Numbers only; the words are in publishing/relationship_findings.py.
"""

from collections.abc import Sequence

SIGNIFICANCE = 0.01


def standing_out(cases: Sequence[int], base: Sequence[int]) -> int | None:
    """The place of the group with the highest rate, if it is higher than the others' by more than chance.

    Given how many cases there are, those of one group are binomial with its share of the base: the exact test of two
    Poisson rates (Przyborowski and Wilenski, Biometrika 31 (1940) 313-323), one-sided. Each group could have been the
    highest, so the level is divided by their number (Bonferroni).

    The level is 1 % and not 5 %, because one customer's complaints come together, which the test does not know.

    Parameters
    ----------
    cases, base : sequences of int, one entry a group
        Such as complaints and the orders that they are of. Groups without a base are passed over.

    Returns
    -------
    int or None
        None where no group stands out, or fewer than two have a base.
    """
    from scipy.stats import binomtest

    known = [place for place, size in enumerate(base) if size > 0]
    if len(known) < 2:
        return None
    highest = max(known, key=lambda place: cases[place] / base[place])
    total, size = sum(cases[place] for place in known), sum(base[place] for place in known)
    if total == 0:
        return None
    chance = binomtest(cases[highest], total, base[highest] / size, alternative="greater").pvalue
    return highest if chance < SIGNIFICANCE / len(known) else None
