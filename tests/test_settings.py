"""Configuration: read whole, checked at the door, refused in words, and hashed to the last value."""

import datetime as dt
import re
import shutil
from typing import get_args

import pytest
import yaml

from orchestration.config.quality import IndicatorName
from orchestration.config.sources import FeedName
from orchestration.errors import UserError
from orchestration.settings import FILES, NOT_OF_THE_MARTS, PROJECT, SHIPPED_CONFIG, judged_hierarchies, load_settings
from orchestration.sources.contract import CONTRACTS

COMPANY = "company: {name: A, currency: CNY}\n"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    """What a developer has exported is no part of these rules."""
    for name in ("TOUCHSTONE_TARGET", "TOUCHSTONE_HOME", "TOUCHSTONE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def own(tmp_path):
    """A company's folder: `own("clv", text)` writes one file of it and loads the configuration."""

    def load(name: str | None = None, text: str = ""):
        if name:
            (tmp_path / f"{name}.yml").write_text(text, "utf-8")
        return load_settings(tmp_path / "home", tmp_path)

    return load


def test_the_shipped_configuration_loads():
    """It is what a first refresh runs on."""
    settings = load_settings()
    assert set(settings.values) == {*FILES, "judgements"} - NOT_OF_THE_MARTS
    assert settings.judgement_files


def test_every_wrong_file_is_told_at_once(own, tmp_path):
    """Who mends one and asks again for each would ask eleven times."""
    (tmp_path / "clv.yml").write_text("margin: 2", "utf-8")
    with pytest.raises(UserError) as refused:
        own("overrides", "overrides: 3")
    for word in ("`margin`", "clv.yml", "`overrides`", "overrides.yml"):
        assert word in str(refused.value)


def test_where_releases_go_and_which_are_kept_changes_no_mart(own):
    """A PostgreSQL that is added asks for no new candidate."""
    before = own().configuration_hash
    assert own("publishing", 'postgres: {url: "${READERS}"}').configuration_hash == before
    assert own("publishing", "keep: {releases: 3}").configuration_hash == before


def test_an_override_changes_no_mart(own):
    """A held candidate is published as it is: it need not be built again."""
    before = own().configuration_hash
    entry = "{check: raw.orders:fresh, reason: moving, who: Li Jing, until: 2026-07-03}"
    assert own("overrides", f"overrides: [{entry}]").configuration_hash == before


def test_the_url_of_the_readers_database_is_never_in_the_configuration(own):
    """It holds a password; the configuration is published."""
    with pytest.raises(UserError, match=r"postgres\.url") as refused:
        own("publishing", "postgres: {url: postgresql://bi:s3cret@host/marts}")
    assert "s3cret" not in str(refused.value)


def test_every_feed_of_the_contract_can_be_configured_and_no_other():
    """Two lists of feeds would drift apart."""
    assert set(get_args(FeedName)) == set(CONTRACTS)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("clv", "horizon: 3", "unknown key `horizon`; accepted: annual_discount_rate, .*horizon_days"),
        (
            "segments",
            "rfm: [{name: a, recensy: [1, 5]}]",
            r"unknown key `rfm\.0\.recensy`; accepted: frequency, monetary",
        ),
        ("segments", "rfm: []\nclusters: {k: 3}", r"unknown key `clusters\.k`; accepted: better_by, k_max, k_min"),
        (
            "sources",
            COMPANY + "feeds: {orders: {path: x, colums: {}}}",
            r"unknown key `feeds\.orders\.colums`; accepted: api, columns, database, decimal",
        ),
        (
            "sources",
            COMPANY + "feeds: {orders: {path: x, join: {l: {path: x, match: {a: b}, by: a}}}}",
            r"unknown key `feeds\.orders\.join\.l\.by`; accepted: columns, decimal, delimiter",
        ),
        ("gates", "checks: {'a.b:c': {severity: block, limit: 1}}", "accepted: severity, threshold"),
        (
            "sources",
            COMPANY + "feeds: {order: {path: x}}",
            "unknown name `order` under `feeds`; accepted: 'orders', 'complaints'",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_accepted_ones(own, name, text, told):
    """A misspelt threshold would otherwise be the default, in silence."""
    with pytest.raises(UserError, match=told) as refused:
        own(name, text)
    assert refused.value.where.endswith(f"{name}.yml")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("clv", "margin: much", r"`margin`: .*number.* \(found 'much'\)"),
        ("clv", "margin: 1.5", r"`margin`: .*less than or equal to 1 \(found 1\.5\)"),
        ("clv", "method: btyd", "'simple_ltv' or 'discounted_ltv'"),
        ("gates", "checks: {'a.b:c': {severity: stop}}", "'block' or 'warn'"),
        ("sources", "company: {name: A, currency: yuan}\nfeeds: {}", r"`company\.currency`: .*\(found 'yuan'\)"),
        ("sources", COMPANY, "`feeds` is missing"),
        ("sources", COMPANY + "as_of: tomorrow\nfeeds: {}", r"as_of.*\(found 'tomorrow'\)"),
        ("sources", COMPANY + "time_zone: CST\nfeeds: {}", r"names are like Asia/Shanghai \(found 'CST'\)"),
        ("sources", COMPANY + "refresh_at: 10:30\nfeeds: {}", r"time of day in quotes, .* \(found 630\)"),
        ("sources", COMPANY + "refresh_at: '24:00'\nfeeds: {}", r"like \"05:00\" \(found '24:00'\)"),
        ("sources", COMPANY + "feeds: {orders: {path: x, header_row: -1}}", r"`feeds\.orders\.header_row`: .*found -1"),
        ("segments", "- 1", "valid dictionary"),
        ("clv", "margin: [", "not readable as YAML"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_place(own, name, text, told):
    """What was found, what would fit, and in which file."""
    with pytest.raises(UserError, match=told) as refused:
        own(name, text)
    assert refused.value.where.endswith(f"{name}.yml")


def test_all_problems_of_a_file_are_told_at_once(own):
    """Mending one a run is a morning's work."""
    with pytest.raises(UserError) as refused:
        own("clv", "margin: much\nhorizon: 3")
    assert "`margin`" in str(refused.value)
    assert "`horizon`" in str(refused.value)


def test_an_own_file_that_lacks_keys_is_told_to_start_from_the_shipped_one(own):
    """It takes the shipped one's place whole; whoever writes the one key that is to change does not know that."""
    with pytest.raises(UserError, match="`trees` is missing") as refused:
        own("quality", "small_sample: 10\n")
    assert f"copy {SHIPPED_CONFIG / 'quality.yml'} and change the copy" in refused.value.mend


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ("{process: {manner: {}}, c: {}}", "`trees`: the tree x ends in c, which has nothing below it"),
        ("{nps: {manner: {}}}", "`trees`: the tree x has a branch with the name of the indicator nps"),
    ],
)
def test_a_tree_that_ends_in_no_indicator_or_branches_at_one_is_refused(own, tree, told):
    """An empty branch has no value, and two things of one name would share a line of the weights."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    with pytest.raises(UserError, match=told):
        own("quality", text.replace("trees:\n", f"trees:\n  x: {tree}\n"))


A_SHARE = "write a share from 0 to 1, such as 0.15 for 15 %"


@pytest.mark.parametrize(
    ("shipped", "changed", "told"),
    [
        ("hysteresis: 0 ", "hysteresis: 10 ", f"`hysteresis`: {A_SHARE} (found 10)"),
        ("hysteresis: 0 ", "hysteresis: -0.1 ", f"`hysteresis`: {A_SHARE} (found -0.1)"),
        ("hysteresis: 0 ", "hysteresis: .nan ", f"`hysteresis`: {A_SHARE} (found nan)"),
        ("hysteresis: 0 ", "hysteresis: 10% ", f"`hysteresis`: {A_SHARE} (found '10%')"),
        ("hysteresis: 0 ", "hysteresis: no ", f"`hysteresis`: {A_SHARE} (found False)"),
        ("iron: 0.15", "iron: 15", f"`pyramid.iron`: {A_SHARE} (found 15)"),
        ("iron: 0.15", "iron: 0.96", "`pyramid`: the shares add up to 1.01; all customers are 1"),
        (", iron: 0.15", "", "`pyramid`: iron is missing; needed: platinum, gold, iron"),
        ("large: 0.15", "large: 0.96", "`contribution`: the shares add up to 1.01; all customers are 1"),
        ("strategic: 0.05, ", "", "`contribution`: strategic is missing; needed: strategic, large"),
        ("b_up_to: 0.95", "b_up_to: 0.5", "`abc_b_up_to`: it must not be below `abc_a_up_to`, 0.8"),
        ("a_up_to: 0.80", "a_up_to: 0.96", "`abc_b_up_to`: it must not be below `abc_a_up_to`, 0.96"),
        (", some: 0.15", "", "`wallet_share_from`: some is missing; needed: most, half, some"),
        ("half: 0.4", "half: 0.6", "the shares must fall, and stay above 0; found most 0.6, half 0.6, some 0.15"),
        ("some: 0.15", "some: 0", "the shares must fall, and stay above 0; found most 0.6, half 0.4, some 0"),
        ("most: 0.6", "most: 60", "`wallet_share_from.most`: Input should be less than or equal to 1 (found 60)"),
    ],
)
def test_shares_that_do_not_fit_together_are_refused(own, shipped, changed, told):
    """Else the refresh would break at them, minutes later."""
    text = (SHIPPED_CONFIG / "tiers.yml").read_text("utf-8")
    assert shipped in text
    with pytest.raises(UserError, match=re.escape(told)) as refused:
        own("tiers", text.replace(shipped, changed))
    assert refused.value.where.endswith("tiers.yml")


def test_the_default_end_of_b_is_held_against_the_end_of_a(own):
    """What is left out is a value too."""
    text = (SHIPPED_CONFIG / "tiers.yml").read_text("utf-8").replace("abc_b_up_to: 0.95", "")
    assert own("tiers", text).tiers.abc_b_up_to == "0.95"
    with pytest.raises(UserError, match=r"must not be below `abc_a_up_to`, 0\.97"):
        own("tiers", text.replace("abc_a_up_to: 0.80", "abc_a_up_to: 0.97"))


def test_a_share_may_be_as_small_as_it_is_written(own):
    """YAML hands 0.00001 on as 1e-05."""
    text = (SHIPPED_CONFIG / "tiers.yml").read_text("utf-8").replace("hysteresis: 0 ", "hysteresis: 0.00001 ")
    assert own("tiers", text).tiers.hysteresis == "0.00001"


def test_tiers_are_cut_from_the_top_in_whatever_order_they_are_written(own):
    """Cumulative shares follow the order."""
    text = (SHIPPED_CONFIG / "tiers.yml").read_text("utf-8")
    turned = text.replace("{platinum: 0.01, gold: 0.04, iron: 0.15}", "{iron: 0.15, gold: 0.04, platinum: 0.01}")
    assert turned != text
    assert list(own("tiers", turned).tiers.pyramid) == ["platinum", "gold", "iron"]


def test_an_indicator_needs_a_scale(own):
    """Between floor and target lies the division."""
    content = yaml.safe_load((SHIPPED_CONFIG / "quality.yml").read_text("utf-8"))
    first = next(iter(content["indicators"].values()))
    first["floor"] = first["target"]
    with pytest.raises(UserError, match="`floor` and `target` must differ"):
        own("quality", yaml.safe_dump(content))


def test_the_indicators_are_those_that_are_measured():
    """Three lists would drift apart: what may be configured, what is shipped with a scale, what the facts may hold."""
    models = yaml.safe_load((PROJECT / "dbt_project" / "models" / "facts" / "facts.yml").read_text("utf-8"))["models"]
    (tests,) = [model["data_tests"] for model in models if model["name"] == "service_indicators"]
    (declared,) = [test["one_of"]["arguments"]["values"] for test in tests if "one_of" in test]
    assert set(declared) == set(get_args(IndicatorName))
    assert set(load_settings().quality.indicators) == set(get_args(IndicatorName))


@pytest.mark.parametrize(
    ("shipped", "changed", "told"),
    [
        ("  nps:\n", "  npc:\n", "unknown name `npc` under `indicators`; accepted: 'response_timeliness', .*'nps'"),
        (
            "hierarchy: service_quality",
            "hierarchy: timing",
            "accepted: service_quality, service_timing .found 'timing'",
        ),
        (
            "      delivery_days: {}",
            "      delivery_day: {}",
            "service_timing ends in delivery_day, .*accepted: response_",
        ),
    ],
)
def test_a_tree_is_of_indicators_that_are_measured(own, shipped, changed, told):
    """Else the index would lack one without a word, or the refresh would fail an hour later."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    assert shipped in text
    with pytest.raises(UserError, match=told):
        own("quality", text.replace(shipped, changed))


def test_an_own_folder_replaces_only_the_files_that_it_has(own):
    """A company changes the margin and keeps the rest as shipped."""
    settings = own("clv", "margin: 0.25")
    shipped = load_settings()
    assert settings.clv.margin == 0.25
    assert settings.clv.horizon_days == 365
    assert settings.tiers == shipped.tiers
    assert settings.judgement_files == shipped.judgement_files


def test_own_judgements_replace_the_shipped_ones_of_their_hierarchies(own, tmp_path):
    """Two companies' experts are never mixed; what a company has not judged is weighed by the example."""
    (tmp_path / "judgements").mkdir()
    header = "expert,hierarchy,parent,item_a,item_b,ratio\n"
    (tmp_path / "judgements" / "ours.csv").write_text(header + "Ann,service_quality,,,,\n", "utf-8")
    assert [path.name for path in own().judgement_files] == [
        "ours.csv",
        "current_value.csv",
        "customer_activity.csv",
        "key_account_attributes.csv",
        "potential_value.csv",
        "service_timing.csv",
    ]


def test_an_own_file_hides_no_shipped_one_of_its_name(own, tmp_path):
    """A file may be called as it likes; both stand in the manifest and in the hash."""
    (tmp_path / "judgements").mkdir()
    text = "expert,hierarchy,parent,item_a,item_b,ratio\nAnn,service_quality,,,,\n"
    (tmp_path / "judgements" / "customer_activity.csv").write_text(text, "utf-8")
    found = own().values["judgements"]
    assert found["customer_activity.csv"] == text
    assert found["shipped customer_activity.csv"].count("marketing_head") == 15


def test_a_shipped_file_of_judgements_bears_the_name_of_its_hierarchy():
    """By its name it is left out where a company has judgements of its own."""
    for path in (SHIPPED_CONFIG / "judgements").glob("*.csv"):
        assert judged_hierarchies(path) == {path.stem}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("activity: {kinds: [search, search]}", "search stands twice"),
        ("activity: {kinds: []}", "`activity.kinds`"),
        ("activity: {kinds: [searches]}", "'searches'"),
        ("intent: {days: 5, same_category_days: 6}", "`same_category_days` is longer than `days`"),
    ],
)
def test_activity_is_of_kinds_that_are_fed_and_intent_looks_back_within_its_days(own, changed, told):
    """Else a count would be of nothing, or a rule would never hold."""
    with pytest.raises(UserError, match=re.escape(told)):
        own("relationship", changed)


