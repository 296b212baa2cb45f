"""By which rules each scheme places its customers, and which of them differ from those of an earlier release.

Only configuration is compared, which people decide on. What a new version of the program computes otherwise is told by
the code version in the manifest.
"""

import csv
from collections.abc import Mapping
from typing import Any

from orchestration.settings import FILES

# The file of configuration, or one of its keys.
RULES = {
    "value_tier": ("tiers.pyramid", "tiers.hysteresis", "clv"),
    "abc": ("tiers.abc_a_up_to", "tiers.abc_b_up_to", "clv.margin"),
    "key_account": ("tiers.key_accounts", "tiers.key_account_attributes", "tiers.key_account_minimum_coverage"),
    "contribution_class": (
        "tiers.contribution",
        "tiers.quadrant_percentile",
        "tiers.current_value",
        "tiers.potential_value",
        "clv.margin",
    ),
    "wallet_share": ("tiers.wallet_share_from",),
    "value_quadrant": ("tiers.quadrant_percentile", "tiers.current_value", "tiers.potential_value"),
    "rfm": ("segments.rfm",),
    "cluster": ("segments.clusters",),
    "lifecycle_stage": ("relationship.stable_order_days", "relationship.win_back_days", "relationship.silence"),
    "interest_group": ("segments.interests",),
    "interest_vip": ("segments.interests",),
    "opinion_leader": ("segments.opinion_leaders",),
}


# Hierarchies whose judgements weigh what a scheme stands on.
JUDGED = {
    "key_account": ("key_account_attributes",),
    "contribution_class": ("current_value", "potential_value"),
    "value_quadrant": ("current_value", "potential_value"),
}


def changed_rules(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[str]]:
    """The rules that changed, by scheme; a scheme whose rules are as they were is left out.

    Parameters
    ----------
    before, now : mapping
        Configuration as a manifest holds it. A key that the earlier program did not know counts as its default, so that
        an upgrade alone changes no rule.
    """
    found = {}
    for scheme, rules in RULES.items():
        keys = [(section, key) for rule in rules for section, key in _keys(rule, now)]
        changed = [f"{section}.{key}" for section, key in keys if _value(before, section, key) != now[section][key]]
        changed += [
            f"judgements of {hierarchy}"
            for hierarchy in JUDGED.get(scheme, ())
            if judged(before, hierarchy) not in ([], judged(now, hierarchy))
        ]
        if changed:
            found[scheme] = changed
    return found


def judged(configuration: Mapping[str, Any], hierarchy: str) -> list[tuple[str, ...]]:
    """What the experts say of one hierarchy, in whatever file and order; nothing where the program did not ask yet."""
    rows = [row for text in configuration["judgements"].values() for row in csv.DictReader(text.splitlines())]
    # A line with more values than names holds them as a list under no name.
    return sorted(
        tuple(str(value) for _, value in sorted(row.items(), key=lambda item: str(item[0])))
        for row in rows
        if (row.get("hierarchy") or "").strip() == hierarchy
    )


def _keys(rule: str, configuration: Mapping[str, Any]) -> list[tuple[str, str]]:
    section, _, key = rule.partition(".")
    return [(section, key)] if key else [(section, name) for name in sorted(configuration[section])]


def _value(configuration: Mapping[str, Any], section: str, key: str) -> Any:
    default = FILES[section].model_fields[key].get_default(call_default_factory=True)
    return configuration.get(section, {}).get(key, default)
