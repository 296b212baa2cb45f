"""Schemes: which are on, why the others are not, what they are called, and what may not be declared."""

import copy
import dataclasses
from typing import get_args

import pytest
import yaml

from orchestration.config.customer_facts import Need
from orchestration.config.schemes import RULES, RuleName
from orchestration.errors import UserError
from orchestration.scoring import schemes
from orchestration.settings import SHIPPED_CONFIG, load_settings

SHIPPED = yaml.safe_load((SHIPPED_CONFIG / "segments.yml").read_text("utf-8"))


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Settings of a company whose segments.yml is the shipped one after a change."""
    for name in ("TOUCHSTONE_TARGET", "TOUCHSTONE_HOME", "TOUCHSTONE_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def load(change=lambda config: None):
        config = copy.deepcopy(SHIPPED)
        change(config)
        (tmp_path / "segments.yml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), "utf-8")
        return load_settings(tmp_path / "home", tmp_path)

    return load


def decided(settings, fed) -> tuple[dict, set]:
    """Rows by scheme, and the groups whose members are to be found."""
    found = schemes.decide_schemes(settings, fed, load_settings(settings.home, SHIPPED_CONFIG).segments)
    return {row["scheme"]: row for row in found.rows}, set(found.groups)


def test_everything_is_on_where_everything_is_fed(own):
    """In the order of the file, with its place."""
    rows, groups = decided(own(), set(schemes.FED))
    assert all(row["is_on"] and row["reason_off"] is None for row in rows.values())
    assert {name: row["position"] for name, row in rows.items()} == {
        name: place for place, name in enumerate(SHIPPED["schemes"], start=1)
    }
    assert groups == {("rule_group", name) for name in SHIPPED["rule_groups"]} | {("opinion_leader", "leader")}


def test_orders_alone_leave_on_what_follows_from_orders(own):
    """The others are listed with what is missing; the group that needs no other feed stays."""
    rows, groups = decided(own(), set())
    off = {name: row["reason_off"] for name, row in rows.items() if not row["is_on"]}
    assert off == {
        "wallet_share": "nothing is fed of wallets",
        "interest_group": "nothing is fed of interactions.category",
        "interest_vip": "nothing is fed of interactions.category",
        "opinion_leader": "nothing is fed of complaints.is_suggestion and customers.referrer_customer_id",
    }
    assert groups == {("rule_group", "high_value")}
    assert "safety_risk: nothing is fed of complaints.need_violated" in rows["rule_group"]["reason_off"]
    assert "outage_sensitive: nothing is fed of complaints;" in rows["rule_group"]["reason_off"]
    assert "high_value" not in rows["rule_group"]["reason_off"]


def test_group_with_an_alternative_that_is_not_fed_is_off(own):
    """Late payments alone would be another group under the same name."""
    rows, groups = decided(own(), set(schemes.FED) - {"orders.paid_at"})
    assert ("rule_group", "arrears_risk") not in groups
    assert rows["rule_group"]["reason_off"] == "arrears_risk: nothing is fed of orders.paid_at"
    assert rows["rule_group"]["is_on"]


def test_scheme_of_groups_that_are_all_off_is_off(own):
    """It would be on, and nobody in it."""

    def only_safety(config):
        config["rule_groups"] = {"safety_risk": config["rule_groups"]["safety_risk"]}
        labels = config["schemes"]["rule_group"]["segments"]
        config["schemes"]["rule_group"]["segments"] = {"safety_risk": labels["safety_risk"]}

    rows, _ = decided(own(only_safety), set())
    assert not rows["rule_group"]["is_on"]


def test_scheme_that_is_left_out_is_off_by_choice(own):
    """It is listed under its usual name, after the declared ones, and finds no members."""
    rows, groups = decided(own(lambda config: config["schemes"].pop("opinion_leader")), set(schemes.FED))
    row = rows["opinion_leader"]
    assert (row["is_on"], row["reason_off"], row["label_zh"]) == (False, "left out of segments.yml", "意见领袖")
    assert row["position"] == len(RULES)
    assert ("opinion_leader", "leader") not in groups


def test_rules_are_told_with_the_parameters_in_force(own):
    """A reader of the mart sees the cuts, not where they are written down."""

    def changed(config):
        config["opinion_leaders"] = {"loyalty_above": 7.5, "regions": ["华东", "North"]}

    rows, _ = decided(own(changed), set())
    told = {name: row["rule"] for name, row in rows.items()}
    assert told["value_tier"] == "By lifetime value: top 1 % platinum, next 4 % gold, next 15 % iron, the rest lead"
    assert told["abc"] == "By profit: who gives the first 80 % is A, up to 95 % B, the rest C"
    assert told["opinion_leader"] == (
        "Loyalty above 7.5 of 10, 2 suggestions and 1 successful referral or more, in 华东 or North"
    )


def test_the_margin_is_told_where_there_is_one(own):
    """Otherwise a customer at rank 11 of a tier of 10 looks like a mistake."""
    settings = own()
    held = dataclasses.replace(settings, tiers=settings.tiers.model_copy(update={"hysteresis": "0.10"}))
    assert schemes.rules_in_words(held)["pyramid"] == (
        schemes.rules_in_words(settings)["pyramid"] + "; who is within 10 % of a cut's rank keeps the tier"
    )


def test_each_rule_has_words_and_every_need_is_looked_up(own):
    """Three lists that would drift apart."""
    assert set(schemes.rules_in_words(own())) == set(RULES) == set(get_args(RuleName))
    assert set(schemes.FED) == set(get_args(Need))
    assert [rule.scheme for rule in RULES.values() if not rule.is_exclusive] == ["rule_group"]


def test_interest_group_is_called_by_category_and_price(own):
    """The category is the company's own word, whatever it holds; the band and the rest have two languages."""
    found = schemes.label_rows(own().segments.schemes, {"电缆_a_high", "other_low", "no_views"})
    labels = {(row["field"], row["value"]): (row["label_en"], row["label_zh"]) for row in found}
    assert labels["interest_group", "电缆_a_high"] == ("电缆_a, high price", "电缆_a，高价位")
    assert labels["interest_group", "other_low"] == ("Other categories, low price", "其他品类，低价位")
    assert labels["interest_group", "no_views"] == ("Nothing looked at", "无浏览")
    assert ("interest_group", "low") not in labels
    assert labels["scheme", "value_tier"] == ("Value tier", "价值等级")
    assert labels["rfm", "champions"] == ("Champions", "重要价值客户")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["schemes"]["rfm"]["segments"].pop("champions"), "`rfm.segments` has no label of champions"),
        (lambda c: c["schemes"]["abc"]["segments"].pop("B"), "`abc.segments` has no label of B"),
        (lambda c: c["schemes"]["abc"]["segments"]["A"].pop("zh"), "`schemes.abc.segments.A.zh` is missing"),
        (lambda c: c["schemes"]["abc"]["segments"]["A"].update(zh=""), "`schemes.abc.segments.A.zh`"),
        (lambda c: c["rfm"][0].update(name="best"), "`rfm.segments` has no label of best"),
        (
            lambda c: c["schemes"]["abc"]["segments"].update(D={"en": "D", "zh": "D"}),
            "`abc.segments` labels D, which `abc` does not give; accepted: A, B, C",
        ),
        (lambda c: c["schemes"]["abc"].update(by="abcd"), "`schemes.abc.by`: Input should be 'pyramid', 'abc'"),
        (
            lambda c: c["schemes"].update(tiers=c["schemes"].pop("value_tier")),
            "the rule `pyramid` gives the scheme `value_tier`; it is declared as `tiers`",
        ),
        (lambda c: c["schemes"]["abc"].update(colour="red"), "unknown key `schemes.abc.colour`; accepted: by, label"),
        (
            lambda c: c["rule_groups"].update({"a b": c["rule_groups"]["high_value"]}),
            "unknown name `a b` under `rule_groups`",
        ),
        (lambda c: c.update(interests={"days": 30, "recent_days": 30}), "`recent_days` must be shorter than `days`"),
        (lambda c: c["interests"].update(kinds=["look"]), "`interests.kinds.0`: Input should be 'ad_click'"),
    ],
)
def test_declaration_that_does_not_fit_is_refused_in_words(own, change, told):
    """Somebody else can mend it: the place, what is missing, what is accepted."""
    with pytest.raises(UserError) as refused:
        own(change)
    assert told in str(refused.value)
