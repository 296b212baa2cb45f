"""Where the cuts fall: ranks at cumulative shares of customers, and money at cumulative shares of profit.

Pure arithmetic on totals, exact as the shares are written. Sources: methods §3.1, 3.2.
"""

import decimal
import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from orchestration.errors import UserError


def exact(share: str | float | Decimal, where: str) -> Fraction:
    """The share as it is written: 0.07 is 7/100, not the nearest double (whose 100-fold rounds up to 8).

    Raises
    ------
    UserError
        When it is not a number from 0 to 1.
    """
    try:
        fraction = Fraction(str(share))
    except (ValueError, ZeroDivisionError):
        fraction = Fraction(-1)
    if not 0 <= fraction <= 1:
        raise UserError(f"the share {share!r} is not a number from 0 to 1", where=where)
    return fraction


def rank_cuts(customers: int, shares: Mapping[str, str | float], names: tuple[str, ...], where: str) -> dict[str, int]:
    """The last rank of each class: ceilings of the cumulative shares of `customers`, from the top.

    Raises
    ------
    UserError
        When the classes are not `names`, or their shares add up to more than 1.
    """
    if set(shares) != set(names):
        raise UserError(f"classes with a share are {', '.join(shares)}; needed: {', '.join(names)}", where=where)
    cuts, cumulative = {}, Fraction(0)
    for name in names:
        cumulative += exact(shares[name], f"{where} {name}")
        cuts[name] = math.ceil(cumulative * customers)
    if cumulative > 1:
        raise UserError(f"the shares add up to {float(cumulative):g}; at most 1 can be shared out", where=where)
    return cuts


def rising(shares: tuple[str | float, str | float], where: str) -> tuple[Fraction, Fraction]:
    """The two cumulative shares at which A and B end.

    Raises
    ------
    UserError
        When the shares do not rise.
    """
    end_of_a, end_of_b = (exact(share, where) for share in shares)
    if not end_of_a <= end_of_b:
        raise UserError(f"{where} are {shares}; the second is below the first", where=where)
    return end_of_a, end_of_b


def abc_cuts(profit: Decimal, shares: tuple[str | float, str | float]) -> tuple[Decimal, Decimal] | None:
    """Cumulative profit at which A and B end; None where total profit is not positive (methods §3.2).

    A customer is in A while the profit of all before it is below the cut, so the one who crosses is in.

    Raises
    ------
    UserError
        When the shares do not rise.
    """
    ends = rising(shares, "abc_shares")
    if profit <= 0:
        return None
    with decimal.localcontext(prec=60):
        a, b = (Decimal(cut.numerator) / cut.denominator * profit for cut in ends)
    return a, b
