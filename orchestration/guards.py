"""Which checks guard what: every check of the definitions by the table that it looks at, for `touchstone doctor`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.config.gates import Gate, GatesConfig
from orchestration.config.overrides import Override

# In the order of the flow.
LAYERS = ("raw", "previous", "seeds", "staging", "facts", "scores", "history", "marts", "gate")


@dataclass(frozen=True)
class Guard:
    """One check: its table, what its failure does (None where gates.yml has no line for it), where its rule lives."""

    table: str
    name: str
    gate: Gate | None
    home: str
    claim: str

    @property
    def severity(self) -> str:
        return self.gate.severity if self.gate else "no gate"

    def __str__(self) -> str:
        limit = "" if self.gate is None or self.gate.threshold is None else f"{self.gate.threshold:g}"
        return f"{self.severity:<8}{limit:<6}{self.home:<20}{self.name}"


def guards(graph: Any, gates: GatesConfig) -> dict[str, list[Guard]]:
    """The checks of each table that is built, by name; of some tables there are none.

    Parameters
    ----------
    graph : dagster.BaseAssetGraph
        Of the definitions.
    """
    found: dict[str, list[Guard]] = {".".join(key.path): [] for key in graph.materializable_asset_keys}
    for key in sorted(graph.asset_check_keys):
        spec, table = graph.get_check_spec(key), ".".join(key.asset_key.path)
        gate = gates.checks.get(f"{table}:{key.name}")
        claim = " ".join((spec.description or "").split())
        found[table].append(Guard(table, key.name, gate, home_of(spec), claim))
    return found


def home_of(spec: Any) -> str:
    """Where the rule of a check is written."""
    if "dagster_dbt/unique_id" in spec.metadata:
        return "dbt test"
    # Suites have this name alone: of arriving data in defs/arrival.py, of marts in defs/marts.py.
    return "Great Expectations" if spec.name == "shape" else "Python"


def lines(of_table: Mapping[str, list[Guard]], overrides: Mapping[str, Override]) -> Iterator[str]:
    """The checks as a text, layer by layer and table by table, with the overrides that are in force."""
    for layer in LAYERS:
        tables = sorted(table for table in of_table if table.startswith(f"{layer}."))
        counts = Counter(guard.severity for table in tables for guard in of_table[table])
        told = ", ".join(f"{count} {severity}" for severity, count in sorted(counts.items()))
        yield f"== {layer}: {len(tables)} tables; checks: {told or 'none'}"
        if bare := [table for table in tables if not of_table[table]]:
            yield f"Without a check of their own: {', '.join(bare)}"
        for table in tables:
            if of_table[table]:
                yield table
            for guard in of_table[table]:
                yield f"  {guard}"
                override = overrides.get(f"{table}:{guard.name}")
                yield from (f"{'':36}{told}" for told in (guard.claim, str(override or "")) if told)
        yield ""
    yield "Each table must besides be current: built from what is there now, under this configuration, code and day."
    yield "What each failure does, and the limits, are in gates.yml; failures that are let through in overrides.yml."
