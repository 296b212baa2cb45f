"""Checks of scores/complaint_changes: whether every month is there, and every change judged or explained."""

import datetime as dt

from orchestration.quality.checks import CheckOutcome
from orchestration.scoring.complaint_changes import ALL, TESTED_MONTHS
from orchestration.warehouse.duckdb import Warehouse

CHECKS = {
    "every_month_is_there": "All complaints together have one row for each of the last twelve months.",
    "every_change_is_judged_or_explained": "Each change has a ratio and a verdict, or says why it has none.",
}
TABLE = "scores.complaint_changes"


def complaint_changes(warehouse: Warehouse, as_of: dt.date) -> list[CheckOutcome]:
    """What must hold whatever the data say."""
    months = warehouse.value(
        f"select count(distinct month) from {TABLE} where category = ? "
        "and month between date_trunc('month', ?::date) - interval 11 month and ?::date",
        [ALL, as_of, as_of],
    )
    rows = warehouse.value(f"select count(*) from {TABLE} where category = ?", [ALL])
    broken = warehouse.rows(
        f"select strftime(month, '%Y-%m') || ' ' || category from {TABLE} "
        "where (rate_ratio is null) <> (no_ratio_reason is not null) "
        "or (is_more_than_noise is null) <> (p_value is null) "
        "or (p_value is null) <> (coalesce(no_ratio_reason, 'none_before') <> 'none_before') order by 1"
    )
    return [
        CheckOutcome(
            TABLE,
            "every_month_is_there",
            months == rows == TESTED_MONTHS,
            f"{months} of the last {TESTED_MONTHS} months have a row of all complaints, of {rows} such rows",
            observed=months,
            threshold=TESTED_MONTHS,
            rows_examined=rows,
        ),
        CheckOutcome(
            TABLE,
            "every_change_is_judged_or_explained",
            not broken,
            f"{len(broken)} changes have neither a ratio nor a reason, or no verdict",
            observed=len(broken),
            threshold=0,
            rows_failing=len(broken),
            sample_ids=[name for (name,) in broken[:5]],
        ),
    ]
