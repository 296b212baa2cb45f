"""From configuration to weights: every setting of the comparisons arrives."""

import dataclasses

import pytest

from orchestration import doctor
from orchestration.config.quality import leaves
from orchestration.errors import UserError
from orchestration.judging.weighing import weighed
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
    assert "judgements/Li.csv, line " in found.told
