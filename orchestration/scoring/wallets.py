"""Wallet share in bands: how much of what a customer spends on such products is spent with us.

The share itself is a fact (facts.customer_wallets). Source: methods §3.6; the bands are our choice.
"""

from collections.abc import Mapping

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_double

BANDS = ("most", "half", "some")  # below is little
LITTLE, UNKNOWN = "little", "unknown"


def refuse_unfit(begins: Mapping[str, float]) -> None:
    """Refuse other bands, and beginnings that do not fall from `most` to `some` or are not above 0.

    Raises
    ------
    UserError
    """
    if set(begins) != set(BANDS):
        raise UserError(f"bands are {', '.join(begins)}; needed: {', '.join(BANDS)}", where="wallet_share_from")
    most, half, some = (begins[name] for name in BANDS)
    if not most > half > some > 0:
        raise UserError(
            f"wallet_share_from is {dict(begins)}; from {BANDS[0]} to {BANDS[-1]} shares must fall, and stay above 0",
            where="wallet_share_from",
        )


def band_expression(begins: Mapping[str, float]) -> str:
    """SQL of the band from `wallet_share`."""
    branches = "\n".join(f"            when wallet_share >= {sql_double(begins[name])} then '{name}'" for name in BANDS)
    return f"""case
            when wallet_share is null then '{UNKNOWN}'
{branches}
            else '{LITTLE}'
        end"""
