"""What is said of a failure names nobody: messages go to status.json, to the page, to logs and mails."""

import traceback

import dagster as dg
import duckdb
import pytest

from orchestration.config.sources import Feed
from orchestration.defs.session import Session
from orchestration.errors import UserError, without_values
from orchestration.sources.landing import land


def refusal(tmp_path, text: str, **mapping) -> str:
    """Why this export of orders is not landed."""
    path = tmp_path / "orders.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as refused:
        land(tmp_path / "home", "orders", Feed(path=str(path), **mapping))
    return str(refused.value)


@pytest.mark.parametrize(
    "row",
    [
        "欧阳寒鸦,13711102201,,5",
        "欧阳寒鸦,欧阳寒鸦,2026-06-01,5",
        "欧阳寒鸦,C1,2026-06-01,q@example.org",
        "欧阳寒鸦,王,华东,工业",
        "Mrs Anna Schmidt,C1,Regina,Amounta",
        '[{"id": 1,"name": "Anna Schmidt"}]',
    ],
)
def test_a_row_that_stands_where_the_header_should_is_not_shown(tmp_path, row):
    """An export without its header row: the names of its columns would be somebody's."""
    told = refusal(tmp_path, f"{row}\nO2,C2,2026-06-01,5\n")
    secrets = ("欧阳寒鸦", "13711102201", "q@example.org", "华东", "Anna", "Regina", "Amounta")
    assert not [secret for secret in secrets if secret in told]
    assert "is the header row missing?" in told or "has no name" in told


def test_names_that_are_expected_or_near_it_are_shown(tmp_path):
    """They are what a person compares the mapping with; what else stands there is counted."""
    told = refusal(tmp_path, "Order_No,customer,ordered_at,Anna Schmidt,王\n1,2,3,4,5\n")
    assert "found:    Order_No, customer, ordered_at, and 2 others, which are not told" in told


def test_names_that_the_mapping_reads_are_shown(tmp_path):
    """Whoever wrote them there knows them."""
    told = refusal(tmp_path, "订单号,客户,金额\n1,2,3\n", columns={"order_id": "source.订单号"})
    assert "found:    订单号, and 2 others" in told


@pytest.mark.parametrize("expression", ["source.kunde", "kunde"])
def test_the_engine_offers_no_values_in_place_of_a_name_that_is_not_there(tmp_path, expression):
    """It tells the names of the files, which without a header row are somebody's."""
    columns = dict.fromkeys(("order_id", "customer_id", "ordered_at", "amount"), expression)
    told = refusal(tmp_path, "kunda,C1,2026-06-01,5\n", columns=columns)
    assert "kunde" in told
    assert "kunda" not in told


@pytest.mark.parametrize("value", ["O'Quax 13711102201", 'a "Quax" LINE 13711102201', "13711102201'Quax"])
def test_a_value_that_an_expression_cannot_read_is_not_shown(tmp_path, value):
    """Also where it holds quotation marks or the word at which the message ends."""
    written = value.replace('"', '""')
    header = "order_id,customer_id,ordered_at,amount,score"
    told = refusal(
        tmp_path, f'{header}\nO1,C1,2026-06-01,5,"{written}"\n', columns={"quantity": "source.score::integer"}
    )
    assert "Quax" not in told
    assert "13711102201" not in told
    assert "try_cast" in told


def test_a_number_is_not_shown_though_the_engine_does_not_quote_it():
    """`Type INT64 with value 13711102201 can't be cast`."""
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as refused:
        connection.execute("select phone::integer from (select 13711102201::bigint as phone)").fetchall()
    assert "13711102201" in str(refused.value)
    assert "13711102201" not in without_values(refused.value)


def test_names_of_columns_stay_in_an_error_of_the_engine():
    """Without them nobody could mend the statement."""
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as refused:
        connection.execute("select amuont from (select 1 as amount)")
    assert '"amuont"' in without_values(refused.value)


def test_an_error_of_the_engine_within_a_step_keeps_its_values_to_itself():
    """The status and the page keep what broke a step for good."""
    session, secret = Session(None, None, {}, None, None, None, "run"), "欧阳寒鸦"
    with pytest.raises(RuntimeError) as told, session.step("scores.clv"), duckdb.connect() as connection:
        connection.execute("select ?::integer", [secret])
    said = "".join(traceback.format_exception(told.value)) + session.errors[0]
    assert "scores.clv: ConversionException: Conversion Error: Could not convert string" in said
    assert "connection.execute" in said, "the page still shows where"
    assert secret not in said


@pytest.mark.parametrize("kind", [ValueError, UserError])
def test_no_error_within_a_step_keeps_the_values_of_those_behind_it(kind):
    """The page shows an error with the chain of what it came from."""
    session, secret = Session(None, None, {}, None, None, None, "run"), "欧阳寒鸦"

    def broken():
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise kind("'…' is refused" if kind is UserError else f"{error!r} is refused") from error

    with pytest.raises((RuntimeError, dg.Failure)) as told, session.step("release.postgres"):
        broken()
    said = "".join(traceback.format_exception(told.value)) + session.errors[0]
    assert "'…'" in said
    assert secret not in said
