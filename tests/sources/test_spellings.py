"""How values may be written, and which spellings are refused rather than guessed at."""

import datetime as dt
from decimal import Decimal

import pytest


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5", "5"),
        (" 5 ", "5"),
        ("-5.25", "-5.25"),
        ("+5", "5"),
        ('"1,234.50"', "1234.50"),
        ('"-1,234,567"', "-1234567"),
        ("１２", "12"),
        ('"－１，２３４．５０"', "-1234.50"),
        ("　７　", "7"),
        ("￥5.20", "5.20"),
        ('"¥ 1,234.50"', "1234.50"),
        ("-$5", "-5"),
        ("5.20元", "5.20"),
        ("￥５．２０元", "5.20"),
        ("5 €", "5"),
        ('"(1,234.50)"', "-1234.50"),
        ("（￥5）", "-5"),
        ("5.25-", "-5.25"),
        ("1.234500", "1.2345"),
        (" .5", "0.5"),
        ("\u00a0-.25", "-0.25"),
        (".5-", "-0.5"),
        ("5.", "5"),
    ],
)
def test_money_may_be_written_so(desk, text, amount):
    """Chinese input methods write full-width digits; spreadsheets write thousands separators."""
    load = desk.orders(f"1,c,2026-01-01,{text}")
    assert [row["amount"] for row in desk.accepted(load)] == [Decimal(amount)]


@pytest.mark.parametrize(
    "text",
    [
        *("inf", "-Infinity", "nan", '"12,34"', '"1,2345"', "1 000", "0x10", "true", "9" * 17, "1_000"),
        *("5%", "$5€", "-(5)", "--5", "-", ".", "1.23456", "0.00001", "１.２３４５６", "1e-5"),
    ],
)
def test_money_that_would_have_to_be_guessed_is_refused(desk, text):
    """A wrong amount is worse than a row in quarantine."""
    assert desk.orders(f"1,c,2026-01-01,{text}").reasons == {"unparseable:amount": 1}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5", "5"),
        ("5,25", "5.25"),
        ("1.234,50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("1\u202f234,5", "1234.5"),
        ("-1.234 €", "-1234"),
    ],
)
def test_with_a_decimal_comma_points_and_blanks_group(desk, text, amount):
    """Half of Europe writes so; which of the two it is, is configuration and no guess."""
    load = desk.orders(f'1,c,2026-01-01,"{text}"', decimal=",")
    assert [row["amount"] for row in desk.accepted(load)] == [Decimal(amount)]


@pytest.mark.parametrize("text", ["5.2", "1.23,4", "1,23456", "1,5,5"])
def test_with_a_decimal_comma_a_lone_point_is_refused(desk, text):
    """5.2 is not fifty-two."""
    assert desk.orders(f'1,c,2026-01-01,"{text}"', decimal=",").reasons == {"unparseable:amount": 1}


def test_a_decimal_comma_is_of_text_not_of_numbers(desk):
    """An expression that gives the number 1.234 must not become a thousand and more."""
    load = desk.orders("1,c,2026-01-01,x", decimal=",", columns={"amount": "1.234::double"})
    assert [row["amount"] for row in desk.accepted(load)] == [Decimal("1.234")]


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "NaN", "Infinity"])
def test_a_score_is_a_finite_number(desk, text):
    """One infinity makes every mean above it infinite."""
    desk.put(f"response_id,customer_id,answered_at,question,score\n1,c,2026-01-01,q,{text}\n2,c,2026-01-01,q,４.5\n")
    load = desk.land(feed="surveys")
    assert load.reasons == {"unparseable:score": 1}
    assert [row["score"] for row in desk.accepted(load)] == [4.5]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-30", dt.datetime(2026, 6, 30)),
        ("2026/6/3", dt.datetime(2026, 6, 3)),
        ("2026-06-30 10:05", dt.datetime(2026, 6, 30, 10, 5)),
        ("2026-06-30T10:05:06.25", dt.datetime(2026, 6, 30, 10, 5, 6, 250_000)),
        ("２０２６－０６－３０　１０：０５：００", dt.datetime(2026, 6, 30, 10, 5)),
        ("2026年6月3日", dt.datetime(2026, 6, 3)),
        ("2026年6月30日 8时5分", dt.datetime(2026, 6, 30, 8, 5)),
        ("2026年6月30日8时", dt.datetime(2026, 6, 30, 8)),
        ("2026年06月30日 08:15:09", dt.datetime(2026, 6, 30, 8, 15, 9)),
        ("２０２６年６月３０日", dt.datetime(2026, 6, 30)),
        ("2026年6月30日 下午3:15", dt.datetime(2026, 6, 30, 15, 15)),
        ("2026/6/30 上午12:05:06", dt.datetime(2026, 6, 30, 0, 5, 6)),
        ("2026.6.3 08:15:00.25", dt.datetime(2026, 6, 3, 8, 15, 0, 250_000)),
        ("20260630", dt.datetime(2026, 6, 30)),
        ("20260630 08:15", dt.datetime(2026, 6, 30, 8, 15)),
        ("20260630 18时50分", dt.datetime(2026, 6, 30, 18, 50)),
        ("2026-06-30 24:00:00", dt.datetime(2026, 7, 1)),
        # Excel's 1900 system counts 1900-03-01 as day 61: 46203 is 46142 days later.
        ("46203", dt.datetime(1900, 3, 1) + dt.timedelta(days=46203 - 61)),
        ("46203.34375", dt.datetime(2026, 6, 30, 8, 15)),
    ],
)
def test_moments_may_be_written_so(desk, text, moment):
    """Year first, with or without a time."""
    load = desk.orders(f"1,c,{text},5")
    assert [row["ordered_at"] for row in desk.accepted(load)] == [moment]


