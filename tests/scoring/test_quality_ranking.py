"""How firm a ranking is, told in one sentence a branch."""

import pandas as pd

from orchestration.scoring.quality_ranking import ranking_sentences

WEIGHTS = pd.DataFrame(
    [
        ("process", "quality", 0.6),
        ("performance", "quality", 0.4),
        ("speed", "process", 0.3),
        ("manner", "process", 0.3),
        ("satisfaction", "performance", 0.4),
    ],
    columns=["indicator", "parent", "global_weight"],
)


def sentences(scores, weights=WEIGHTS):
    rows = [(member, name, score) for member, own in scores.items() for name, score in own.items()]
    cells = pd.DataFrame(rows, columns=["member", "indicator", "score"])
    return ranking_sentences(cells, weights, str.capitalize, "regions")


def test_the_sentence_says_where_two_regions_change_places():
    """North 80 and 50, south 60 and 75: level where 80 t + 50 (1 - t) = 60 t + 75 (1 - t), which is t = 25/45."""
    scores = {
        "north": {"speed": 70, "manner": 90, "satisfaction": 50},
        "south": {"speed": 60, "manner": 60, "satisfaction": 75},
    }
    assert sentences(scores) == [
        "The ranking of regions holds while Process weighs 55.6% to 100.0% (now 60.0%); below that south passes north."
    ]


def test_a_region_ahead_in_everything_stays_ahead():
    """No weight matters then."""
    scores = {
        "north": {"speed": 70, "manner": 90, "satisfaction": 50},
        "south": {"speed": 60, "manner": 60, "satisfaction": 45},
    }
    assert sentences(scores) == ["The ranking of regions is the same whatever Process weighs (now 60.0%)."]


def test_level_regions_are_parted_by_any_move():
    """0.6 x 80 + 0.4 x 50 is 0.6 x 60 + 0.4 x 80."""
    scores = {
        "north": {"speed": 80, "manner": 80, "satisfaction": 50},
        "south": {"speed": 60, "manner": 60, "satisfaction": 80},
    }
    assert sentences(scores) == ["north and south are level: any move of the weight of Process (now 60.0%) parts them."]


def test_three_branches_are_told_one_by_one():
    """A flat tree, whose indicators are themselves the top."""
    flat = pd.DataFrame({"indicator": ["a", "b", "c"], "parent": "quality", "global_weight": [0.5, 0.3, 0.2]})
    scores = {"north": {"a": 1, "b": 1, "c": 1}, "south": {"a": 0, "b": 0, "c": 0}}
    assert len(sentences(scores, flat)) == 3


def test_a_region_that_lacks_an_indicator_is_ranked_by_the_index_that_is_told():
    """South lacks satisfaction: its index is (.6 x 70 + .14 x 40) / .74 = 64.3, ahead of north's 62.

    With t on process north has 50 t + 80 (1 - t), south (70 t + 14 (1 - t)) / (t + .35 (1 - t)), as .14 is 35 % of
    performance: level where (80 - 30 t)(.35 + .65 t) = 14 + 56 t, so 19.5 t² + 14.5 t - 14 = 0 and t = .5535.
    """
    weights = pd.DataFrame(
        [
            ("process", "quality", 0.6),
            ("performance", "quality", 0.4),
            ("speed", "process", 0.6),
            ("satisfaction", "performance", 0.26),
            ("complaints", "performance", 0.14),
        ],
        columns=["indicator", "parent", "global_weight"],
    )
    scores = {"north": {"speed": 50, "satisfaction": 80, "complaints": 80}, "south": {"speed": 70, "complaints": 40}}
    assert sentences(scores, weights) == [
        "The ranking of regions holds while Process weighs 55.4% to 100.0% (now 60.0%); below that north passes south."
    ]


def test_one_region_alone_has_no_ranking():
    """It has nobody to change places with."""
    assert sentences({"north": {"speed": 70, "satisfaction": 50}}) == []
