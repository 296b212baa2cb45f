"""Contribution classes: strategic, large, ordinary, potential, and who may cause loss.

Source: methods §3.4; the order of the rules is our choice (DECISIONS.md). They are applied in scoring/tiers.py, whose
columns they read.
"""

from collections.abc import Mapping

TOP = ("strategic", "large")


def class_expression(last_ranks: Mapping[str, int]) -> str:
    """SQL of the class.

    Parameters
    ----------
    last_ranks : mapping of each of `TOP` to its last rank by profit
    """
    ranked = "\n".join(
        f"            when profit > 0 and profit_rank <= {last_ranks[name]} then '{name}'" for name in TOP
    )
    # Low is what is known to be low: nobody is said to cause loss for want of data.
    return f"""case
            when profit < 0 then 'may_cause_loss'
{ranked}
            when is_potential_high then 'potential'
            when current_value_score is not null and potential_value_score is not null and not is_current_high
                then 'may_cause_loss'
            else 'ordinary'
        end"""
