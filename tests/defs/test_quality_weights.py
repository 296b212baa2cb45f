"""From configuration to weights: every setting of the comparisons arrives."""

import dataclasses
import re

import pytest

from orchestration import doctor
from orchestration.config.quality import leaves
from orchestration.errors import UserError
from orchestration.judging.weighing import hierarchies, shipped_experts, weighed
from orchestration.refresh import run_refresh
from orchestration.scoring.hierarchy import AhpSettings
from orchestration.settings import SHIPPED_CONFIG, load_settings


def test_every_setting_of_the_comparisons_reaches_the_weights(tmp_path):
    """A setting that is read and not handed on would be ignored without a word: none keeps its default here."""
    changed = {
        "orientation: row_over_column": "orientation: column_over_row",
        "method: eigenvector": "method: geometric_mean",
        "aggregation: judgements": "aggregation: priorities",
        "random_index: alonso_lamata": "random_index: saaty",
    }
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    for shipped, own in changed.items():
        assert shipped in text
        text = text.replace(shipped, own)
    (tmp_path / "quality.yml").write_text(text, "utf-8")
    found = dataclasses.asdict(weighed(load_settings(tmp_path / "home", tmp_path), "service_quality").settings)
    expected = dict(line.split(": ") for line in changed.values())
    assert {name: found[name] for name in expected} == expected
    assert set(expected) | {"limit", "expert_weights"} == {field.name for field in dataclasses.fields(AhpSettings)}


def test_naming_the_other_tree_is_enough_to_weigh_by_it(tmp_path):
    """The tree of timing indicators is ready-made, judgements included: its experts agree with themselves."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    (tmp_path / "quality.yml").write_text(
        text.replace("hierarchy: service_quality", "hierarchy: service_timing"), "utf-8"
    )
    settings = load_settings(tmp_path / "home", tmp_path)
    weights = weighed(settings, "service_timing")
    assert weights.inconsistent() == ()
    assert {node: weights.overall[node] for node in weights.hierarchy.children["service_timing"]} == pytest.approx(
        {"delivery": 1.5**0.5 / (1.5**0.5 + 1), "complaint_handling": 1 / (1.5**0.5 + 1)}
    )
    assert sum(weights.overall[leaf] for leaf in leaves(settings.quality.tree)) == pytest.approx(1)


def test_a_tree_that_nobody_judged_is_told_before_anything_is_read(tmp_path):
    """Landing takes minutes; the message says how to have it judged."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    own = text.replace("hierarchy: service_quality", "hierarchy: own").replace(
        "trees:", "trees:\n  own: {manner: {}, nps: {}}"
    )
    (tmp_path / "quality.yml").write_text(own, "utf-8")
    settings = load_settings(tmp_path / "home", tmp_path)
    with pytest.raises(UserError, match="nobody compares manner, nps") as refused:
        run_refresh(settings, None, {}, None)
    assert "touchstone judgements template own --expert NAME" in refused.value.mend
    assert not settings.home.exists()
    assert not next(doctor.judgements(settings)).is_fine


def test_doctor_names_the_line_of_a_judgement_that_contradicts_the_others(tmp_path):
    """What would hold the refresh can be mended from the message alone; Li says 2, 2 and 1/4 for 4."""
    (tmp_path / "judgements").mkdir()
    lines = ["expert,hierarchy,parent,item_a,item_b,ratio"]
    lines += [
        f"Li,{said}"
        for said in ("own,own,manner,nps,2", "own,own,nps,satisfaction,2", "own,own,manner,satisfaction,0.25")
    ]
    (tmp_path / "judgements" / "Li.csv").write_text("\n".join(lines), "utf-8")
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8").replace("hierarchy: service_quality", "hierarchy: own")
    own = text.replace("trees:", "trees:\n  own: {manner: {}, nps: {}, satisfaction: {}}")
    (tmp_path / "quality.yml").write_text(own, "utf-8")
    found = next(doctor.judgements(load_settings(tmp_path / "home", tmp_path)))
    assert not found.is_fine
    assert found.told.startswith("Li, Own: consistency ratio ")
    assert "Li.csv, line " in found.told


HEADER = "expert,hierarchy,parent,item_a,item_b,ratio"
LI = """Li,service_quality,service_quality,process,performance,1.5
Li,service_quality,process,response_timeliness,content_effectiveness,2
Li,service_quality,process,content_effectiveness,manner,1
Li,service_quality,process,manner,problem_resolution,1
Li,service_quality,performance,satisfaction,complaint_count,2
"""


def settings_with(folder, files, quality=""):
    """A company's own judgements, and lines added to quality.yml."""
    (folder / "judgements").mkdir()
    for name, text in files.items():
        (folder / "judgements" / name).write_text(text, "utf-8")
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    (folder / "quality.yml").write_text(f"{text}\n{quality}\n", "utf-8")
    return load_settings(folder / "home", folder)


