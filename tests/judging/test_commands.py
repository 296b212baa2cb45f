"""The round trip from the command line: what is written, what is refused, and with which exit code."""

import shutil
from collections import Counter

import openpyxl
import pytest

from orchestration.judging.tables import read_judgements
from orchestration.judging.template import SURVEY
from orchestration.judging.weighing import weighed
from orchestration.settings import SHIPPED_CONFIG, load_settings

# By row of the shipped tree: process with performance, the six pairs under process, the pair under performance.
# 3 : 1; 4 : 2 : 1 : 4; 3 : 1.
GOOD = {10: ("b", 3), 12: ("b", 2), 13: ("b", 4), 14: ("e", 1), 15: ("b", 2), 16: ("c", 2), 17: ("c", 4), 19: ("b", 3)}


@pytest.fixture
def filled(judgements, tmp_path):
    """`filled("王芳")` makes a survey and answers it: each row's item of column B or C, or equal, and how much more."""

    def fill(expert, answers=GOOD, name=None):
        path = tmp_path / f"{name or expert}.xlsx"
        assert judgements("template", "service_quality", "--expert", expert, "--out", path).exit_code == 0
        book = openpyxl.load_workbook(path)
        sheet = book[SURVEY]
        for row, (which, degree) in answers.items():
            item = "equal" if which == "e" else sheet[f"{which.upper()}{row}"].value.splitlines()[0]
            sheet[f"D{row}"], sheet[f"E{row}"] = item, degree
        book.save(path)
        return path

    return fill


def test_from_template_to_weights(own_config, judgements, filled):
    """Process 3 : 1 performance; 4 : 2 : 1 : 4 of its 3/4; the same for both experts, so the group says it too."""
    result = judgements("read", filled("王芳"), filled("Ann"))
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (own_config / "judgements").iterdir()) == ["Ann.csv", "王芳.csv"]
    found = weighed(load_settings(), "service_quality")
    assert found.overall["process"] == pytest.approx(3 / 4)
    assert found.overall["response_timeliness"] == pytest.approx(3 / 4 * 4 / 11)
    assert found.overall["manner"] == pytest.approx(3 / 4 * 1 / 11)
    assert found.overall["complaint_count"] == pytest.approx(1 / 4 * 1 / 4)
    assert found.experts == {"service_quality": 2, "process": 2, "performance": 2}
    assert "Process 服务过程: consistency ratio 0.000, the answers agree with each other" in result.output
    assert "shipped as an example no longer count" in result.output
    assert " 王芳    Ann  (all 2)  % of Service quality 服务质量\n" in result.output
    assert " 75.0   75.0     75.0  Process 服务过程\n 27.3   27.3     27.3    Response timeliness" in result.output


def test_a_tree_can_be_judged_before_it_is_in_force(own_config, judgements, tmp_path):
    """Changing `hierarchy` first would hold every refresh until the experts have answered."""
    path = tmp_path / "x.xlsx"
    assert judgements("template", "service_timing", "--expert", "Ann", "--out", path).exit_code == 0
    book = openpyxl.load_workbook(path)
    for row in range(9, book[SURVEY].max_row + 1):
        if isinstance(book[SURVEY][f"A{row}"].value, int):
            book[SURVEY][f"D{row}"] = "="
    book.save(path)
    result = judgements("read", path)
    assert result.exit_code == 0, result.output
    assert {said.hierarchy for said in read_judgements(own_config / "judgements" / "Ann.csv")} == {"service_timing"}
    assert "its weights count once quality.yml says `hierarchy: service_timing`" in result.output


def test_a_tree_without_two_items_side_by_side_needs_no_survey(own_config, judgements):
    """A workbook without a question would puzzle an expert."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    (own_config / "quality.yml").write_text(text.replace("trees:\n", "trees:\n  one: {manner: {}}\n"), "utf-8")
    result = judgements("template", "one", "--expert", "Ann")
    assert result.exit_code == 1
    assert "there is nothing to compare in one" in result.output
    assert "no survey is needed" in result.output


def test_a_hole_is_told_and_completed(own_config, judgements, filled):
    """4 : 2 : 1 : 4 is known without the last of its six pairs; the expert's other answers are not lost for it."""
    result = judgements("read", filled("王芳", {row: said for row, said in GOOD.items() if row != 17}))
    assert result.exit_code == 0, result.output
    assert "warning: no answer in Survey 问卷!D17: Manner 服务态度 with Problem resolution 问题解决" in result.output
    assert len(read_judgements(own_config / "judgements" / "王芳.csv")) == 7
    assert weighed(load_settings(), "service_quality").overall["manner"] == pytest.approx(3 / 4 * 1 / 11)


@pytest.fixture
def activity_survey(judgements, tmp_path):
    """One expert's survey of customer_activity; every pair alike, but for the first, of which the first counts more."""

    def fill(expert, degree):
        path = tmp_path / f"activity-{expert}.xlsx"
        assert judgements("template", "customer_activity", "--expert", expert, "--out", path).exit_code == 0
        book = openpyxl.load_workbook(path)
        sheet = book[SURVEY]
        for row in range(10, 25):
            sheet[f"D{row}"] = "equal"
        sheet["D10"], sheet["E10"] = "ad_click", degree
        book.save(path)
        return path

    return fill


