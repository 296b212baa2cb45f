"""Every row of a source has one outcome, and the counts and the money say so."""

from decimal import Decimal

import pytest

from orchestration.config.sources import Feed
from orchestration.errors import UserError
from orchestration.sources.landing import land, try_mapping
from sources.desk import HEADER

GOOD = "1,c,2026-01-01,5"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",c,2026-01-01,5", "missing:order_id"),
        ("1,,2026-01-01,5", "missing:customer_id"),
        ("1,c,,5", "missing:ordered_at"),
        ("1,c,2026-01-01,", "missing:amount"),
        ("1,c,soon,5", "unparseable:ordered_at"),
        ("1,c,2026-02-30,5", "unparseable:ordered_at"),
        ("1,c,2026-01-01,five", "unparseable:amount"),
        ("1,c", "malformed:missing_columns"),
        ("1,c,2026-01-01,5,6", "malformed:too_many_columns"),
        ('1,"c"x,2026-01-01,5', "malformed:unquoted_value"),
    ],
)
def test_a_row_that_does_not_fit_is_quarantined_with_its_reason(desk, row, reason):
    """Who mends the source needs the column, and the row as it stood."""
    load = desk.orders(GOOD, row, "3,c,2026-01-01,7")
    assert load.rows == {"accepted": 2, "excluded": 0, "quarantined": 1, "duplicate": 0}
    assert load.reasons == {reason: 1}
    (aside,) = desk.set_aside(load)
    assert aside["_reason"] == reason
    assert all(value.strip('"x') in aside["_raw"] for value in row.split(","))


def test_a_code_out_of_its_list_is_unaccepted(desk):
    """A status that nobody declared would be counted as nothing in particular."""
    load = desk.orders(f"{GOOD},completed", "2,c,2026-01-01,5,COMPLETED", "3,c,2026-01-01,5,", more="status")
    assert load.reasons == {"unaccepted:status": 1}
    assert [row["status"] for row in desk.accepted(load)] == ["completed", None]


def test_the_first_cause_names_the_reason(desk):
    """One row has one outcome, even where everything about it is wrong."""
    load = desk.orders("1,,never,none")
    assert load.reasons == {"missing:customer_id": 1}


def test_a_declared_filter_excludes_and_is_no_fault(desk):
    """Rows left out on purpose must not count towards the share that holds a refresh."""
    exclude = [{"when": "source.kind = 'test'", "reason": "it's a test order"}]
    load = desk.orders(f"{GOOD},real", "2,,2026-01-01,7,test", "3,c,2026-01-01,9,", more="kind", exclude=exclude)
    assert load.rows == {"accepted": 2, "excluded": 1, "quarantined": 0, "duplicate": 0}
    assert load.reasons == {"excluded:it's a test order": 1}
    assert load.rejected_share == 0


def test_money_adds_up_over_the_outcomes(desk):
    """5 + 9 accepted, 2.50 excluded, 7 in quarantine; what does not parse has no amount to add."""
    exclude = [{"when": "source.customer_id = 'us'", "reason": "own use"}]
    load = desk.orders(
        GOOD, "2,us,2026-01-01,2.50", "3,,2026-01-01,7", "4,c,2026-01-01,x", "5,c,2026-01-01,9", exclude=exclude
    )
    assert load.source_rows == 5 == sum(load.rows.values())
    assert {outcome: Decimal(amount) for outcome, amount in load.money.items()} == {
        "accepted": 14,
        "excluded": Decimal("2.50"),
        "quarantined": 7,
        "duplicate": 0,
    }


def test_the_rejected_share_leaves_out_what_was_excluded(desk):
    """One faulty row of the two that were to be kept is a half, whatever else was filtered."""
    exclude = [{"when": "source.customer_id = 'us'", "reason": "own use"}]
    load = desk.orders(GOOD, "2,,2026-01-01,7", "3,us,2026-01-01,1", "4,us,2026-01-01,1", exclude=exclude)
    assert load.rejected_share == 0.5


def test_rows_keep_their_number_in_the_source(desk):
    """A person looks the row up in the export by its number."""
    load = desk.orders(GOOD, ",c,2026-01-01,5", "3,c,2026-01-01,7")
    assert [row["_row"] for row in desk.accepted(load)] == [1, 3]
    assert [row["_row"] for row in desk.set_aside(load)] == [2]


