"""The checks of drift on a small warehouse and a base release beside it, clean and broken."""

import datetime as dt

import pytest

from orchestration.quality.drift.allowance import Held
from orchestration.quality.drift.causes import Feed
from orchestration.quality.drift.corrections import Replaced
from orchestration.quality.drift.outcomes import DRIFT, WAITED, Base, Comparison
from orchestration.settings import load_settings

ORDERS = [Feed("orders", 2000, 2100)]
BASE, AS_OF = dt.date(2026, 6, 1), dt.date(2026, 6, 2)
# 200 customers with an order every tenth day; the first 40 are gold. Twenty releases, in each of which two swap tiers.
FACTS = """
create or replace table facts.order_days as select customer_id, ordered_date from facts.orders;
create or replace table facts.customer_orders as
    select customer_id, sum(amount) as revenue, cast(min(ordered_date) as timestamp) as first_ordered_at,
        cast(max(ordered_date) as timestamp) as last_ordered_at
    from facts.orders group by customer_id;
"""
TABLES = """
create table facts.orders as
    select 'c' || (number % 200) as customer_id, date '2026-06-02' - cast(number // 20 as int) as ordered_date,
        cast(100 + number % 7 as decimal(18, 4)) as amount, true as is_counted, false as is_refund
    from range(2000) as n (number);
create table previous.customer_value as
    select customer_id, cast(sum(amount) as decimal(18, 2)) as revenue,
        cast(min(ordered_date) as timestamp) as first_ordered_at,
        cast(max(ordered_date) as timestamp) as last_ordered_at,
        cast(substr(customer_id, 2) as decimal(18, 2)) as clv, 'mbg_nbd' as clv_method
    from facts.orders where ordered_date <= date '2026-06-01' group by customer_id;
create table scores.clv as select customer_id, clv, clv_method from previous.customer_value;
create table marts.customer_value as select customer_id, clv, clv as p_alive from scores.clv;
create table previous.release as select 'r' as release_id, date '2026-06-01' as as_of;
create table previous.segment_history as
    select 'c' || number as customer_id, 'value_tier' as scheme, if(number < 40, 'gold', 'lead') as segment,
        date '2026-05-12' as valid_from,
        case when number % 40 < 20 and number < 80 then date '2026-05-13' + cast(number % 40 as int) end as valid_to
    from range(200) as n (number)
    union all
    select 'c' || number, 'value_tier', if(number < 40, 'lead', 'gold'),
        date '2026-05-13' + cast(number % 40 as int), null
    from range(80) as n (number) where number % 40 < 20;
create table marts.segment_moves as
    select null::varchar as customer_id, 'value_tier' as scheme, 'gold' as from_segment, 'lead' as to_segment,
        'new_orders' as cause
    where false;
"""


@pytest.fixture(scope="module")
def gates():
    return load_settings().gates


@pytest.fixture
def compared(warehouse, tmp_path, gates):
    """Makes the outcomes by name, after one statement has broken the candidate."""

    def make(
        broken: str = "select 1", feeds: list[Feed] = ORDERS, replaced=(), base: dt.date = BASE, **holds: Held
    ) -> dict:
        base = Base(base, tmp_path, feeds, replaced, holds)
        with warehouse.connect() as connection:  # open throughout, as in a run
            connection.execute(TABLES)
            connection.execute(f"copy marts.customer_value to '{tmp_path / 'customer_value.parquet'}'")
            connection.execute(f"{broken}; {FACTS}")
            marts = ["customer_value", "segment_moves"]
            comparison = Comparison(warehouse, base, AS_OF, gates, ["clv.margin changed"], marts)
            return {outcome.name: outcome for outcome in comparison.outcomes()}

    return make


def failed(outcomes: dict) -> set[str]:
    return {name for name, outcome in outcomes.items() if not outcome.passed}


def test_a_day_like_any_other_passes_every_check(compared):
    """What the checks say must be about the difference, and there is none."""
    outcomes = compared()
    assert list(outcomes) == list(DRIFT)
    assert failed(outcomes) == set()


@pytest.mark.parametrize(
    ("broken", "names"),
    [
        ("update facts.orders set amount = 100 * amount", {"past_money_is_steady", "customers_keep_their_past"}),
        (
            "update facts.orders set amount = 100 * amount where ordered_date > date '2026-06-01'",
            {"amounts_are_usual"},
        ),
        (
            "update facts.orders set ordered_date = ordered_date - 30",
            {"customers_keep_their_past"},
        ),
        ("update facts.orders set customer_id = 'x' || customer_id", {"customers_keep_their_past"}),
        ("insert into facts.orders from facts.orders", {"past_money_is_steady", "customers_keep_their_past"}),
        ("update scores.clv set clv = clv / 5", {"clv_is_steady"}),
        ("update scores.clv set clv = 100 * clv where clv > 190", {"clv_is_steady"}),
        ("delete from marts.customer_value where clv < 12", {"marts_keep_their_rows"}),
        (
            "update marts.customer_value set p_alive = null where clv < 120",
            {"columns_stay_filled", "columns_are_filled_as_before"},
        ),
        ("update marts.customer_value set p_alive = null where clv < 60", {"columns_are_filled_as_before"}),
        (
            "insert into marts.segment_moves select 'c', 'value_tier', 'gold', 'lead', 'rule_changed' from range(30)",
            {"tier_moves_are_usual"},
        ),
    ],
)
def test_each_fault_is_found_by_the_checks_that_it_concerns(compared, broken, names):
    """And by no other, so that a hold says where to look."""
    assert failed(compared(broken)) == names


