"""Faults of data: what may be wrong with an export that arrives.

Unless a kind says otherwise it spoils the export of the newest day, which holds all history and one day more than
what has landed. Shares are of its rows.
"""

import csv
from decimal import Decimal
from random import Random

from planting import DAY, Answer, Fault, Place, faults

KINDS: list[Fault] = []
of_data = faults("data", KINDS)

PHONE = "13912345678"


# --- files --------------------------------------------------------------------------------------------------------


@of_data("held", "raw.orders:arrived", ("orders.csv", "is empty"))
def empty_file(place: Place, draw: Random) -> None:
    """orders: a file of no bytes"""
    place.feed("orders").write_bytes(b"")


@of_data("held", "raw.orders:volume", ("orders.csv", "the export is empty"))
def header_only(place: Place, draw: Random) -> None:
    """orders: the header and no row"""
    place.write_lines("orders", place.lines("orders")[:1])


@of_data("held", "raw.aliases:arrived", ("aliases.csv", "there is no file"))
def missing_file(place: Place, draw: Random) -> None:
    """aliases: no file"""
    place.feed("aliases").unlink()


@of_data("held", "drift", "orders")
def truncated_half(place: Place, draw: Random) -> None:
    """orders: cut off in the middle of a line in the middle of the file"""
    content = place.feed("orders").read_bytes()
    place.feed("orders").write_bytes(content[: len(content) // 2 + 7])


@of_data("held", "raw.orders:arrived", ("amount", "found:"))
def missing_column(place: Place, draw: Random) -> None:
    """orders: the column amount is not there"""
    rows = place.rows("orders")
    place.write_rows("orders", [{name: row[name] for name in row if name != "amount"} for row in rows])


@of_data("held", "raw.orders:arrived", ("customer_id", "found:", "customer"))
def renamed_column(place: Place, draw: Random) -> None:
    """orders: customer_id is called customer"""
    lines = place.lines("orders")
    place.write_lines("orders", [lines[0].replace("customer_id", "customer"), *lines[1:]])


@of_data("warned", "gate.drift:feeds_keep_their_columns", "category")
def optional_column_gone(place: Place, draw: Random) -> None:
    """orders: the optional column category is not there"""
    rows = place.rows("orders")
    place.write_rows("orders", [{name: row[name] for name in row if name != "category"} for row in rows])


@of_data("read aright")
def other_encoding(place: Place, draw: Random) -> None:
    """customers, with Chinese names: written in GB18030, as older systems do"""
    place.feed("customers").write_bytes(place.feed("customers").read_text("utf-8").encode("gb18030"))


@of_data("held", "raw.customers:contract", "customers.csv")
def mixed_encodings(place: Place, draw: Random) -> None:
    """customers: the second half in another encoding (Latin-1 after UTF-8)"""
    lines = [line.replace("Ltd", "Société Générale Électricité") for line in place.lines("customers")]
    half = len(lines) // 2
    text = "\n".join(lines[:half]).encode() + b"\n"
    place.feed("customers").write_bytes(text + "\n".join(lines[half:]).encode("latin-1", "replace") + b"\n")


@of_data("read aright")
def other_delimiter(place: Place, draw: Random) -> None:
    """orders: semicolons between the columns"""
    rows = place.rows("orders")
    with place.feed("orders").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


@of_data("held", "raw.orders:arrived", ("orders.csv", "some lines end in CRLF"))
def mixed_line_ends(place: Place, draw: Random) -> None:
    """orders: lines end with LF and CRLF by turns"""
    ends = ("\n", "\r\n")
    text = "".join(line + ends[number % 2] for number, line in enumerate(place.lines("orders")))
    place.feed("orders").write_bytes(text.encode())


@of_data("held", "raw.complaints:arrived", ("complaint_id", "found:"))
def swapped_feeds(place: Place, draw: Random) -> None:
    """complaints: the file holds the survey answers"""
    place.feed("complaints").write_bytes(place.feed("surveys").read_bytes())


@of_data("held", "raw.orders:arrived", ("orders.csv", "web page"))
def error_page(place: Place, draw: Random) -> None:
    """orders: the portal's error page, saved under the name of the export"""
    place.feed("orders").write_text("<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>\n", "utf-8")


@of_data("set aside", words="rows are in quarantine")
def zero_bytes(place: Place, draw: Random) -> None:
    """orders: a row of NUL bytes, as a crashed disk leaves them"""
    lines = place.lines("orders")
    lines.insert(draw.randrange(1, len(lines)), "\0" * 120)
    place.write_lines("orders", lines)


@of_data("set aside", words="rows are in quarantine")
def mark_in_the_middle(place: Place, draw: Random) -> None:
    """orders: two exports one after the other, with byte-order mark and header again in the middle"""
    lines = place.lines("orders")
    half = len(lines) // 2
    place.write_lines("orders", [*lines[:half], "\ufeff" + lines[0], *lines[half:]])


@of_data("held", "raw.orders:arrived", ("orders.csv", "is longer than 2 MB"))
def very_long_line(place: Place, draw: Random) -> None:
    """orders: one line of 64 MB"""
    lines = place.lines("orders")
    lines.insert(draw.randrange(1, len(lines)), "x" * 64_000_000)
    place.write_lines("orders", lines)


@of_data("held", "raw.orders:arrived", ("orders.csv", "a double quote opens in line", "never closes"))
def open_quote(place: Place, draw: Random) -> None:
    """orders: a quotation mark that is never closed, in the first tenth of the file"""
    lines = place.lines("orders")
    position = draw.randrange(2, len(lines) // 10)
    cells = lines[position].split(",")
    cells[6] = '"' + cells[6]
    lines[position] = ",".join(cells)
    place.write_lines("orders", lines)


@of_data("held", "raw.orders:fresh", ("newest ordered_at", "promise: 3"))
def stale_export(place: Place, draw: Random) -> Answer:
    """orders: ten days later, the same file again"""
    return place.touchstone("refresh", "--as-of", "2026-07-10")


# --- rows ---------------------------------------------------------------------------------------------------------


@of_data("held", "raw.orders:contract", ("unparseable:ordered_at", "orders.csv", "limit 1.00%"))
def unparseable_dates(place: Place, draw: Random) -> None:
    """orders: 2 % with a date that does not exist"""
    place.change("orders", 0.02, draw, lambda row: {"ordered_at": "2026-02-30 10:00:00"})


@of_data("set aside", words="rows are in quarantine")
def few_unparseable_dates(place: Place, draw: Random) -> None:
    """orders: 0.5 % with a date that does not exist, below the limit of 1 %"""
    place.change("orders", 0.005, draw, lambda row: {"ordered_at": "2026-02-30 10:00:00"})


@of_data("held", "raw.orders:contract", ("unparseable:ordered_at", "orders.csv"))
def day_first(place: Place, draw: Random) -> None:
    """orders: days before months, with slashes"""
    day_first = "{2}/{1}/{0}"
    place.change(
        "orders", 1, draw, lambda row: {"ordered_at": day_first.format(*row["ordered_at"][:10].split("-")) + " 10:00"}
    )


@of_data("held", "drift", "orders")
def day_and_month_swapped(place: Place, draw: Random) -> None:
    """orders: day and month changed over wherever both are up to 12, as a spreadsheet does"""

    def swapped(row):
        year, month, day = row["ordered_at"][:10].split("-")
        return {"ordered_at": f"{year}-{day}-{month}{row['ordered_at'][10:]}"} if int(day) <= 12 else {}

    place.change("orders", 1, draw, swapped)


@of_data("held", "raw.orders:shape", ("ordered_at", "orders.csv"))
def far_future(place: Place, draw: Random) -> None:
    """orders: three of the year 2062"""
    place.change("orders", 0.001, draw, lambda row: {"ordered_at": "2062-06-30 10:00:00"})


@of_data("held", "raw.orders:contract", ("orders.csv", "order_id"))
def no_keys(place: Place, draw: Random) -> None:
    """orders: 2 % without an order_id"""
    place.change("orders", 0.02, draw, lambda row: {"order_id": ""})


@of_data("held", "drift", "orders")
def keys_used_again(place: Place, draw: Random) -> None:
    """orders: the shop was set up anew and numbers from 1 again: today's orders of others under known ids"""
    rows = place.rows("orders")
    customers = [row["customer_id"] for row in rows]
    place.change(
        "orders",
        0.3,
        draw,
        lambda row: {
            "customer_id": draw.choice(customers),
            "ordered_at": f"{DAY} 09:00:00",
            "amount": "99.00",
            "updated_at": f"{DAY} 09:00:00",
        },
    )


@of_data("set aside")
def rows_twice(place: Place, draw: Random) -> None:
    """orders: each row twice in the file"""
    rows = place.rows("orders")
    place.write_rows("orders", [*rows, *rows])


@of_data("read aright")
def file_twice(place: Place, draw: Random) -> None:
    """orders: the same file under another name beside it"""
    place.configure(
        "sources", lambda told: told["feeds"]["orders"].update(path="${TOUCHSTONE_HOME}/sample/orders*.csv")
    )
    copy = place.feed("orders").with_name("orders (1).csv")
    copy.write_bytes(place.feed("orders").read_bytes())


@of_data("held", "staging.unidentified:complaints_are_of_known_customers", "does not hold for 10 rows")
def unknown_customers(place: Place, draw: Random) -> None:
    """complaints: ten of customers whom nobody knows"""
    rows = place.rows("complaints")
    strangers = [
        dict.fromkeys(rows[0], "")
        | {"complaint_id": f"Z{number}", "customer_id": f"NOBODY{number}", "opened_at": "2026-06-01 10:00:00"}
        for number in range(10)
    ]
    place.write_rows("complaints", [*rows, *strangers])


@of_data("published")
def newest_day_missing(place: Place, draw: Random) -> None:
    """orders: none of the newest day, as in an export of the evening before; sources.yml allows three days"""
    place.write_rows("orders", [row for row in place.rows("orders") if row["ordered_at"][:10] < DAY])


@of_data("held", "drift", "orders")
def half_of_the_customers(place: Place, draw: Random) -> None:
    """orders: those of every other customer are not in the export"""
    place.write_rows("orders", [row for row in place.rows("orders") if int(row["customer_id"][-1]) % 2])


# --- values -------------------------------------------------------------------------------------------------------


@of_data("held", "drift", "orders")
def amounts_times_100(place: Place, draw: Random) -> None:
    """orders: amounts in cents"""
    place.change("orders", 1, draw, lambda row: {"amount": str(Decimal(row["amount"]) * 100)})


@of_data("read aright")
def currency_in_text(place: Place, draw: Random) -> None:
    """orders: amounts written ¥1,234.50"""
    place.change("orders", 1, draw, lambda row: {"amount": f"¥{Decimal(row['amount']):,}"})


@of_data("held", "raw.orders:contract", ("amount", "orders.csv"))
def currencies_mixed(place: Place, draw: Random) -> None:
    """orders: 5 % in another currency, written USD 123.00"""
    place.change("orders", 0.05, draw, lambda row: {"amount": f"USD {row['amount']}"})


@of_data("held", "drift", "orders")
def negative_amounts(place: Place, draw: Random) -> None:
    """orders: the sign of a third is turned, as after a change of the account's side"""
    place.change("orders", 0.33, draw, lambda row: {"amount": f"-{row['amount']}"})


@of_data("held", "raw.orders:contract", ("unaccepted:status", "completed", "orders.csv"))
def status_renamed(place: Place, draw: Random) -> None:
    """orders: completed is called done"""
    place.change("orders", 1, draw, lambda row: {"status": "done"} if row["status"] == "completed" else {})


@of_data("warned", words="category")
def category_renamed(place: Place, draw: Random) -> None:
    """orders: one category has another name from now on, in all history"""
    place.change("orders", 1, draw, lambda row: {"category": "wires"} if row["category"] == "cable" else {})


@of_data("held", "drift", "satisfaction")
def scale_changed(place: Place, draw: Random) -> None:
    """surveys: answers from 0 to 100 beside a scale of 1 to 5"""
    place.change("surveys", 1, draw, lambda row: {"score": str(float(row["score"]) * 20)})


@of_data("read aright", claim=lambda place: not is_served(place, PHONE))
def contact_in_text(place: Place, draw: Random) -> None:
    """complaints: a phone number in the free text; nothing of it may be served"""
    place.change("complaints", 0.2, draw, lambda row: {"text": f"请回电 {PHONE}"})


@of_data("warned", "facts.complaints:complaints_are_not_answered_before_they_open", "answered")
def answered_before_opened(place: Place, draw: Random) -> None:
    """complaints: a tenth answered before they were opened"""
    place.change("complaints", 0.1, draw, lambda row: {"first_response_at": "2020-01-01 10:00:00"})


def is_served(place: Place, text: str) -> bool:
    """Whether a file of the served release holds it as it stands; Parquet may be compressed, so the page is enough."""
    return any(text.encode() in path.read_bytes() for path in place.current.resolve().iterdir())
