"""Which picture of relationships and complaints belongs to which mart: for the report, and for the marts' own pages.

The frames come from `relationship_findings`, the drawings from `relationship_pictures`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from orchestration.publishing import relationship_findings as findings
from orchestration.publishing import relationship_pictures as pictures
from orchestration.publishing.findings import Marts
from orchestration.publishing.labels import Labels

Draw = Callable[[Marts, Mapping[str, Any], Labels], str | None]


def _loyalty_map(marts: Marts, configuration: Mapping[str, Any], labels: Labels) -> str | None:
    cells, cuts = findings.loyalty_cells(marts), configuration["relationship"]
    if cells is None:
        return None
    return pictures.loyalty_map(cells, cuts["satisfaction"]["satisfied_from"], cuts["loyal_from"], labels)


def _category_trends(marts: Marts, configuration: Mapping[str, Any], labels: Labels) -> str | None:
    rates = findings.category_rates(marts)
    return None if rates is None else pictures.category_trends(rates, None, labels)


def _category_changes(marts: Marts, configuration: Mapping[str, Any], labels: Labels) -> str | None:
    rates, changes = findings.category_rates(marts), findings.category_changes(marts)
    return None if rates is None else pictures.category_trends(rates, changes, labels)


def _response_band(marts: Marts, configuration: Mapping[str, Any], labels: Labels) -> str | None:
    months = findings.response_times(marts)
    if months is None:
        return None
    return pictures.response_band(months, configuration["complaints"]["response_promise_hours"])


def _where_it_hurts(marts: Marts, configuration: Mapping[str, Any], labels: Labels) -> str | None:
    regions = findings.regions(marts)
    return None if regions is None else pictures.where_it_hurts(regions)


# By mart. The one of complaint_trends has no marks: complaint_changes may not be built yet when its page is written.
PICTURES: Mapping[str, Draw] = {
    "relationship_summary": _where_it_hurts,
    "customer_relationship": _loyalty_map,
    "complaint_changes": _category_changes,
    "service_timings": _response_band,
    "complaint_trends": _category_trends,
}
IN_REPORT = ("relationship_summary", "customer_relationship", "complaint_changes", "service_timings")