def test_a_feed_that_lost_rows_is_named_with_what_it_had(compared):
    """An export that replaces the one before and was cut off takes its past along."""
    outcome = compared(feeds=[Feed("orders", 2000, 2100), Feed("interactions", 100, 15)])["feeds_keep_their_rows"]
    assert (outcome.passed, outcome.observed) == (False, pytest.approx(0.85))
    assert "loads of interactions hold 15 records that count; those of the base had 100" in outcome.message


def test_a_column_that_a_feed_has_no_more_is_named(compared):
    """One that may be left out is missed by no cast: its customers would only lose what they were known for."""
    outcome = compared(feeds=[Feed("orders", 2000, 2100, ("category",))])["feeds_keep_their_columns"]
    assert not outcome.passed
    assert "orders has no column category any more" in outcome.message


def test_a_column_that_is_replaced_in_many_records_is_told_with_how_many(compared):
    """A category of another name, an answer on another scale: no sum of money sees it."""
    renamed = Replaced("orders", 2_000, {"amount": 3, "category": 220})
    outcome = compared(replaced=[Replaced("surveys", 900, {"score": 30}), renamed])["records_keep_their_values"]
    assert (outcome.passed, outcome.observed) == (False, pytest.approx(0.11))
    assert "replaced category in 220 and amount in 3 of 2,000 records of orders (11.0%; limit 5%)" in outcome.message
    assert "Nothing is held for it" in outcome.message
    assert "Likeliest causes: clv.margin changed. " in outcome.message


def test_a_hold_says_what_was_found_how_long_since_and_why_and_what_to_do(compared):
    """Whoever is woken by it has to know where to look first."""
    moves = "insert into marts.segment_moves select 'c', 'value_tier', 'gold', 'lead', 'rule_changed' from range(30)"
    message = compared(moves)["tier_moves_are_usual"].message
    assert "30 of 40 customers left gold (75.0%; limit " in message
    assert "from 20 earlier spans of 1 days) in 1 day since 2026-06-01; causes of moves: rule_changed 30" in message
    assert "Likeliest causes: clv.margin changed" in message
    assert "override gate.drift:tier_moves_are_usual in overrides.yml" in message


def test_several_reasons_tell_the_causes_once(compared):
    """The same four sentences under each of five reasons hide what is different in them."""
    found = compared("update facts.orders set amount = 100 * amount")
    first, second = (found[name].message for name in ("customers_keep_their_past", "past_money_is_steady"))
    if "clv.margin" in second:
        first, second = second, first
    assert "Likeliest causes: clv.margin changed" in first
    assert "clv.margin" not in second
    assert "as for gate.drift:" in second


def test_a_base_that_cannot_be_read_fails_what_needs_it_and_nothing_else(compared, tmp_path):
    """A failure can be overridden, with a reason; a step that broke would hold every refresh for good."""
    found = compared(f"copy (select 1) to '{tmp_path / 'customer_value.parquet'}' (format csv)")
    assert failed(found) == {"marts_keep_their_rows", "columns_stay_filled", "columns_are_filled_as_before"}
    assert f"the base release in {tmp_path} could not be compared with" in found["columns_stay_filled"].message


def test_an_index_of_before_a_column_came_is_not_judged(compared, tmp_path):
    """The release before an upgrade lacks what the upgrade brought."""
    file = tmp_path / "service_quality_indicators.parquet"
    found = compared(
        f"copy (select 'overall' as dimension, 60.0 as score) to '{file}'; "
        "create table marts.service_quality_indicators as select 'overall' as dimension, 60.0 as score"
    )
    assert failed(found) == set()
    assert "not judged" in found["index_is_steady"].message


@pytest.mark.parametrize("factor", [1, 1.2])
def test_a_hold_that_clears_by_itself_is_told(compared, factor):
    """Whoever waited must hear that nothing else has changed; what was mended is told no more."""
    then = Held(dt.date(2026, 6, 2), 0.01)
    found = compared(f"update scores.clv set clv = {factor} * clv", clv_is_steady=then)
    assert found["clv_is_steady"].passed
    assert found[WAITED].passed is (factor == 1)
    told = "clv_is_steady was held from 2026-06-02 on above 0.01, and passes at 0."
    assert (told in found[WAITED].message) is (factor > 1)