@pytest.mark.parametrize(
    ("files", "quality", "told"),
    [
        (
            {"li.csv": f"{HEADER}\n{LI}", "wang.csv": f"{HEADER}\nWang,service_qualty,process,manner,process,2\n"},
            "",
            r"unknown hierarchy 'service_qualty'; accepted: service_quality, .*wang.csv, line 2",
        ),
        ({"li.csv": f"{HEADER}\n{LI}", "wang.csv": f"{HEADER}\n"}, "", "a header and no comparison.*wang.csv"),
        ({"li.csv": f"{HEADER}\n{LI}"}, "expert_weights: {Li: 1, Lee: 3}", "Lee has a weight and no judgements"),
        (
            {"li.csv": f"{HEADER}\n{LI}", "twice.csv": f"{HEADER}\n{LI}"},
            "",
            "is judged twice: li.csv, line 2 and twice.csv, line 2",
        ),
    ],
)
def test_nothing_that_is_said_of_weights_is_left_out_without_a_word(tmp_path, files, quality, told):
    """A misspelled name would cost an expert the vote, and nobody would know; refresh and doctor alike come here."""
    settings = settings_with(tmp_path, files, quality)
    with pytest.raises(UserError) as refused:
        weighed(settings, "service_quality")
    assert re.search(told, str(refused.value), re.DOTALL)
    assert refused.value.where
    assert refused.value.mend


@pytest.mark.parametrize(("orientation", "process"), [("row_over_column", 0.6), ("column_over_row", 0.4)])
def test_the_orientation_of_a_file_goes_before_the_setting(tmp_path, orientation, process):
    """1.5 is how much more important process is, or performance: the file says which."""
    lines = "".join(f"{line},{orientation}\n" for line in LI.splitlines())
    settings = settings_with(tmp_path, {"li.csv": f"{HEADER},orientation\n{lines}"})
    assert weighed(settings, "service_quality").overall["process"] == pytest.approx(process)


