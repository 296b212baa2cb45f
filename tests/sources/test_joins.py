"""Second files: they complete rows, may be summed into them, and never multiply them."""

import pytest
from pydantic import ValidationError

from orchestration.config.sources import Feed
from orchestration.errors import UserError

ORDERS = "order_id,customer_id,ordered_at\n1,c,2026-01-01\n2,d,2026-01-02\n"


def joined(desk, name: str, **join) -> dict:
    return {"path": str(desk.home / "in" / name), **join}


def summed(desk, name: str = "lines.csv", key: str = "order_no", match: str = "source.order_id") -> dict:
    columns = {"total": "sum(price::decimal(18,2))", "pieces": "count(*)"}
    return joined(desk, name, match={key: match}, group_by=key, columns=columns, money="total")


def test_a_join_completes_rows_and_leaves_those_without_a_match(desk):
    """A row is not lost because its master data are late."""
    desk.put(ORDERS.replace("ordered_at", "ordered_at,amount").replace("-01\n", "-01,5\n").replace("-02\n", "-02,6\n"))
    desk.put("id,area\nc,north\n", "people.csv")
    load = desk.land(
        join={"people": joined(desk, "people.csv", match={"id": "source.customer_id"})},
        columns={"region": "people.area"},
    )
    assert [row["region"] for row in desk.accepted(load)] == ["north", None]
    assert load.joins == {"people": {"lines": 1}}


def test_lines_are_summed_into_rows_to_the_cent(desk):
    """0.10 + 0.20 is 0.30; the 7.00 of an order that is not there is told, not lost."""
    desk.put(ORDERS)
    desk.put("order_no,price\n1,0.10\n1,0.20\n2,5\n9,7\n", "lines.csv")
    load = desk.land(join={"lines": summed(desk)}, columns={"amount": "lines.total", "quantity": "lines.pieces"})
    assert [(str(row["amount"]), int(row["quantity"])) for row in desk.accepted(load)] == [("0.3000", 2), ("5.0000", 1)]
    assert load.joins == {"lines": {"lines": 4, "money": "12.30", "money_of_rows": "5.30", "money_without_row": "7.00"}}


def test_a_broken_line_of_the_feed_does_not_stop_the_money_identity(desk):
    """The order in the broken line is in quarantine, so its money has no row."""
    desk.put(ORDERS + "3\n")
    desk.put("order_no,price\n1,5\n3,7\n", "lines.csv")
    load = desk.land(join={"lines": summed(desk)}, columns={"amount": "coalesce(lines.total, 0)"})
    assert load.reasons == {"malformed:missing_columns": 1}
    assert load.joins["lines"]["money_without_row"] == "7.00"


def test_a_join_may_go_by_a_column_of_an_earlier_join(desk):
    """Lines know the invoice, and only the invoice knows the order."""
    desk.put(ORDERS)
    desk.put("order_id,invoice\n1,A\n2,B\n", "invoices.csv")
    desk.put("invoice,price\nA,5\nA,6\nB,1\nZ,9\n", "lines.csv")
    load = desk.land(
        join={
            "invoices": joined(desk, "invoices.csv", match={"order_id": "source.order_id"}),
            "lines": summed(desk, key="invoice", match="invoices.invoice"),
        },
        columns={"amount": "lines.total"},
    )
    assert load.money["accepted"] == "12.0000"
    assert load.joins["lines"]["money_of_rows"] == "12.00"
    assert load.joins["lines"]["money_without_row"] == "9.00"


@pytest.mark.parametrize("key", ["order no", "订单号", "group", "d'e"])
def test_the_key_of_a_joined_file_may_have_any_name(desk, key):
    """It is a name of another system, and no SQL."""
    desk.put(ORDERS)
    desk.put(f'"{key}",price\n1,5\n2,6\n', "lines.csv")
    load = desk.land(join={"lines": summed(desk, key=key)}, columns={"amount": "lines.total"})
    assert load.money["accepted"] == "11.0000"


def test_a_join_that_multiplies_rows_is_refused(desk):
    """Two lines to one order would count its money twice."""
    desk.put(ORDERS)
    desk.put("order_no,price\n1,5\n1,6\n2,7\n", "lines.csv")
    with pytest.raises(UserError, match="turn some rows into several: 1 rows too many") as refused:
        desk.land(
            join={"lines": joined(desk, "lines.csv", match={"order_no": "source.order_id"})},
            columns={"amount": "lines.price"},
        )
    assert "group_by" in refused.value.mend


def test_a_broken_line_of_a_joined_file_is_refused_and_the_file_named(desk):
    """A line has no order to be quarantined with: its money would vanish inside a sum."""
    desk.put(ORDERS)
    desk.put("order_no,price\n1,5\n2\n", "lines.csv")
    with pytest.raises(UserError, match="CSV Error on Line: 3") as refused:
        desk.land(join={"lines": summed(desk)}, columns={"amount": "lines.total"})
    assert "lines.csv" in refused.value.where


def test_a_missing_joined_file_is_named(desk):
    """By the setting that names it."""
    desk.put(ORDERS)
    with pytest.raises(UserError, match="there is no file") as refused:
        desk.land(join={"lines": summed(desk)})
    assert refused.value.where == "sources.yml, feeds.orders.join.lines.path"


@pytest.mark.parametrize(
    ("join", "told"),
    [
        ({"columns": {"total": "sum(x)"}}, "`group_by` and `columns` go together"),
        ({"group_by": "b", "columns": {"total": "sum(x)"}}, "but the file is summarised by 'b'"),
        ({"group_by": "a", "columns": {"total": "sum(x)"}, "money": "totl"}, "`money` names 'totl'"),
    ],
)
def test_a_join_that_contradicts_itself_is_refused_when_it_is_read(join, told):
    """Before any file is opened."""
    with pytest.raises(ValidationError, match=told):
        Feed(path="o.csv", join={"lines": {"path": "l.csv", "match": {"a": "source.a"}, **join}})


def test_a_join_cannot_take_the_name_of_the_feed_itself():
    """`source` would then mean the other file, and the feed's own would not be read at all."""
    with pytest.raises(ValidationError, match="a join cannot be called 'source'"):
        Feed(path="o.csv", join={"source": {"path": "l.csv", "match": {"a": "source.a"}}})
