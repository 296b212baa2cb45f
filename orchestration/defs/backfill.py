"""The job `backfill`: back-casts from the page, a partition a month.

A job of one op and not of the assets: a materialisation of the past would be taken for the present on their pages.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, get_args

import dagster as dg

from orchestration.publishing.backcasts import Loads
from orchestration.settings import Settings

BACKFILL = "backfill"
YEARS = 5  # of months to choose from; the command takes earlier ones


def months(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """The months of the last years; up to this one, or in a closed data set to that of its `as_of`."""
    as_of = settings.as_of()
    first = dt.datetime(as_of.year - YEARS, 1, 1)
    if not settings.sources.is_closed:
        return dg.MonthlyPartitionsDefinition(first, end_offset=1, fmt="%Y-%m")
    after = (as_of.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return dg.MonthlyPartitionsDefinition(first, end_date=dt.datetime.combine(after, dt.time()), fmt="%Y-%m")


OneMonth = Callable[[str, Loads, Callable[[str], None]], Any]


def backfill_job(settings: Settings, one_month: OneMonth) -> dg.JobDefinition:
    """The job.

    Parameters
    ----------
    one_month : callable
        Takes the month (YYYY-MM), the loads and a teller of progress; gives `backfill.Month`.
    """

    @dg.op(
        config_schema={
            "loads": dg.Field(
                dg.Enum("Loads", [dg.EnumValue(loads) for loads in get_args(Loads)]),
                default_value="now",
                description="now: everything that has landed by now; then: what counted on that day",
            )
        },
        description="The marts as of the end of one month, in published/backcasts; what is served stays as it is.",
    )
    def backcast(context: dg.OpExecutionContext) -> None:
        month = one_month(context.partition_key, context.op_config["loads"], context.log.info)
        context.log.info(str(month))
        if month.reasons:
            raise dg.Failure(description=str(month), allow_retries=False)
        context.add_output_metadata({"customers": month.customers, "lifetime value": month.clv})

    @dg.job(
        name=BACKFILL,
        partitions_def=months(settings),
        executor_def=dg.in_process_executor,
        description="Marts of past months, point in time. What is served stays as it is.",
    )
    def job() -> None:
        backcast()

    return job