def test_a_broken_line_is_kept_with_its_line_number_where_lines_end_in_crlf(desk):
    """Exports from Windows are the common ones; a short line there is a fault of one row, not of the file."""
    desk.put("order_id,customer_id,ordered_at,amount\r\n1,c,2026-01-01,5\r\n2,c\r\n3,c,2026-01-01,5\r\n")
    load = desk.land()
    assert load.rows == {"accepted": 2, "excluded": 0, "quarantined": 1, "duplicate": 0}
    assert [(row["_line"], row["_raw"]) for row in desk.set_aside(load)] == [(3, "2,c")]


def test_without_a_header_row_refused_lines_keep_their_numbers(desk):
    """The first line is line 1 and a row: the person who mends it looks there."""
    columns = {name: f"source.column{number}" for number, name in enumerate(HEADER.split(","), 1)}
    desk.put(f"1,c,soon,5\n{GOOD}\n2,c\n\n3,c,2026-01-01,five\n")
    load = desk.land(header_row=0, delimiter=",", columns=columns)
    assert load.rows == {"accepted": 1, "excluded": 0, "quarantined": 3, "duplicate": 0}
    assert sorted((row["_line"], row["_reason"]) for row in desk.set_aside(load)) == [
        (1, "unparseable:ordered_at"),
        (3, "malformed:missing_columns"),
        (5, "unparseable:amount"),
    ]


