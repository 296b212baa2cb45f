"""Each check of scores/complaint_changes, on a clean table and on broken ones."""

import datetime as dt

import pandas as pd
import pytest

from orchestration.quality.complaint_changes import CHECKS, complaint_changes
from orchestration.scoring import complaint_changes as scoring

AS_OF = dt.date(2026, 6, 15)


@pytest.fixture
def changes(warehouse):
    """A company with a category that is new, and a history that began two months late."""
    months = [month.start_time for month in pd.period_range("2024-07", "2026-06", freq="M")]
    complaints = pd.DataFrame(
        [(month, "price", 5) for month in months] + [(months[-1], "smoke", 9)],
        columns=["month", "category", "complaints"],
    )
    orders = pd.DataFrame({"month": months, "orders": 100})
    warehouse.write_frame("scores.complaint_changes", scoring.complaint_changes(complaints, orders, AS_OF))
    return warehouse


def failed(warehouse) -> set[str]:
    outcomes = complaint_changes(warehouse, AS_OF)
    assert {outcome.name for outcome in outcomes} == set(CHECKS)
    return {outcome.name for outcome in outcomes if not outcome.passed}


def test_what_the_test_gives_passes(changes):
    """With ratios, without one, and without anything to compare."""
    reasons = {reason for (reason,) in changes.rows("select distinct no_ratio_reason from scores.complaint_changes")}
    assert reasons == {None, "none_before", "short_history"}
    assert failed(changes) == set()


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        ("delete from {} where category = 'all' and month = '2025-09-01'", "every_month_is_there"),
        ("update {} set month = '2026-07-01' where month = '2026-06-01'", "every_month_is_there"),
        ("insert into {} from {} where category = 'all' and month = '2026-06-01'", "every_month_is_there"),
        ("update {} set rate_ratio = null where category = 'price'", "every_change_is_judged_or_explained"),
        ("update {} set no_ratio_reason = 'no_orders' where category = 'smoke'", "every_change_is_judged_or_explained"),
        ("update {} set is_more_than_noise = null where category = 'price'", "every_change_is_judged_or_explained"),
        ("update {} set p_value = null where category = 'smoke'", "every_change_is_judged_or_explained"),
    ],
)
def test_what_is_missing_is_found(changes, broken, check):
    """A month, a ratio, a reason, a verdict."""
    with changes.connect() as connection:
        connection.execute(broken.replace("{}", "scores.complaint_changes"))
    assert failed(changes) == {check}
