"""A filled survey: what was meant is what is read, and every entry that cannot be meant is named by its cell."""

import zipfile

import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from judging.experts import CONFIG, EXPERT, GOOD, ROWS, WORDS, filled, made, ratios, read
from orchestration.errors import UserError
from orchestration.judging.reading import read_survey
from orchestration.judging.tables import read_judgements, store
from orchestration.judging.template import RECORD, SURVEY
from orchestration.judging.weighing import hierarchy_of
from orchestration.judging.words import SCALE, degree_option
from orchestration.judging.workbook import LARGEST

FULL_WIDTH = dict(zip("123456789", "１２３４５６７８９", strict=True))
spellings = st.sampled_from(
    [
        int,
        float,
        str,
        lambda degree: FULL_WIDTH[str(degree)],
        degree_option,
        lambda degree: SCALE[degree][0].upper(),
        lambda degree: f" {SCALE[degree][1]}　",
    ]
)
answers = st.tuples(st.sampled_from(["a", "b"]), st.integers(2, 9), spellings) | st.just(("equal", 1, int))


@settings(max_examples=25, deadline=None)
@given(said=st.tuples(answers, answers, answers, answers), orientation=st.sampled_from(["row", "column"]))
def test_any_answers_go_round_exactly(tmp_path_factory, said, orientation):
    """k where the first is k times as important, 1/k where the second is; the other way round column over row."""
    folder = tmp_path_factory.mktemp("round")
    cells, expected = {}, {}
    for (row, pair), (which, degree, spelled) in zip(ROWS.items(), said, strict=True):
        names = {"a": WORDS.names[pair[1]], "b": WORDS.names[pair[2]], "equal": "同样重要"}
        cells |= {f"D{row}": names[which], f"E{row}": spelled(degree)}
        is_more = (which == "a") == (orientation == "row")
        expected[pair] = degree if is_more else 1 / degree
    found = read(filled(folder / "x.xlsx", cells), "row_over_column" if orientation == "row" else "column_over_row")
    assert ratios(found) == expected
    store(folder, found.expert, "服务", found.judgements)
    assert read_judgements(folder / f"{EXPERT}.csv") == list(found.judgements)


@pytest.mark.parametrize(
    "written", ["satisfaction", "Satisfaction 满意度", "满意度", "SATISFACTION", "ｓａｔｉｓｆａｃｔｉｏｎ "]
)
def test_an_item_may_be_named_in_either_language(tmp_path, written):
    """Some programs show no list; then people type."""
    found = read(filled(tmp_path / "x.xlsx", GOOD | {"D10": written, "E10": 3}))
    assert ratios(found)["服务", "过程", "satisfaction"] == 1 / 3