@pytest.mark.parametrize("after", ["4,c,2026-01-01,5\n", '4,"c",2026-01-01,5\n5,c,2026-01-01,5\n'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_unclosed_quote_is_refused_with_its_line(desk, after, end):
    """It swallows the lines after it: any count of rows would be invented."""
    text = 'order_id,customer_id,ordered_at,amount\n1,c,2026-01-01,5\n2,"c,2026-01-01,5\n' + after
    desk.put(text.replace("\n", end))
    with pytest.raises(UserError, match="a double quote opens in line 3 and never closes") as refused:
        desk.land()
    assert "orders.csv, line 3" in refused.value.where


def test_an_unclosed_quote_far_from_the_end_is_refused_too(desk):
    """The engine gives up at 2 MB, and keeps 10 000 characters of the line."""
    desk.put("order_id,customer_id,ordered_at,amount\n" + '1,"c,2026-01-01,5\n' + "2,c,2026-01-01,5\n" * 150_000)
    with pytest.raises(UserError, match="line 2"):
        desk.land()


def test_an_unclosed_quote_is_refused_in_a_file_beyond_the_engines_buffer(desk):
    """After 32 MB the engine goes on with the next line, and tells of the first of the lost ones alone."""
    rows = [f"{number},c,2026-01-01,5,{'x' * 200}" for number in range(170_000)]
    rows[70] = rows[70].replace(",c,", ',"c,')
    desk.put("\n".join(["order_id,customer_id,ordered_at,amount,region", *rows]) + "\n")
    with pytest.raises(UserError, match="a double quote opens in line 72 and never closes"):
        desk.land()


def test_a_line_beyond_the_engines_buffer_is_refused_in_words(desk):
    """Of a line of more than 32 MB the engine says nothing: it would be no row of any outcome."""
    desk.put(f"order_id,customer_id,ordered_at,amount\n{GOOD}\n{'x' * 33_000_000}\n2,c,2026-01-01,5\n")
    with pytest.raises(UserError, match="line 3 is longer than 2 MB") as refused:
        desk.land()
    assert "orders.csv, line 3" in refused.value.where


def test_a_refused_row_of_the_customers_is_set_aside(desk):
    """The list of files has a column `name` too."""
    desk.put("customer_id,name,registered_at\n1,Li Na,2026-01-01\n2,Wang,soon\n", "customers.csv")
    load = desk.land("customers.csv", "customers")
    assert [(row["name"], row["_reason"]) for row in desk.set_aside(load)] == [("Wang", "unparseable:registered_at")]


def test_a_broken_record_of_several_lines_is_refused_in_words(desk):
    """Whether it is one record or two swallowed ones cannot be told."""
    with pytest.raises(UserError, match="the record in line 3 has too many columns"):
        desk.orders(GOOD, '2,"c', 'd",2026-01-01,5,6')


def test_a_record_beyond_two_megabytes_is_refused_in_words(desk):
    """The engine reads no longer line; the message must not send people after a quote alone."""
    with pytest.raises(UserError, match="line 2 is longer than 2 MB"):
        desk.orders(f"{GOOD},{'x' * 2_500_000}", more="region")


def test_a_long_value_is_kept_whole(desk):
    """A complaint of 200 000 characters is still one complaint."""
    load = desk.orders(f"{GOOD},{'话' * 200_000}", more="region")
    assert desk.accepted(load)[0]["region"] == "话" * 200_000


def test_bytes_that_are_not_utf8_cost_their_row_only(desk):
    """One cell from another code page must not hold ten million good rows."""
    desk.put(b"order_id,customer_id,ordered_at,amount\n1,\xb1\xb1,2026-01-01,5\n2,c,2026-01-01,5\n")
    load = desk.land(encoding="utf-8")
    assert load.rows["accepted"] == 1
    assert load.reasons == {"malformed:invalid_encoding": 1}


def test_columns_that_nothing_reads_are_told(desk):
    """A misspelt optional column would otherwise be lost without a word; one used by name within another is."""
    load = desk.orders(
        f"{GOOD},a,b,c,d", more="note,chanel,id,kind", exclude=[{"when": "source.kind = 'x'", "reason": "x"}]
    )
    assert load.unknown_columns == ["note", "chanel", "id"]


def test_the_newest_accepted_moment_is_told(desk):
    """Freshness is judged on what was accepted, not on a broken row of tomorrow."""
    load = desk.orders(GOOD, "2,c,2026-03-01 10:30,5", ",c,2027-01-01,5")
    assert load.newest == "2026-03-01 10:30:00"


@pytest.mark.parametrize(
    "moment",
    ["2026-06-30 10:00:00+08:00", "2026-06-30T10:00:00Z", "2026-06-30 08:15+08", "2026-06-30 10:00 UTC", "epoch"],
)
def test_a_moment_with_a_zone_is_quarantined_not_shifted(tmp_path, moment):
    """The engine would drop the offset and file the order hours away from when it was made."""
    path = tmp_path / "orders.csv"
    path.write_text(f"order_id,customer_id,ordered_at,amount\nO1,C1,{moment},5\nO2,C1,2026-06-30 10:00:00.5,5\n")
    [load] = land(tmp_path / "home", "orders", Feed(path=str(path)))
    assert load.reasons == {"unparseable:ordered_at": 1}


def test_a_source_that_goes_back_lands_again(tmp_path):
    """Good, then bad, then the good file again: bad rows must not stay in force because good ones came first."""
    path = tmp_path / "orders.csv"
    loads = []
    for amount in (5, 50, 5):
        path.write_text(f"order_id,customer_id,ordered_at,amount\nO1,C1,2026-06-30,{amount}\n")
        loads += land(tmp_path / "home", "orders", Feed(path=str(path)))
    assert loads[0].content == loads[2].content
    assert loads[0].load_id < loads[1].load_id < loads[2].load_id


def test_an_error_of_the_engine_does_not_quote_a_persons_data(tmp_path):
    """What the message says goes into the status and the log; a phone number must not."""
    path = tmp_path / "orders.csv"
    path.write_text("order_id,customer_id,ordered_at,amount,phone\nO1,C1,2026-06-30,5,13912345678x\n")
    feed = Feed(path=str(path), columns={"quantity": "source.phone::decimal(18,2)"})
    with pytest.raises(UserError) as raised:
        land(tmp_path / "home", "orders", feed)
    assert "13912345678" not in str(raised.value)
    assert "onver" in str(raised.value), "it still says that a conversion failed"


def test_a_load_without_its_manifest_is_an_error_not_a_gap(tmp_path):
    """Rows that were landed once must not be left out without a word."""
    path = tmp_path / "orders.csv"
    path.write_text("order_id,customer_id,ordered_at,amount\nO1,C1,2026-06-30,5\n")
    [load] = land(tmp_path / "home", "orders", Feed(path=str(path)))
    (load.folder(tmp_path / "home") / "load.json").write_text("{")
    with pytest.raises(UserError, match="manifest of a load cannot be read"):
        land(tmp_path / "home", "orders", Feed(path=str(path)))


def test_a_mapping_is_tried_without_reading_a_row(tmp_path):
    """What a refresh would stumble over, the doctor says before."""
    path = tmp_path / "orders.csv"
    path.write_text("order_id,customer_id,ordered_at,amount,acount\n")
    assert try_mapping(tmp_path, "orders", Feed(path=str(path)))
    with pytest.raises(UserError, match="account"):
        try_mapping(tmp_path, "orders", Feed(path=str(path), columns={"customer_id": "source.account"}))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_break_in_a_column_name_loses_no_rows(desk, end):
    """Excel's Alt+Enter: the engine takes the break for the file's line end, and reads no row without a word."""
    other = "\n" if end == "\r\n" else "\r\n"
    header = f'order_id,customer_id,ordered_at,amount,"x{other}y"{end}'
    desk.put(header + f"1,c,2026-01-01,5,z{end}" * 1000)
    with pytest.raises(UserError, match=r"no row of .* can be read"):
        desk.land()