@pytest.mark.parametrize("name", ["clvs.yml", "clv.yaml"])
def test_an_unknown_file_is_refused(own, tmp_path, name):
    """It would be read by nobody."""
    (tmp_path / name).write_text("", "utf-8")
    with pytest.raises(UserError, match=f"unknown configuration file {name}; accepted: alerts.yml, clv.yml"):
        own()


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """A typing error in TOUCHSTONE_CONFIG must not mean the shipped configuration."""
    with pytest.raises(UserError, match="does not exist"):
        load_settings(config_dir=tmp_path / "nowhere")


@pytest.mark.parametrize("target", ["spark", "DuckDB", ""])
def test_another_target_is_refused(monkeypatch, target):
    """Only one engine is there; a wish for another must not be answered by this one."""
    monkeypatch.setenv("TOUCHSTONE_TARGET", target)
    with pytest.raises(UserError, match=r"TOUCHSTONE_TARGET is .* accepted: duckdb"):
        load_settings()


def test_places_come_from_the_environment_and_an_argument_wins(monkeypatch, tmp_path):
    """Tests and services name theirs; a person's shell has one."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "there"))
    assert load_settings().home == tmp_path / "there"
    assert load_settings(home=tmp_path / "here").home == tmp_path / "here"


# --- as_of ------------------------------------------------------------------------------------------------


def test_a_given_date_wins_over_the_configured_one(own):
    """A backfill names its date."""
    settings = own("sources", COMPANY + "as_of: 2026-06-30\nfeeds: {orders: {path: x}}")
    assert settings.as_of("2026-01-31") == dt.date(2026, 1, 31)
    assert settings.as_of() == dt.date(2026, 6, 30)


def test_yesterday_is_the_default(own):
    """Today is not over."""
    assert own("sources", COMPANY + "feeds: {orders: {path: x}}").as_of() == dt.date.today() - dt.timedelta(days=1)


def test_yesterday_is_that_of_the_companys_zone(own):
    """A server far from the company has another date; between these two zones lie 25 hours."""
    ahead = own("sources", COMPANY + "time_zone: Pacific/Kiritimati\nfeeds: {orders: {path: x}}").as_of()
    behind = own("sources", COMPANY + "time_zone: Pacific/Pago_Pago\nfeeds: {orders: {path: x}}").as_of()
    assert ahead > behind


@pytest.mark.parametrize("given", ["30/06/2026", "2026-02-30", "yesterday", "2026-06-30T00:00"])
def test_a_date_that_is_none_is_refused(own, given):
    """Guessing which of the numbers is the month would publish another day."""
    with pytest.raises(UserError, match="is not a date") as refused:
        own().as_of(given)
    assert refused.value.mend == "write it as YYYY-MM-DD"


# --- hash -------------------------------------------------------------------------------------------------


def other(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        if isinstance(value, float):
            return value * 0.9
        return value - 1 if value > 1 else value + 1  # ends of ranges may be the highest there is
    return None


@pytest.mark.parametrize("name", sorted(set(FILES) - NOT_OF_THE_MARTS))
def test_any_number_of_any_file_changes_the_hash(tmp_path, name):
    """What was decided under other numbers must not be taken for this configuration's."""
    content = yaml.safe_load((SHIPPED_CONFIG / f"{name}.yml").read_text("utf-8"))
    hashes = {load_settings().configuration_hash}

    def numbers(node, path=()):
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in pairs:
            if other(value) is not None:
                yield (*path, key)
            yield from numbers(value, (*path, key))

    changed = 0
    for path in list(numbers(content))[:12]:
        copy = yaml.safe_load((SHIPPED_CONFIG / f"{name}.yml").read_text("utf-8"))
        node = copy
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = other(node[path[-1]])
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(copy, allow_unicode=True), "utf-8")
        hashes.add(load_settings(config_dir=tmp_path).configuration_hash)
        changed += 1
    assert len(hashes) == changed + 1


