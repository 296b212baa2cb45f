"""Which files a path names, how their header is read, and what is refused at the door."""

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.config.sources import Feed
from orchestration.errors import UserError
from orchestration.sources.files import names_told
from orchestration.sources.landing import land

HEADER = "order_id,customer_id,ordered_at,amount"
ROW = "1,c,2026-01-01,5"
GOOD = f"{HEADER}\n{ROW}\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(desk, delimiter):
    """Spreadsheets of half of Europe write semicolons."""
    desk.put(GOOD.replace(",", delimiter))
    assert desk.land().rows["accepted"] == 1


def test_signs_inside_a_quoted_name_are_not_delimiters(desk):
    """A name may list what the column holds."""
    desk.put(f'"a;b;c;d;e;f",{HEADER}\nx,{ROW}\n')
    assert desk.land().unknown_columns == ["a;b;c;d;e;f"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        '\ufeff"order_id","customer_id","ordered_at","amount"\n' + ROW,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.rstrip("\n"),
        GOOD.replace("\n", "\n\n"),
        f" Order_ID , CUSTOMER_ID,ordered_at,amount\n{ROW}\n",
    ],
    ids=["BOM", "BOM and quotes", "CRLF", "CR", "no last line end", "blank lines", "capitals and spaces"],
)
def test_the_ways_of_writing_the_same_file_land_alike(desk, text):
    """Which program exported it is nobody's fault."""
    desk.put(text)
    load = desk.land()
    assert load.rows == {"accepted": 1, "excluded": 0, "quarantined": 0, "duplicate": 0}
    assert desk.accepted(load)[0]["order_id"] == "1"


def test_mixed_line_ends_are_refused_in_words(desk):
    """The engine's own message speaks of a state machine."""
    desk.put(f"{HEADER}\r\n{ROW}\n{ROW}\r\n")
    with pytest.raises(UserError, match="some lines end in CRLF and some in LF"):
        desk.land()


@pytest.mark.parametrize(
    "name",
    [
        "or'ders.csv",
        'or"ders.csv',
        "订单 2026.csv",
        "orders[1].csv",
        "dir[1]/orders.csv",
        "d*r/orders.csv",
        "customer_id=zzz/orders.csv",
    ],
)
def test_a_path_is_only_a_path(desk, name):
    """Neither quotes, nor wildcards in names that exist, nor folders that look like partitions change what is read."""
    desk.put(GOOD, name)
    assert desk.accepted(desk.land(name))[0]["customer_id"] == "c"


@pytest.mark.parametrize(
    "name",
    ["列 名", 'a "b" c', "d'e", "_row", "_source", "_reason", "_raw", "_excluded_0", "source", "select", "a.b", "x;y"],
)
def test_a_column_may_have_any_name(desk, name):
    """Names come from other people's systems; none of them is SQL, and none collides with our own."""
    header = HEADER + ',"' + name.replace('"', '""') + '"'
    desk.put(f'{header}\n{ROW},"x"\n2,,2026-01-01,5,"it\'s ""y"""\n')
    expression = 'source."' + name.replace('"', '""') + '"'
    load = desk.land(columns={"region": expression})
    assert load.rows == {"accepted": 1, "excluded": 0, "quarantined": 1, "duplicate": 0}
    assert desk.accepted(load)[0]["region"] == "x"
    assert 'it\'s \\"y\\"' in desk.set_aside(load)[0]["_raw"]
    assert load.unknown_columns == []


def test_several_files_are_one_feed_whatever_the_order_and_case_of_their_columns(desk):
    """Monthly exports change their layout over the years."""
    desk.put(GOOD, "o-2026-01.csv")
    desk.put("Amount,ORDER_ID,ordered_at,customer_id,region\n6,2,2026-02-01,d,north\n", "o-2026-02.csv")
    loads = desk.land_all("o-*.csv")
    assert [(row["order_id"], row["customer_id"], row["region"]) for row in desk.accepted(*loads)] == [
        ("1", "c", None),
        ("2", "d", "north"),
    ]
    assert [file["name"] for load in loads for file in load.files] == ["o-2026-01.csv", "o-2026-02.csv"]


def test_broken_lines_of_several_files_are_all_kept(desk):
    """Two files may break in the same line."""
    desk.put(f"{GOOD}2,c\n", "o-1.csv")
    desk.put(f"{GOOD}3,c\n", "o-2.csv")
    loads = desk.land_all("o-*.csv")
    assert [load.rows["quarantined"] for load in loads] == [1, 1]
    assert [(Path(row["_file"]).name, row["_line"], row["_raw"]) for row in desk.set_aside(*loads)] == [
        ("o-1.csv", 3, "2,c"),
        ("o-2.csv", 3, "3,c"),
    ]


