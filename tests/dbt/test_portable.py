"""Staging and facts are written in the SQL that DuckDB and Spark share; what differs is in macros/portable.

This reads the text only. tests/system/test_spark.py builds the models on both engines and compares their rows.
"""

from __future__ import annotations

import re

import pytest
from refreshes import PROJECT

# Functions that give the same on both engines. Before adding one, try it on both, on nulls and on ends of its range.
SHARED = {
    *("cast", "coalesce", "nullif", "least", "greatest", "concat_ws", "date_trunc", "decimal", "sqrt"),
    "abs",
    "grouping",  # 0 where the row is of a group of that column
    "power",  # its last bit may differ: round what it gives
    *("count", "sum", "min", "max", "row_number", "rank", "lag", "first_value"),
    *("length", "substr", "translate", "trim"),
    "ln",  # above 0: of 0, DuckDB refuses and Spark gives null; the last bit may differ, so round before it is compared
    "regexp_replace",  # anchored only: unanchored, DuckDB replaces the first match and Spark all
    "lower",  # but for the dotted capital I of Turkish and the sigma that ends a word of Greek
}

# How DuckDB may also say it, and Spark not, or with another meaning.
OWN_SYNTAX = [r"::", *(rf"\b{words}\b" for words in ("exclude", "qualify", "group by all", "order by all", "ilike"))]

FILES = sorted(
    file
    for folder in ("models/staging", "models/facts", "macros")
    for file in (PROJECT / folder).glob("*.sql")  # not the folders below macros: macros/portable is the place for it
)


def statement(text: str) -> str:
    """The SQL of a model without Jinja, comments and literals."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|--[^\n]*|'[^']*'", " ", text, flags=re.DOTALL).lower()


def unshared(sql: str) -> set[str]:
    """What of a statement only one engine is known to understand."""
    functions = set(re.findall(r"\b([a-z_0-9]+)\(", sql)) - SHARED
    return functions | {match for pattern in OWN_SYNTAX for match in re.findall(pattern, sql)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_models_use_functions_that_both_engines_share(file):
    """The difference would show only where Spark is installed."""
    assert unshared(statement(file.read_text("utf-8"))) == set()


def test_own_functions_and_syntax_are_found():
    text = "select * exclude (a), strftime(b, '%Y::list(') /* {{ ref('c') }} */, d::int, coalesce(e, 0) -- epoch(f)"
    assert unshared(statement(text)) == {"exclude", "strftime", "::"}


def test_every_portable_macro_has_a_form_for_each_engine():
    """Without one for Spark, the form for DuckDB would be used there."""
    text = "".join(file.read_text("utf-8") for file in (PROJECT / "macros" / "portable").glob("*.sql"))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
    needed = {f"{engine}__{name}" for name in dispatched for engine in ("default", "spark")}
    assert len(dispatched) >= 6
    assert needed - set(re.findall(r"macro (\w+)\(", text)) == set()