def test_a_judgement_changes_the_hash(own, tmp_path):
    """Weights come from the experts, so their answers are configuration."""
    shutil.copytree(SHIPPED_CONFIG / "judgements", tmp_path / "judgements")
    before = own().configuration_hash
    assert before == load_settings().configuration_hash
    file, *_ = own().judgement_files
    file.write_text(file.read_text("utf-8") + "\n", "utf-8")
    assert own().configuration_hash != before


def test_a_judgement_file_in_another_encoding_is_refused_in_words(own, tmp_path):
    """A spreadsheet saves Chinese CSV as GB18030; read as anything else, names would change without a word."""
    (tmp_path / "judgements").mkdir()
    (tmp_path / "judgements" / "ours.csv").write_bytes("expert\n王芳\n".encode("gb18030"))
    with pytest.raises(UserError, match="not UTF-8") as refused:
        assert own().configuration_hash
    assert "ours.csv" in refused.value.where
    assert "save it as CSV UTF-8" in refused.value.mend


def test_the_hash_depends_on_values_and_not_on_how_or_where_they_are_written(own, tmp_path):
    """A comment, or a copy of the shipped file, decides nothing."""
    before = load_settings().configuration_hash
    text = (SHIPPED_CONFIG / "clv.yml").read_text("utf-8")
    assert own("clv", f"# ours\n{text}").configuration_hash == before


def test_a_check_without_a_gate_is_an_error():
    """Nobody decided what its failure does."""
    with pytest.raises(UserError, match=r"'raw\.orders:nonsense' has no gate") as refused:
        load_settings().gates.gate("raw.orders:nonsense")
    assert "raw.orders:nonsense" in refused.value.mend


def test_a_key_that_stands_twice_is_refused(tmp_path):
    """YAML would keep the last one and lose a gate without a word."""
    (tmp_path / "gates.yml").write_text("checks:\n  a.b:c: {severity: block}\n  a.b:c: {severity: warn}\n")
    with pytest.raises(UserError, match=r"'a\.b:c' stands twice"):
        load_settings(tmp_path / "home", tmp_path)


def test_orders_are_required(tmp_path):
    """Without orders there is nothing to compute, and nobody should find out from an empty mart."""
    (tmp_path / "sources.yml").write_text("company: {name: X, currency: EUR}\nfeeds: {surveys: {path: a.csv}}\n")
    with pytest.raises(UserError, match="`orders` is required"):
        load_settings(tmp_path / "home", tmp_path)
