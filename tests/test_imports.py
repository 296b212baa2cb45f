"""Which module may know which: the direction of imports, read from the source, not from what happens to run."""

import ast
from pathlib import Path

import pytest

from orchestration.settings import PROJECT

PACKAGE = PROJECT / "orchestration"

# Each part, and the parts that it may import besides itself. What is not listed here is not a part.
MAY_IMPORT = {
    "errors": set(),
    "durable": set(),
    "environment": {"errors"},
    "config": {"errors"},
    "settings": {"config", "errors"},
    "warehouse": {"settings", "errors"},
    "scoring": {"config", "settings", "errors"},
    "sources": {"config", "durable", "environment", "settings", "errors"},
    # Checks of scores read the decisions they check; suites of feeds read the contract.
    "quality": {"warehouse", "scoring", "sources", "config", "settings", "errors"},
    # The report says how firm a ranking is and which feeds an index rests on, and a comparison of two cells is made of
    # what is published: numbers only.
    "publishing": {"scoring", "config", "durable", "environment", "settings", "errors"},
    # What people are told is what the status says.
    "alerts": {"publishing", "config", "durable", "environment", "settings", "errors"},
    # The experts' survey: its words are the labels of the marts, its files are workbooks such as feeds are.
    "judging": {"publishing", "sources", "scoring", "durable", "config", "settings", "errors"},
    # An erasure reaches into everything that is kept, but into no method and no asset.
    "erasure": {"publishing", "sources", "warehouse", "durable", "settings", "errors"},
    "sample": {"errors"},
    "defs": {
        "alerts",
        "publishing",
        "judging",
        "quality",
        "sources",
        "scoring",
        "warehouse",
        "config",
        "environment",
        "settings",
        "errors",
    },
}
# The doors: they may reach everything.
DOORS = {"definitions", "cli", "refresh", "backfill", "doctor", "guards", "quarantine"}
ORCHESTRATORS = {"dagster", "dagster_dbt", "dagster_webserver", "dagster_shared"}
HEAVY = {"great_expectations", "sklearn", "matplotlib"}

MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path, at_module_level: bool = False) -> list[tuple[str, int]]:
    """Dotted names that a module imports, with their lines; `from a import b` counts as a.b."""
    tree = ast.parse(path.read_text("utf-8"))
    found = []

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend((alias.name, child.lineno) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno}: imports are absolute"
                found.extend((f"{child.module}.{alias.name}", child.lineno) for alias in child.names)
            inside_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            if not (at_module_level and (inside_function or for_types)):
                visit(child)

    visit(tree)
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_lies_below_it(path):
    """Whoever reads a part needs to know only the parts below; a circle would make them one."""
    part = part_of(path)
    if part in DOORS or part == "__init__":
        return
    assert part in MAY_IMPORT, f"{part} is a new part: say in MAY_IMPORT what it may import"
    for name, line in imported(path):
        if name.startswith("orchestration."):
            other = name.split(".")[1]
            assert other in MAY_IMPORT[part] | {part}, f"{name_of(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", [path for path in MODULES if part_of(path) not in {"defs", *DOORS}], ids=name_of)
def test_only_assets_and_doors_know_dagster(path):
    """Methods, landing and publishing are tested, and could be run, without an orchestrator."""
    for name, line in imported(path):
        assert name.split(".")[0] not in ORCHESTRATORS, f"{name_of(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_are_imported_where_they_are_used(path):
    """Great Expectations takes seconds to import; `touchstone status` needs none of it."""
    for name, line in imported(path, at_module_level=True):
        assert name.split(".")[0] not in HEAVY, f"{name_of(path)}:{line} imports {name} at module level"


def test_the_parts_have_no_circle():
    """The table above is itself an order: each part only allows parts that do not allow it back."""
    settled: set[str] = set()
    waiting = dict(MAY_IMPORT)
    while waiting:
        free = [part for part, below in waiting.items() if below <= settled]
        assert free, f"a circle among {sorted(waiting)}"
        settled |= set(free)
        for part in free:
            del waiting[part]


def test_init_files_are_empty():
    """One import path a symbol."""
    assert [name_of(path) for path in PACKAGE.rglob("__init__.py") if path.read_text("utf-8").strip()] == []
