"""Several lines, one order: what invoices and their lines become, and the identity that ties the two."""

from decimal import Decimal

GOOD = "1,c,2026-01-01 10:00,5,2"


def test_the_lines_of_an_order_are_summed(desk):
    """5 + 7.50 is the invoice; it is dated by its first line."""
    load = desk.orders("1,c,2026-01-01 10:01,5,2", "1,c,2026-01-01 10:00,7.50,1", more="quantity", lines=True)
    [order] = desk.accepted(load)
    assert (order["order_id"], order["amount"], order["quantity"]) == ("1", Decimal("12.50"), 3)
    assert str(order["ordered_at"]) == "2026-01-01 10:00:00"
    assert order["_lines"] == 2


def test_lines_and_records_are_both_counted(desk):
    """The second identity: three lines arrived, two orders were made of them, and they hold the same money."""
    load = desk.orders(GOOD, GOOD, "2,c,2026-01-02,-4,1", more="quantity", lines=True)
    assert (load.source_rows, load.rows["accepted"], load.records) == (3, 3, 2)
    assert Decimal(load.money["accepted"]) == 6 == sum(row["amount"] for row in desk.accepted(load))


def test_an_order_with_a_refused_line_is_refused_whole(desk):
    """Without that line its amount would be wrong, and nobody would know."""
    load = desk.orders(GOOD, "1,c,2026-01-01,five,1", "2,c,2026-01-02,4,1", more="quantity", lines=True)
    assert [row["order_id"] for row in desk.accepted(load)] == ["2"]
    assert [(row["_line"], row["_reason"]) for row in desk.set_aside(load)] == [
        (2, "incomplete:order_id"),
        (3, "unparseable:amount"),
    ]
    assert desk.set_aside(load)[0]["_raw"], "the line is kept though nothing was wrong with it alone"


def test_lines_that_name_two_customers_are_no_order(desk):
    """To give it to either would be a guess."""
    load = desk.orders(GOOD, "1,d,2026-01-01,5,1", more="quantity", lines=True)
    assert load.reasons == {"conflicting:customer_id": 2}


def test_an_excluded_line_does_not_spoil_its_order(desk):
    """Postage is left out on purpose."""
    exclude = [{"when": "source.quantity = '0'", "reason": "postage"}]
    load = desk.orders(GOOD, "1,c,2026-01-01,9,0", more="quantity", lines=True, exclude=exclude)
    assert [row["amount"] for row in desk.accepted(load)] == [5]
    assert load.rows["excluded"] == 1
