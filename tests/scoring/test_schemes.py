"""Schemes: which are on, why the others are not, what they are called, and what may not be declared."""

import copy
import dataclasses
from typing import get_args

import pytest
import yaml

from orchestration.config.customer_facts import FACTS, Need
from orchestration.config.rule_groups import RULE_OF
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
        "opinion_leader": "no suggestion among the complaints up to as_of, and nothing is fed of "
        "customers.referrer_customer_id",
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


def test_scheme_that_is_left_out_keeps_its_words(own):
    """customer_value still says A, B or C."""

    def without_abc(config):
        del config["schemes"]["abc"]
        config["schemes"]["rfm"]["segments"]["loyal"] = {"en": "Faithful", "zh": "忠实客户"}

    every = schemes.every_scheme(own(without_abc).segments, load_settings().segments)
    labels = {(row["field"], row["value"]): row["label_en"] for row in schemes.label_rows(every, [])}
    assert labels["abc", "A"] == "A: the first 80 % of profit"
    assert labels["scheme", "abc"] == "ABC class"
    assert labels["rfm", "loyal"] == "Faithful"


def test_complaints_without_a_suggestion_are_told_as_such(own):
    """The column may be fed, and false in every row: to look for the feed would be in vain."""
    rows, _ = decided(own(), set(schemes.FED) - {"complaints.is_suggestion"})
    assert rows["opinion_leader"]["reason_off"] == "no suggestion among the complaints up to as_of"


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


def refusal(own, change) -> str:
    """What is told of the shipped segments.yml after the change, and of which file."""
    with pytest.raises(UserError) as refused:
        own(change)
    assert refused.value.where.endswith("segments.yml")
    return refused.value.what


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"fact": "value_tier", "is": "platinium"}, "value_tier is never platinium; accepted: platinum, gold, iron"),
        ({"fact": "abc_class", "is": ["A", "a"]}, "abc_class is never a; accepted: A, B, C"),
        ({"fact": "contribution_class", "is": "big"}, "contribution_class is never big; accepted: strategic, large"),
        ({"fact": "value_quadrant", "is": "high"}, "value_quadrant is never high; accepted: high_value, sub_value"),
        ({"fact": "revenue", "at_least": 10, "at_most": 1}, "no number of revenue fits at_least 10, at_most 1"),
        ({"fact": "revenue", "above": 1, "at_most": 1}, "no number of revenue fits at_most 1, above 1"),
        ({"fact": "revenue", "equals": 1, "below": 1}, "no number of revenue fits below 1, equals 1"),
        ({"fact": "region", "is": False}, "region is a text: write `is: <text>`"),
    ],
)
def test_condition_that_nobody_can_meet_is_refused(own, condition, told):
    """A misspelt text would be an empty group, which looks like good news."""
    found = refusal(own, lambda config: config["rule_groups"]["safety_risk"]["all"].append(condition))
    assert f"`rule_groups.safety_risk.all.1`: {told}" in found


def test_condition_on_rfm_is_of_the_names_of_the_same_file(own):
    """They are the company's own, and there is one for who never ordered."""

    def asking(*names):
        condition = {"fact": "rfm_segment", "is": list(names)}
        return lambda config: config["rule_groups"]["safety_risk"]["all"].append(condition)

    told = "`rule_groups`: in safety_risk rfm_segment is never championz; accepted: champions, loyal"
    assert told in refusal(own, asking("loyal", "championz"))
    [*_, condition] = own(asking("others", "no_orders")).segments.rule_groups["safety_risk"].all
    assert condition.texts == ["others", "no_orders"]


def test_condition_at_the_ends_of_its_range_is_met_by_one_number(own):
    """At least 2 and at most 2 is 2."""
    condition = {"fact": "revenue", "at_least": 2, "at_most": 2}
    assert own(lambda config: config["rule_groups"]["safety_risk"]["all"].append(condition))


def test_texts_of_every_fact_are_known_or_the_companys_own():
    """A new fact that is a segment would otherwise take any text."""
    texts = {name for name, fact in FACTS.items() if fact.kind == "text"}
    assert texts == {*RULE_OF, "rfm_segment", "region", "industry"}


@pytest.mark.parametrize("ends", [[9, 0], [5, 4], [0, 5], [1, 6], [1], 5, [1.5, 2], ["a", "b"]])
@pytest.mark.parametrize("dimension", ["recency", "frequency", "monetary"])
def test_scores_go_from_1_to_5_and_rise(own, dimension, ends):
    """A range that holds no score names nobody."""
    found = refusal(own, lambda config: config["rfm"][0].update({dimension: ends}))
    assert f"`rfm.0.{dimension}`: write `[lowest, highest]`, two whole numbers from 1 to 5 (found {ends!r})" in found


IN_QUOTES = "YAML reads yes, no, on and off without quotes as true or false: put the text in quotes"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["rule_groups"]["safety_risk"]["all"].append({"fact": "region", "is": [False]}), "all.1.is"),
        (lambda c: c["rule_groups"]["outage_sensitive"]["all"][0].update(categories=[False]), "categories.0"),
        (lambda c: c["opinion_leaders"].update(regions=[False]), "opinion_leaders.regions.0"),
        (lambda c: c["schemes"]["abc"]["label"].update(en=False), "schemes.abc.label.en"),
        (lambda c: c["schemes"]["key_account"]["segments"].update({False: {"en": "a", "zh": "b"}}), "`False` under"),
    ],
)
def test_word_that_yaml_reads_as_yes_or_no_is_told_in_one_sentence(own, change, told):
    """Nobody who wrote a word knows why it is a boolean."""
    found = refusal(own, change)
    assert told in found
    assert found.count(IN_QUOTES) == 1
    assert len([line for line in found.splitlines() if told in line]) == 1


@pytest.mark.parametrize("text", ["O'Neil", 'a "b"', "a\\b", "a\nb"])
def test_text_that_statements_cannot_hold_is_refused(own, text):
    """Else a refresh would break at it, minutes later."""
    told = "write it without quotation marks, backslashes and line breaks inside"
    assert told in refusal(own, lambda c: c["opinion_leaders"].update(regions=[text]))
    assert told in refusal(own, lambda c: c["rfm"][0].update(name=text))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["rfm"][0].update(name="loyal"), "`rfm`: the name loyal stands twice"),
        (lambda c: c["rfm"][0].update(name="no_orders"), "`rfm.0.name`: this name is kept for customers without"),
        (lambda c: c["rfm"].pop(), "`rfm`: the last rule must fit everyone whom the others leave"),
        (lambda c: c["rfm"].clear(), "`rfm`: the last rule must fit everyone whom the others leave"),
        (lambda c: c["clusters"].update(k_min=7), "`clusters`: `k_min` 7 is above `k_max` 6"),
        (
            lambda c: c["schemes"]["abc"].update(label="群组"),
            "`schemes.abc.label`: write the words of both languages, as `{en: Groups, zh: 群组}` (found '群组')",
        ),
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
    assert told in refusal(own, change)