def test_surveys_of_different_hierarchies_are_read_together(own_config, judgements, filled, activity_survey):
    """One expert may judge several; each file says itself what it is of."""
    result = judgements("read", filled("Ann"), activity_survey("Ann", 2))
    assert result.exit_code == 0, result.output
    assert "Ann.xlsx), service_quality: 8 comparisons" in result.output
    assert "Customer activity 客户活跃度: consistency ratio" in result.output
    assert "customer_activity has judgements of your own now" in result.output
    given = read_judgements(own_config / "judgements" / "Ann.csv")
    assert Counter(said.hierarchy for said in given) == {"service_quality": 8, "customer_activity": 15}
    found = weighed(load_settings(), "customer_activity")
    assert found.experts == {"customer_activity": 1}
    assert found.overall["ad_click"] > found.overall["search"] == pytest.approx(found.overall["post"])


def test_an_expert_who_contradicts_herself_on_activity_is_told(own_config, judgements, activity_survey):
    """Nine times as important, and all else alike: the comparisons imply one."""
    result = judgements("read", activity_survey("Ann", 9))
    assert result.exit_code == 3
    assert "Clicks on advertisements 广告点击 counts 9 times as much" in result.output
    assert not (own_config / "judgements").exists()


def test_square_tables_of_another_hierarchy_say_so(own_config, judgements, tmp_path):
    """Nothing in a table says which tree it is of."""
    book = openpyxl.Workbook()
    items = ("ad_click", "value_added_purchase", "message", "message_click", "search", "post")
    book.active.append(["customer_activity", *items])
    for item in items:
        book.active.append([item, *[1] * len(items)])
    book.save(tmp_path / "tables.xlsx")
    square = ("read", tmp_path / "tables.xlsx", "--expert", "Ann", "--orientation", "row_over_column")
    result = judgements(*square, "--hierarchy", "customer_activity")
    assert result.exit_code == 0, result.output
    assert weighed(load_settings(), "customer_activity").overall["post"] == pytest.approx(1 / 6)
    assert "names a parent" in judgements(*square).output
    assert "accepted: service_quality, customer_activity" in judgements(*square, "--hierarchy", "x").output


def test_reading_again_replaces_that_expert_alone_and_says_so(own_config, judgements, filled):
    """The others' files stay, byte for byte."""
    judgements("read", filled("王芳"), filled("Ann"))
    before = (own_config / "judgements" / "Ann.csv").read_bytes()
    result = judgements("read", filled("王芳", GOOD | {10: ("e", None)}, name="second"))
    assert result.exit_code == 0
    assert "replaced: 8 earlier comparisons of 王芳 in 王芳.csv" in result.output
    assert "no longer count" not in result.output
    assert read_judgements(own_config / "judgements" / "王芳.csv")[0].ratio == 1
    assert (own_config / "judgements" / "Ann.csv").read_bytes() == before


def test_answers_that_contradict_each_other_hold_all_of_the_files(own_config, judgements, filled):
    """What the gate refuses would hold every refresh: 3, nothing written, the comparisons to think over named."""
    result = judgements("read", filled("Ann"), filled("王芳", GOOD | {13: ("c", 9)}))
    assert result.exit_code == 3
    assert (
        "1. Survey 问卷!D13: the answer is, Manner 服务态度 counts 9 times as much as Response timeliness"
        in result.output
    )
    assert "Nothing is written: the judgements of 王芳 would hold every refresh" in result.output
    assert not (own_config / "judgements").exists()


def test_one_wrong_file_holds_all_of_them_and_every_problem_is_told(own_config, judgements, filled, tmp_path):
    """All or nothing: half a panel is another panel."""
    (tmp_path / "notes.xlsx").write_text("x", "utf-8")
    result = judgements(
        "read", filled("Ann"), tmp_path / "notes.xlsx", filled("王芳", GOOD | {12: ("b", 12), 19: ("b", None)})
    )
    assert result.exit_code == 1
    assert "notes.xlsx" in result.output
    assert "Survey 问卷!E12: '12' is off the scale" in result.output
    assert "Survey 问卷!E19: missing answer" in result.output
    assert not (own_config / "judgements").exists()


def test_two_files_of_one_expert_are_refused(own_config, judgements, filled, tmp_path):
    """Which of them counts is not ours to say; folders tell apart what is called alike."""
    (tmp_path / "later").mkdir()
    first, second = filled("Ann"), filled("Ann", name="later/Ann")
    result = judgements("read", first, second)
    assert result.exit_code == 1
    assert "Ann has two files" in result.output
    assert f"{first} and {second}" in result.output


