"""The change of the service quality index between the base release and the candidate."""

from pathlib import Path

from orchestration.scoring import quality_changes
from orchestration.sources.files import literal
from orchestration.warehouse.duckdb import Warehouse

# As quality_changes.cells reads them.
COLUMNS = {
    *("dimension", "member", "period", "indicator", "value", "raw_value", "raw_standard_error", "weight"),
    *("floor_value", "target_value", "score", "contribution"),
}
OVERALL = (
    "where dimension = 'overall' and period = 'last_365_days' and score is not null and raw_standard_error is not null "
    "order by indicator"
)


def index_change(warehouse: Warehouse, directory: Path) -> quality_changes.Change | None:
    """Of the whole company over 365 days; None where a release has none, or lacks a column that came later."""
    file = directory / "service_quality_indicators.parquet"
    if not file.exists():
        return None
    cells = []
    for source in ("marts.service_quality_indicators", f"read_parquet({literal(file)})"):
        if not {name for name, *_ in warehouse.rows(f"describe select * from {source}")} >= COLUMNS:
            return None
        cells += quality_changes.cells(warehouse.frame(f"select * from {source} {OVERALL}"))
    if len(cells) < 2:
        return None
    now, then = cells
    return quality_changes.compare(now, then)[-1]
