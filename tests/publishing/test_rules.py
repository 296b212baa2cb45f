"""Which schemes are decided by other rules than in the release before."""

import copy
import json

import pytest

from orchestration.config import schemes
from orchestration.publishing.rules import RULES, changed_rules
from orchestration.settings import load_settings


@pytest.fixture
def now():
    return json.loads(json.dumps(load_settings().values))


@pytest.mark.parametrize(
    ("section", "key", "decided"),
    [
        ("tiers", "pyramid", {"value_tier"}),
        ("tiers", "key_accounts", {"key_account"}),
        ("clv", "method", {"value_tier"}),
        ("clv", "margin", {"value_tier", "abc", "contribution_class"}),
        ("segments", "rfm", {"rfm"}),
        ("complaints", "repeat_within_days", set()),
    ],
)
def test_a_changed_key_is_told_for_the_schemes_that_it_decides(now, section, key, decided):
    """Who moved when the pyramid was cut anew did not do so by buying; complaints decide no segment."""
    before = copy.deepcopy(now)
    before[section][key] = "another"

    assert changed_rules(before, now) == {scheme: [f"{section}.{key}"] for scheme in decided}


def test_another_judgement_is_told_for_the_schemes_that_it_weighs(now):
    """After a new survey of the experts nobody moved by buying; the order of a file's lines says nothing."""
    before = copy.deepcopy(now)
    name = "potential_value.csv"
    head, *lines = now["judgements"][name].splitlines()
    before["judgements"][name] = "\n".join([head, *reversed(lines)])
    assert changed_rules(before, now) == {}
    before["judgements"][name] = "\n".join([head, *lines[1:]])
    told = ["judgements of potential_value"]
    assert changed_rules(before, now) == {"value_quadrant": told, "contribution_class": told}


def test_an_upgrade_alone_changes_no_rule(now):
    """A key that the program before did not know counts as its default."""
    before = copy.deepcopy(now)
    del before["tiers"]["hysteresis"]

    assert changed_rules(before, now) == {}
    now["tiers"]["hysteresis"] = "0.1"
    assert changed_rules(before, now) == {"value_tier": ["tiers.hysteresis"]}


def test_every_scheme_says_by_which_rules_it_is_decided():
    """A scheme that is left out would blame its customers for what a person changed."""
    assert {rule.scheme for rule in schemes.RULES.values() if rule.is_exclusive} == set(RULES)
