"""Judgement files: only the one expert's comparisons are replaced, and nothing of anybody else's moves."""

import pytest

from orchestration.errors import UserError
from orchestration.judging.tables import COLUMNS, read_judgements, store
from orchestration.scoring.judgements import Judgement

HEADER = ",".join(COLUMNS)


def said(expert, ratio, hierarchy="h"):
    return Judgement(expert, hierarchy, "p", "a", "b", ratio)


@pytest.mark.parametrize("ratio", [1.0, 9.0, 1 / 3, 1 / 7, 0.667])
def test_a_ratio_comes_back_as_it_was_written(tmp_path, ratio):
    """To the last bit: a weight that moves by rounding changes the configuration's hash."""
    store(tmp_path, "王芳", "h", [said("王芳", ratio)])
    assert read_judgements(tmp_path / "王芳.csv") == [said("王芳", ratio)]


def test_whole_ratios_are_written_as_people_write_them(tmp_path):
    """3, not 3.0."""
    store(tmp_path, "ann", "h", [said("ann", 3.0)])
    assert (tmp_path / "ann.csv").read_text("utf-8") == f"{HEADER}\nann,h,p,a,b,3\n"


def test_only_the_same_expert_of_the_same_hierarchy_is_replaced_wherever_it_stands(tmp_path):
    """Twice in the folder, the expert would be refused as judging twice; other lines keep their very text."""
    panel = tmp_path / "panel.csv"
    panel.write_text(
        f"{HEADER},note\nann,h,p,a,b,2,old\nbea,h,p,a,b,0.333333333333,stays\nann,other,p,a,b,5,stays\n", "utf-8"
    )
    told = store(tmp_path, "ann", "h", [said("ann", 3.0)])
    assert told[0] == "replaced: 1 earlier comparisons of ann in panel.csv"
    assert told[1].startswith("written: 1 comparisons of ann to ")
    assert panel.read_text("utf-8") == (f"{HEADER},note\nbea,h,p,a,b,0.333333333333,stays\nann,other,p,a,b,5,stays\n")
    assert read_judgements(tmp_path / "ann.csv") == [said("ann", 3.0)]


def test_the_experts_own_file_keeps_other_hierarchies_and_columns(tmp_path):
    """A file may hold more than one survey."""
    own = tmp_path / "ann.csv"
    own.write_text(f"note,{HEADER}\nx,ann,other,p,a,b,5\ny,ann,h,p,a,b,2\n", "utf-8")
    store(tmp_path, "ann", "h", [said("ann", 3.0)])
    assert own.read_text("utf-8") == f"note,{HEADER}\nx,ann,other,p,a,b,5\n,ann,h,p,a,b,3\n"


def test_names_that_differ_by_case_alone_lose_nothing(tmp_path):
    """Some systems take Ann.csv and ann.csv for one file: there the second would overwrite the first."""
    store(tmp_path, "Ann", "h", [said("Ann", 2.0)])
    store(tmp_path, "ann", "h", [said("ann", 3.0)])
    assert [path.name for path in tmp_path.iterdir()] == ["Ann.csv"]
    assert read_judgements(tmp_path / "Ann.csv") == [said("Ann", 2.0), said("ann", 3.0)]


def test_storing_twice_is_storing_once(tmp_path):
    """Reading the same survey again changes nothing."""
    store(tmp_path, "ann", "h", [said("ann", 3.0)])
    once = (tmp_path / "ann.csv").read_bytes()
    store(tmp_path, "ann", "h", [said("ann", 3.0)])
    assert (tmp_path / "ann.csv").read_bytes() == once


@pytest.mark.parametrize(
    ("content", "told", "where"),
    [
        (b"expert,ratio\n", "lacks hierarchy, item_a, item_b, parent", "line 1"),
        (f"{HEADER}\na,h,p,a,b,three\n".encode(), "'three' is not a number", "line 2"),
        (f"{HEADER}\na,h,p,a,b,3²\n".encode(), "'3²' is not a number", "line 2"),
        (f"{HEADER}\na,h,p,a,b,-3\n".encode(), "'-3' is not a number above 0", "line 2"),
        (f"{HEADER}\n".encode(), "a header and no comparison", "x.csv"),
        (f"{HEADER},orientation\na,h,p,a,b,3,rows\n".encode(), "unknown orientation 'rows'", "line 2"),
        (
            f"{HEADER},orientation\na,h,p,a,b,3,row_over_column\na,h,p,a,c,3,\n".encode(),
            "different orientations",
            "lines 2 and 3",
        ),
        (f"{HEADER}\na,h,p,a,b\n".encode(), "does not have 6 values", "line 2"),
        (f"{HEADER}\na,h,p,a,b,3,4\n".encode(), "does not have 6 values", "line 2"),
        (f"{HEADER}\n王芳,h,p,a,b,3\n".encode("gb18030"), "not UTF-8", "x.csv"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_nothing_is_written(tmp_path, content, told, where):
    """File and line; and the folder stays as it was."""
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=told) as refused:
        read_judgements(path)
    assert where in refused.value.where
    if told.startswith(("lacks", "does not have", "not UTF-8")):
        with pytest.raises(UserError, match=told):
            store(tmp_path, "ann", "h", [said("ann", 3.0)])
    assert path.read_bytes() == content


def test_a_mark_at_the_start_of_the_file_is_no_part_of_the_header(tmp_path):
    """Excel writes one when it saves CSV as UTF-8."""
    (tmp_path / "x.csv").write_text(f"\ufeff{HEADER}\nann,h,p,a,b,3\n", "utf-8")
    assert read_judgements(tmp_path / "x.csv") == [said("ann", 3.0)]


@pytest.mark.parametrize(
    ("written", "ratio"), [("1/3", 1 / 3), ("３", 3), ("１．５", 1.5), ("１／３", 1 / 3), ("1e-06", 1e-6)]
)
def test_ratios_are_read_as_people_write_them(tmp_path, written, ratio):
    """As in a workbook: a fraction, digits of full width; and as programs write small ones."""
    (tmp_path / "x.csv").write_text(f"{HEADER}\nann,h,p,a,b,{written}\n", "utf-8")
    assert read_judgements(tmp_path / "x.csv") == [said("ann", ratio)]


def test_blanks_around_names_do_not_count(tmp_path):
    """Nobody sees them, and they would make another expert of it."""
    (tmp_path / "x.csv").write_text(f"{HEADER}\nann ,h , p,a,b , 3 \n", "utf-8")
    assert read_judgements(tmp_path / "x.csv") == [said("ann", 3.0)]


def test_a_file_may_state_its_orientation(tmp_path):
    """The setting is for files that state none; what is stored beside its lines is turned to it, and reads back."""
    own = tmp_path / "ann.csv"
    own.write_text(f"{HEADER},orientation\nann,other,p,a,b,3,column_over_row\n", "utf-8")
    assert read_judgements(own)[0].orientation == "column_over_row"
    store(tmp_path, "ann", "h", [said("ann", 4.0)], "row_over_column")
    assert own.read_text("utf-8").splitlines()[1:] == [
        "ann,other,p,a,b,3,column_over_row",
        "ann,h,p,a,b,0.25,column_over_row",
    ]


def test_a_file_that_is_left_without_a_comparison_goes(tmp_path):
    """It would be refused as one that somebody forgot to fill in."""
    (tmp_path / "panel.csv").write_text(f"{HEADER}\nann,h,p,a,b,2\n", "utf-8")
    assert "removed: panel.csv, which held nothing else" in store(tmp_path, "ann", "h", [said("ann", 3.0)])
    assert [path.name for path in tmp_path.iterdir()] == ["ann.csv"]