@pytest.mark.parametrize("out", [None, SHIPPED_CONFIG, SHIPPED_CONFIG / "judgements"])
def test_the_shipped_judgements_are_not_touched(judgements, filled, out):
    """The next version would overwrite them; the message says how to set up a folder of one's own."""
    before = sorted(SHIPPED_CONFIG.rglob("*"))
    result = judgements("read", filled("Ann"), *(("--out", out) if out else ()))
    assert result.exit_code == 1
    assert "export TOUCHSTONE_CONFIG=$PWD/my-config" in result.output
    assert sorted(SHIPPED_CONFIG.rglob("*")) == before


def test_out_must_be_a_folder(judgements, filled):
    """A file of that name is somebody's."""
    path = filled("Ann")
    result = judgements("read", path, "--out", path)
    assert result.exit_code == 1
    assert "is not a folder" in result.output


def test_out_names_another_folder(judgements, filled, tmp_path):
    """To look at judgements before they count."""
    assert judgements("read", filled("Ann"), "--out", tmp_path / "draft").exit_code == 0
    assert len(read_judgements(tmp_path / "draft" / "Ann.csv")) == 8


def test_judgements_are_written_in_the_configured_orientation(own_config, judgements, filled):
    """The survey asks for importance; a folder that is read column over row gets the reciprocals."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    (own_config / "quality.yml").write_text(text.replace("row_over_column", "column_over_row"), "utf-8")
    judgements("read", filled("Ann"))
    assert read_judgements(own_config / "judgements" / "Ann.csv")[0].ratio == 1 / 3
    assert weighed(load_settings(), "service_quality").overall["process"] == pytest.approx(3 / 4)


def test_an_expert_without_a_weight_is_refused(own_config, judgements, filled):
    """Where experts have weights, one without would break every refresh."""
    text = (SHIPPED_CONFIG / "quality.yml").read_text("utf-8")
    (own_config / "quality.yml").write_text(f"{text}\nexpert_weights: {{Ann: 2}}\n", "utf-8")
    result = judgements("read", filled("Ann"), filled("王芳"))
    assert result.exit_code == 1
    assert "王芳 has no weight among the experts" in result.output
    assert "add `王芳: 1`" in result.output
    assert judgements("read", filled("Ann", name="again")).exit_code == 0


def test_square_tables_need_their_orientation_and_their_expert(own_config, judgements, tmp_path):
    """Neither is guessed; with both, the tables count as a survey does."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, items, ratios in (
        ("Service quality", ("process", "performance"), (3, 1)),
        ("服务过程", ("响应及时性", "内容有效性", "服务态度", "问题解决"), (4, 2, 1, 4)),
        ("performance", ("Satisfaction", "每百单投诉数"), (3, 1)),
    ):
        sheet = book.create_sheet(name)
        sheet.append(["", *items])
        for item, row in zip(items, ratios, strict=True):
            sheet.append([item, *(row / column for column in ratios)])
    path = tmp_path / "tables.xlsx"
    book.save(path)
    assert "lacks the sheet" in judgements("read", path).output
    for missing in (["--expert", "Ann"], ["--orientation", "row_over_column"]):
        result = judgements("read", path, *missing)
        assert result.exit_code == 1
        assert "with both --orientation and --expert" in result.output
    result = judgements("read", path, "--expert", "Ann", "--orientation", "row_over_column")
    assert result.exit_code == 0, result.output
    assert weighed(load_settings(), "service_quality").overall["response_timeliness"] == pytest.approx(3 / 4 * 4 / 11)


def test_a_survey_that_exists_is_not_overwritten(judgements, filled):
    """It may hold the answers of an hour."""
    path = filled("Ann")
    before = path.read_bytes()
    result = judgements("template", "service_quality", "--expert", "Ann", "--out", path)
    assert result.exit_code == 1
    assert "may hold answers" in result.output
    assert path.read_bytes() == before


def test_a_template_is_named_after_hierarchy_and_expert(judgements, tmp_path):
    """One folder of files that say whose they are."""
    assert judgements("template", "service_quality", "--expert", "王芳").exit_code == 0
    assert (tmp_path / "service_quality-王芳.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["nonsense", "--expert", "Ann"],
            "unknown hierarchy 'nonsense'; accepted: service_quality, customer_activity, ",
        ),
        (["service_quality", "--expert", "a/b"], "'a/b' does not do as the name of an expert"),
        (["service_quality", "--expert", "Ann", "--out", "x.csv"], "x.csv is not named .xlsx"),
    ],
)
def test_a_template_of_nothing_is_refused(judgements, arguments, told):
    """What would be accepted is said."""
    result = judgements("template", *arguments)
    assert result.exit_code == 1
    assert told in result.output


def test_a_panel_of_one_file_is_taken_apart(own_config, judgements, filled):
    """A copy of the shipped file holds three experts; the one who answers anew leaves it, the others stay."""
    shutil.copytree(SHIPPED_CONFIG / "judgements", own_config / "judgements")
    result = judgements("read", filled("service_director"))
    assert "replaced: 8 earlier comparisons of service_director in service_quality.csv" in result.output
    assert weighed(load_settings(), "service_quality").experts == {"service_quality": 3, "process": 3, "performance": 3}
