"""From configuration to weights: every setting of the comparisons arrives."""

import dataclasses

import pytest

from orchestration.config.quality import leaves
from orchestration.errors import UserError
from orchestration.judging.weighing import hierarchies, shipped_experts, weighed
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


def test_other_kinds_of_activity_need_judgements_of_their_own(tmp_path):
    """A kind that nobody judged would weigh nothing, or whatever is made up for it."""
    text = (SHIPPED_CONFIG / "relationship.yml").read_text("utf-8")
    (tmp_path / "relationship.yml").write_text(text.replace("search, post]", "search, login]"), "utf-8")
    with pytest.raises(UserError, match="unknown item 'post'") as refused:
        weighed(load_settings(tmp_path / "home", tmp_path), "customer_activity")
    assert "touchstone judgements template customer_activity" in refused.value.mend


def test_a_tree_of_quality_cannot_take_the_name_of_another_hierarchy(tmp_path):
    """Judgements of the two would be one heap."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    (tmp_path / "quality.yml").write_text(text.replace("service_quality", "customer_activity"), "utf-8")
    with pytest.raises(UserError, match="is the name of the hierarchy behind the E-value"):
        hierarchies(load_settings(tmp_path / "home", tmp_path))
