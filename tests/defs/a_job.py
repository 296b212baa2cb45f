"""The smallest job, for tests of the history of runs."""

import dagster as dg


@dg.op
def works():
    pass


@dg.job
def job():
    works()
