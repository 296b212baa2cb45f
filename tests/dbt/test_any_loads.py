"""However orders arrive, conservation holds, and the facts are those of one clean load.

`benchmarks/faults/any_loads.py` does the same as often as it is told.
"""

from collections import Counter

import pytest
from any_loads import arrivals, check, compiled_models
from any_pulls import changes, check_pulls
from exports import exports
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def models(tmp_path_factory, dbt_target) -> dict[str, str]:
    return compiled_models(tmp_path_factory.mktemp("compiled"), dbt_target)


@FEW
@given(data=st.data())
def test_any_loads_with_any_crashes_give_the_facts_of_one_clean_load(models, data):
    """Good, repeated, late, corrected and broken rows; each counted once, with its money."""
    files = data.draw(exports())
    check(files, data.draw(arrivals(len(files))), models, Counter())


@FEW
@given(data=st.data())
def test_where_corrections_are_dated_the_order_of_the_loads_does_not_matter(models, data):
    """A correction that arrives before what it corrects still holds."""
    files = data.draw(exports(has_distinct_updates=True))
    check(files, data.draw(arrivals(len(files))), models, Counter())


@settings(FEW, max_examples=3)
@given(made=changes())
def test_pulls_of_a_changing_table_with_any_crashes_give_the_facts_of_the_table(models, made):
    """Rows that become visible late are in the lookback; the watermark moves only with a load that has landed."""
    check_pulls(made, models, Counter())