@pytest.mark.parametrize(
    ("shipped", "own", "told"),
    [
        ("      manner: {}", "      manner: [satisfaction]", "'manner' holds ['satisfaction']"),
        ("      manner: {}", "      manner: satisfaction", "write what is below a node as names with a colon"),
        ("minimum_coverage: 0.5", "minimum_coverage: 0.5\nexpert_weights: {Li: 1.0e+308}", "expert_weights.Li"),
        ("minimum_coverage: 0.5", "minimum_coverage: 0.5\nexpert_weights: {Li: 0}", "expert_weights.Li"),
    ],
)
def test_a_tree_or_a_weight_of_another_shape_is_told_in_words(tmp_path, shipped, own, told):
    """A list under a node, or a weight beside which no other counts, is a slip of the one who wrote it."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    assert shipped in text
    (tmp_path / "quality.yml").write_text(text.replace(shipped, own, 1), "utf-8")
    with pytest.raises(UserError) as refused:
        load_settings(tmp_path / "home", tmp_path)
    assert told in str(refused.value)


OWN_QUALITY = [
    "service_quality,process,performance",
    "performance,satisfaction,complaint_count",
    "process,response_timeliness,content_effectiveness",
    "process,response_timeliness,manner",
    "process,response_timeliness,problem_resolution",
]


def test_a_company_that_has_not_judged_activity_is_weighed_by_the_shipped_experts(tmp_path):
    """What it says of its own experts, their weights and their orientation, does not touch the shipped judgements."""
    shipped = weighed(load_settings(tmp_path / "home", SHIPPED_CONFIG), "customer_activity")
    (tmp_path / "judgements").mkdir()
    lines = ["expert,hierarchy,parent,item_a,item_b,ratio", *(f"Ann,service_quality,{pair},1" for pair in OWN_QUALITY)]
    (tmp_path / "judgements" / "Ann.csv").write_text("\n".join(lines) + "\n", "utf-8")
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    turned = text.replace("orientation: row_over_column", "orientation: column_over_row")
    (tmp_path / "quality.yml").write_text(f"{turned}\nexpert_weights: {{Ann: 2}}\n", "utf-8")
    settings = load_settings(tmp_path / "home", tmp_path)
    assert weighed(settings, "customer_activity").overall == pytest.approx(shipped.overall)
    assert weighed(settings, "service_quality").experts == {"service_quality": 1, "process": 1, "performance": 1}
    assert shipped_experts(settings, "service_quality") == []
    assert len(shipped_experts(settings, "customer_activity")) == 3


def test_the_shipped_experts_agree_with_themselves_and_purchases_count_most(tmp_path):
    """The example must not hold a first refresh."""
    settings = load_settings(tmp_path / "home", SHIPPED_CONFIG)
    for name in hierarchies(settings):
        assert weighed(settings, name).inconsistent() == ()
    weights = weighed(settings, "customer_activity").overall
    assert max(weights, key=weights.get) == "value_added_purchase"
    assert sum(weights.values()) == pytest.approx(1)


def test_a_component_that_is_left_out_leaves_its_judgements_out(tmp_path):
    """All three shipped experts say that purchases count three times what the cost of service does: 3/4 and 1/4."""
    text = (SHIPPED_CONFIG / "tiers.yml").read_text("utf-8")
    (tmp_path / "tiers.yml").write_text(text.replace("service_cost, image_value]", "service_cost]"), "utf-8")
    settings = load_settings(tmp_path / "home", tmp_path)
    assert weighed(settings, "current_value").overall == pytest.approx({"purchase_value": 0.75, "service_cost": 0.25})


def test_an_only_component_weighs_all(tmp_path):
    """Nothing is left to compare it with."""
    text = (SHIPPED_CONFIG / "tiers.yml").read_text("utf-8")
    kept = text.replace("[wallet_share, word_of_mouth, recent_growth, knowledge_value]", "[recent_growth]")
    (tmp_path / "tiers.yml").write_text(kept, "utf-8")
    settings = load_settings(tmp_path / "home", tmp_path)
    assert weighed(settings, "potential_value").overall == {"recent_growth": 1}


def test_other_kinds_of_activity_need_judgements_of_their_own(tmp_path):
    """A kind that nobody judged would weigh nothing, or whatever is made up for it."""
    text = (SHIPPED_CONFIG / "relationship.yml").read_text("utf-8")
    (tmp_path / "relationship.yml").write_text(text.replace("search, post]", "search, login]"), "utf-8")
    with pytest.raises(UserError, match=r"no judgement ties these to each other: .* \| login") as refused:
        weighed(load_settings(tmp_path / "home", tmp_path), "customer_activity")
    assert "touchstone judgements template customer_activity" in refused.value.mend


@pytest.mark.parametrize("is_own", [False, True])
def test_kinds_that_are_no_longer_in_use_need_no_new_survey(tmp_path, is_own):
    """A part of a reciprocal matrix is one: consistent experts weigh the rest as before, whosever judgements they are.

    By hand: of 1 : 2 : 4 the last two stay, 2 : 4.
    """
    kinds = "[message, search]"
    if is_own:
        kinds = "[search, post]"
        (tmp_path / "judgements").mkdir()
        pairs = ["ad_click,search,1/2", "ad_click,post,1/4", "search,post,1/2"]
        lines = [f"Ann,customer_activity,customer_activity,{pair}" for pair in pairs]
        (tmp_path / "judgements" / "Ann.csv").write_text(
            "\n".join(["expert,hierarchy,parent,item_a,item_b,ratio", *lines]) + "\n", "utf-8"
        )
    text = (SHIPPED_CONFIG / "relationship.yml").read_text("utf-8")
    named = text.replace("[ad_click, value_added_purchase, message, message_click, search, post]", kinds)
    (tmp_path / "relationship.yml").write_text(named, "utf-8")
    weights = weighed(load_settings(tmp_path / "home", tmp_path), "customer_activity")
    assert set(weights.overall) == set(kinds.strip("[]").split(", "))
    assert weights.inconsistent() == ()
    if is_own:
        assert weights.overall == pytest.approx({"search": 1 / 3, "post": 2 / 3})


def test_an_indicator_that_a_tree_does_without_needs_no_new_survey(tmp_path):
    """What the shipped experts say of the others is a whole survey of them."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    assert "      manner: {}\n" in text
    (tmp_path / "quality.yml").write_text(text.replace("      manner: {}\n", ""), "utf-8")
    found = weighed(load_settings(tmp_path / "home", tmp_path), "service_quality")
    assert all(report.missing == 0 for report in found.reports)
    weights = found.overall
    assert "manner" not in weights
    children = ("response_timeliness", "content_effectiveness", "problem_resolution")
    assert sum(weights[name] for name in children) == pytest.approx(weights["process"])


def test_an_item_that_nobody_could_choose_is_a_slip(tmp_path):
    """Left out, a judgement with a typing error would be lost without a word."""
    (tmp_path / "judgements").mkdir()
    (tmp_path / "judgements" / "Ann.csv").write_text(
        "expert,hierarchy,parent,item_a,item_b,ratio\nAnn,customer_activity,customer_activity,serch,post,2\n", "utf-8"
    )
    with pytest.raises(UserError, match="unknown item 'serch'"):
        weighed(load_settings(tmp_path / "home", tmp_path), "customer_activity")


def test_a_tree_of_quality_cannot_take_the_name_of_another_hierarchy(tmp_path):
    """Judgements of the two would be one heap."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    (tmp_path / "quality.yml").write_text(text.replace("service_quality", "customer_activity"), "utf-8")
    with pytest.raises(UserError, match="is the name of the hierarchy behind the E-value"):
        hierarchies(load_settings(tmp_path / "home", tmp_path))
