"""From configuration to weights: every setting of the comparisons arrives."""

import dataclasses

import pytest

from orchestration.config.quality import leaves
from orchestration.judging.weighing import weighed
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