def test_a_header_without_rows_is_a_load_of_nothing(desk):
    """An empty export is judged by the volume check, not by a crash."""
    desk.put(HEADER)
    load = desk.land()
    assert load.source_rows == 0
    assert load.rejected_share == 0
    assert load.newest is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty: not even a header row"),
        ("\ufeff", "the first line of .* is blank"),
        ("\n", "the first line of .* is blank"),
        ("order_id,amount,Amount\n", "columns 2 and 3 of .* bear one name"),
        ("order_id,,amount\n", "column 2 of .* has no name"),
        (b"order_id,\xff\xff\n", "neither UTF-8 nor UTF-16 nor GB18030: byte 0xFF, number 10 of line 1"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(desk, text, told):
    """No row of it could be told from another."""
    desk.put(text)
    with pytest.raises(UserError, match=told):
        desk.land()


def test_a_missing_file_is_named(desk):
    """The message shows the whole path, and the setting that names it."""
    with pytest.raises(UserError, match=r"there is no file .*in/orders\.csv") as refused:
        desk.land()
    assert refused.value.where == "sources.yml, feeds.orders.path"


def test_a_wildcard_that_matches_nothing_is_a_missing_file(desk):
    """Not an empty feed: a folder that was not mounted must not look like a day without orders."""
    with pytest.raises(UserError, match="there is no file"):
        desk.land("o-*.csv")


def test_an_environment_variable_fills_the_path(desk, monkeypatch):
    """Where data lie is not judgement, and secrets stay out of files."""
    monkeypatch.setenv("EXPORTS", str(desk.put(GOOD).parent))
    [load] = land(desk.home, "orders", Feed(path="${EXPORTS}/orders.csv"))
    assert load.rows["accepted"] == 1


def test_an_environment_variable_that_is_not_set_is_named(desk, monkeypatch):
    """Left in the path it would be reported as a file that is not there."""
    monkeypatch.delenv("EXPORTS", raising=False)
    with pytest.raises(UserError, match="the environment variable EXPORTS is not set"):
        land(desk.home, "orders", Feed(path="${EXPORTS}/orders.csv"))


def test_a_missing_required_column_shows_what_was_expected_and_found(desk):
    """Who sees both lists sees the spelling."""
    desk.put("order_no,customer_id,ordered_at,amount\n1,c,2026-01-01,5\n")
    with pytest.raises(UserError, match="the feed orders lacks the column order_id") as refused:
        desk.land()
    assert "expected: order_id, customer_id, ordered_at, amount" in str(refused.value)
    assert "found:    order_no, customer_id, ordered_at, amount" in str(refused.value)
    assert "order_id: source.<column>" in refused.value.mend


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("order_id customer_id ordered_at net channel", "order_id, customer_id, ordered_at, net, channel"),
        ("order_id customer_id ordered_at net", "order_id, customer_id, ordered_at, and 1 other, which is not told"),
        ("Regina Meier 13800001234", "3 names of columns, which are not told"),
    ],
)
def test_the_name_of_another_column_is_told_where_the_row_is_surely_a_header(names, told):
    """Whose column was renamed looks for the new name; somebody's values in the first row stay untold."""
    expected = ["order_id", "customer_id", "ordered_at", "amount", "channel", "region"]
    assert names_told(names.split(), expected).startswith(told)


def test_a_mapping_to_a_column_that_is_not_in_the_contract_is_refused(desk):
    """A misspelt contract column would feed nothing."""
    desk.put(GOOD)
    with pytest.raises(UserError, match=r"'regoin' is not a column of the feed orders; accepted: order_id, .*region"):
        desk.land(columns={"regoin": "source.amount"})


@pytest.mark.parametrize("expression", ["sourc.amount", "source.amont", "source.amount +", "source.customer_id::int"])
def test_an_expression_that_does_not_run_is_told_with_its_feed(desk, expression):
    """Expressions are the company's own: the engine's words, and where to look."""
    desk.put(GOOD)
    with pytest.raises(UserError, match="the rows of the feed orders cannot be read") as refused:
        desk.land(columns={"region": expression})
    assert "feeds.orders" in refused.value.where


def test_an_empty_expression_is_refused():
    """Silence would feed either nothing or the column of the same name."""
    with pytest.raises(ValidationError, match=r"columns\.region"):
        Feed(path="orders.csv", columns={"region": " "})


def test_parquet_is_read_like_text(desk):
    """Typed files have the same outcomes: a NaN amount is no money, and the raw values are kept."""
    path = desk.put(b"", "orders.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select * from (values (1, 'c', timestamp '2026-01-01 10:00', 5.5::double), "
            "(2, 'd', timestamp '2026-01-02', 'nan'::double), (3, null, timestamp '2026-01-03', 1)) "
            f"as orders (order_id, customer_id, ordered_at, amount)) to '{path}' (format parquet)"
        )
    load = desk.land("orders.parquet", format="parquet")
    assert [(row["order_id"], str(row["amount"])) for row in desk.accepted(load)] == [("1", "5.5000")]
    assert load.reasons == {"missing:customer_id": 1, "unparseable:amount": 1}
    assert '"customer_id":"d"' in desk.set_aside(load)[0]["_raw"]


def test_a_file_that_is_not_parquet_is_refused_in_words(desk):
    """The format is a setting, and the message names it."""
    desk.put(GOOD)
    with pytest.raises(UserError, match="cannot be read as Parquet") as refused:
        desk.land(format="parquet")
    assert "format: csv" in refused.value.mend