def test_equally_important_needs_no_degree(tmp_path):
    """1 beside it says the same; nothing beside it is no missing answer."""
    for degree in (None, 1):
        found = read(filled(tmp_path / "x.xlsx", GOOD | {"D10": "Equally important 同样重要", "E10": degree}))
        assert ratios(found)["服务", "过程", "satisfaction"] == 1
        assert found.unanswered == []


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"D12": None}, r"Survey 问卷!D12: missing answer: which is more important, 速度 or 态度"),
        ({"E12": None}, r"Survey 问卷!E12: missing answer: how much more"),
        ({"D12": "效果"}, r"Survey 问卷!D12: unknown answer '效果'; accepted: '速度', '态度' or 'Equally"),
        ({"D12": 3}, r"Survey 问卷!D12: unknown answer '3'"),
        ({"E12": "a lot"}, r"Survey 问卷!E12: unknown answer 'a lot'; accepted: 1 to 9"),
        ({"E12": True}, r"Survey 问卷!E12: unknown answer 'True'"),
        ({"E12": 10}, r"Survey 问卷!E12: '10' is off the scale"),
        ({"E12": 2.5}, r"Survey 问卷!E12: '2.5' is off the scale"),
        ({"E12": "－３"}, r"Survey 问卷!E12: '－３' is off the scale"),
        ({"E12": 0}, r"Survey 问卷!E12: '0' is off the scale"),
        ({"E12": 1}, r"Survey 问卷!E12: contradiction: one is chosen"),
        ({"D12": "同样重要"}, r"Survey 问卷!E12: contradiction: equally important, and yet 2"),
        ({"E12": "=1+1"}, r"Survey 问卷!E12: the cell holds the formula '=1\+1' without a value"),
        ({"E12": "#N/A"}, r"Survey 问卷!E12: the cell holds the error #N/A"),
        ({"B12": "快慢"}, r"Survey 问卷!B12: the text was changed from '速度' to '快慢'"),
        ({"C13": None}, r"Survey 问卷!C13: the text was changed from '效果' to nothing"),
        ({"B2": "李雷"}, r"Survey 问卷!B2: the text was changed from '王芳' to '李雷'"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused_by_its_cell(tmp_path, cells, told):
    """File, sheet and cell: the expert is asked about one answer, not about the file."""
    path = filled(tmp_path / "x.xlsx", GOOD | cells)
    with pytest.raises(UserError, match=f"^{told}") as refused:
        read(path)
    assert refused.value.where == str(path)
    assert refused.value.mend


def test_all_wrong_cells_are_told_at_once(tmp_path):
    """An expert is asked once."""
    with pytest.raises(UserError) as refused:
        read(filled(tmp_path / "x.xlsx", GOOD | {"E10": 11, "D12": "?", "C14": "x"}))
    assert [line.partition(":")[0] for line in refused.value.what.splitlines()] == [
        "Survey 问卷!C14",
        "Survey 问卷!E10",
        "Survey 问卷!D12",
    ]


def test_an_open_pair_is_allowed_where_the_others_connect_all_items(tmp_path):
    """Speed over manner and manner over effect say how speed stands to effect."""
    found = read(filled(tmp_path / "x.xlsx", GOOD | {"D13": None, "E13": None}))
    assert found.unanswered == [("过程", "速度", "效果")]
    found.refuse_unconnected()


def test_items_that_no_answer_connects_are_refused_with_the_cells_that_would(tmp_path):
    """Speed over manner alone says nothing of effect."""
    found = read(filled(tmp_path / "x.xlsx", GOOD | dict.fromkeys(("D13", "E13", "D14", "E14"))))
    with pytest.raises(UserError) as refused:
        found.refuse_unconnected()
    assert refused.value.what == (
        "under 过程 no answer connects 速度, 态度 | 效果: missing answer in Survey 问卷!D13, Survey 问卷!D14"
    )


def test_a_survey_of_an_earlier_tree_is_refused_with_what_changed(tmp_path):
    """Its answers would be weights of something else."""
    path = filled(tmp_path / "x.xlsx", GOOD)
    config = CONFIG.model_copy(
        update={"trees": {"服务": {"过程": {"速度": {}, "态度": {}}, "satisfaction": {}, "价格": {}}}}
    )
    with pytest.raises(UserError, match="has changed since") as refused:
        read_survey(path, hierarchy_of(config), WORDS, "row_over_column")
    assert "no longer asked: 态度 with 效果 under 过程; 速度 with 效果 under 过程" in refused.value.what
    assert "not asked then: satisfaction with 价格 under 服务; 过程 with 价格 under 服务" in refused.value.what


def test_a_survey_of_another_hierarchy_is_refused(tmp_path):
    """Two companies may call their indicators alike."""
    path = filled(tmp_path / "x.xlsx", GOOD)
    other = hierarchy_of(CONFIG.model_copy(update={"hierarchy": "other", "trees": {"other": CONFIG.tree}}))
    with pytest.raises(UserError, match="is of the hierarchy '服务'; configured is 'other'"):
        read_survey(path, other, WORDS, "row_over_column")


def encrypted(path):
    """What Excel writes under a password is an OLE file with a stream of this name."""
    book = xlwt.Workbook()
    book.add_sheet("x")
    book.save(path)
    content, old = path.read_bytes(), "Workbook".encode("utf-16-le") + b"\0\0"
    at, new = content.index(old), "EncryptedPackage".encode("utf-16-le") + b"\0\0"
    entry = new.ljust(64, b"\0") + len(new).to_bytes(2, "little")
    path.write_bytes(content[:at] + entry + content[at + len(entry) :])


def old_excel(path):
    book = xlwt.Workbook()
    book.add_sheet("Survey 问卷")
    book.save(path)


def cut_off(path):
    filled(path, GOOD)
    path.write_bytes(path.read_bytes()[:-2000])


def spoilt(path):
    """The directory of the archive is whole, the sheet within is not."""
    filled(path.with_suffix(".whole"), GOOD)
    with zipfile.ZipFile(path.with_suffix(".whole")) as whole, zipfile.ZipFile(path, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, b"<worksheet><sheetData><row" if "sheet1" in name else whole.read(name))


def no_survey(path):
    Workbook().save(path)


def without_its_record(path):
    book = made()
    del book[RECORD]
    filled(path, GOOD, book)


def with_another_record(path):
    book = made()
    book[RECORD]["A6"] = "twelve"
    filled(path, GOOD, book)


def renamed(path):
    book = made()
    book[SURVEY].title = "Tabelle1"
    book.save(path)


def huge(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(LARGEST + (1 << 20)))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.write_text("expert,ratio\n", "utf-8"), "not an Excel workbook"),
        (old_excel, "not an Excel workbook"),
        (encrypted, "protected by a password"),
        (cut_off, "not an Excel workbook|damaged"),
        (spoilt, "damaged"),
        (no_survey, "this is not a survey: it lacks the sheet 'Survey 问卷'"),
        (renamed, "this is not a survey: it lacks the sheet 'Survey 问卷'"),
        (without_its_record, "this is not a survey: it lacks the sheet 'touchstone'"),
        (with_another_record, "hidden record .* has been changed"),
        (huge, "unpacks to 21 MB"),
    ],
)
def test_a_file_that_is_no_filled_survey_is_refused(tmp_path, make, told):
    """Another kind, damaged, protected, tampered with, or a bomb: said in words, with the file."""
    path = tmp_path / "x.xlsx"
    make(path)
    with pytest.raises(UserError, match=told) as refused:
        read(path)
    assert str(path) in refused.value.where