@pytest.mark.parametrize(
    "text",
    [
        *("infinity", "-infinity", "now", "today", "30/06/2026", "99999-01-01", "0044-03-15 (BC)", "26/6/30"),
        *("20261330", "2026063", "19999", "80000", "2026年2月30日", "2026年6月30日 上午13:05", "2026-06-30 08:"),
        # What the engine's own cast reads as 23:00:00, 07:08:00, 23:05:00, 10:00:00 and noon of the next day.
        *("2026-04-28 23: 9:59", "2026-04-28 07:08: 8", "2026-04-28 23:5 :-8", "2026-01-01 10:00:0Z\t"),
        *("2026-05-06 下午24:00", "00000318", "0000年4月22日", "  26-04-28", "26-1-1 08:15:0000"),
    ],
)
def test_a_moment_outside_the_calendar_or_in_doubt_is_refused(desk, text):
    """Infinity breaks every difference of days, and no Python date holds the year 99999."""
    assert desk.orders(f"1,c,{text},5").reasons == {"unparseable:ordered_at": 1}


def test_a_date_is_a_finite_day(desk):
    """Wallets are spread over the days of their period."""
    desk.put(
        "customer_id,period_start,period_end,estimated_total_spend\n"
        "c,2026-01-01,2026-12-31,100\n"
        "c,2026-01-01,infinity,100\n"
    )
    load = desk.land(feed="wallets")
    assert load.reasons == {"unparseable:period_end": 1}
    assert desk.accepted(load)[0]["period_end"] == dt.date(2026, 12, 31)


def test_yes_and_no_are_read_in_both_languages(desk):
    """Forms are filled in by people, in Chinese and in English."""
    yes, no, neither = ["true", "T", "1", "Yes", "y", "是"], ["false", "F", "0", "No", "n", "否"], ["maybe", "2"]
    rows = [f"{number},c,2026-01-01,{text}" for number, text in enumerate(yes + no + neither)]
    desk.put("\n".join(["complaint_id,customer_id,opened_at,is_suggestion", *rows]) + "\n")
    load = desk.land(feed="complaints")
    assert [row["is_suggestion"] for row in desk.accepted(load)] == [True] * 6 + [False] * 6
    assert load.reasons == {"unparseable:is_suggestion": 2}


@pytest.mark.parametrize("blank", ["", " ", '""', '"  "', "\t", "　", "\u00a0", '"\n"'])
def test_a_cell_of_blanks_is_empty(desk, blank):
    """A customer whose id is a tab would be a customer of the marts."""
    assert desk.orders(f"1,{blank},2026-01-01,5").reasons == {"missing:customer_id": 1}


@pytest.mark.parametrize("customer", ["0030", "u00a0", "null", "' or 1=1 --", "北京 客户", "N/A"])
def test_text_is_kept_as_it_stands(desk, customer):
    """Leading zeros, words that look like nothing, and quotes are somebody's identifiers."""
    load = desk.orders(f"1, {customer} ,2026-01-01,5")
    assert [row["customer_id"] for row in desk.accepted(load)] == [customer]


def test_a_quoted_value_may_hold_delimiters_quotes_and_new_lines(desk):
    """Complaints are written by people."""
    load = desk.orders('1,c,2026-01-01,5,"他说：""不,行""\n再见"', "2,c,2026-01-01,5,x", more="region")
    assert [row["region"] for row in desk.accepted(load)] == ['他说："不,行"\n再见', "x"]
    assert [row["_row"] for row in desk.accepted(load)] == [1, 2]
