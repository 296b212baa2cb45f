"""Casts."""

from orchestration.sources.contract import SQL_TYPES, Column
from orchestration.sources.files import quoted

# Four-digit years; also the span that Python's datetime knows. Infinity lies outside.
FIRST_DAY, LAST_DAY = "'0001-01-01'", "'9999-12-31 23:59:59.999999'"
FULL_WIDTH = "０１２３４５６７８９．，－＋：／　"  # what Chinese input methods write for the signs below
HALF_WIDTH = "0123456789.,-+:/ "


PLAIN_MOMENT = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?"


def typed(column: Column, decimal: str = ".") -> str:
    """Cast of the text in `column` to its type: null where it does not parse.

    The plain cast comes first because it is the fast one; the other spellings (full-width digits, thousands
    separators) are tried only where it fails.
    """
    name = quoted(column.name)
    half_width = f"trim(translate({name}, '{FULL_WIDTH}', '{HALF_WIDTH}'))"
    grouped = f"regexp_full_match({half_width}, '[-+]?[0-9]{{1,3}}(,[0-9]{{3}})+([.][0-9]+)?')"
    if column.kind == "text":
        return name
    if column.kind in ("money", "number"):
        sql_type = SQL_TYPES[column.kind]
        plain = f"try_cast({name} as {sql_type})"
        without_commas = f"case when {grouped} then replace({half_width}, ',', '') else {half_width} end"
        other = f"try_cast({without_commas} as {sql_type})"
        value = f"case when not contains({name}, '_') then coalesce({plain}, {other}) end"  # 1_000 is no number here
        return value if column.kind == "money" else f"case when isfinite({value}) then {value} end"
    if column.kind in ("moment", "date"):
        sql_type = SQL_TYPES[column.kind]
        value = f"coalesce(try_cast({name} as {sql_type}), try_cast({half_width} as {sql_type}))"
        # The engine would drop a UTC offset or a zone without a word. Only texts of an unusual shape pay for a regex.
        is_plain = (
            f"(length({name}) = 10 or (length({name}) = 19 and substr({name}, 17, 1) = ':') "
            f"or regexp_full_match({half_width}, '{PLAIN_MOMENT}'))"
        )
        last = LAST_DAY if column.kind == "moment" else "'9999-12-31'"
        in_range = f"{value} between {FIRST_DAY}::{sql_type} and {last}::{sql_type}"
        return f"case when {is_plain} and {in_range} then {value} end"
    yes, no = "('true','t','1','yes','y','是')", "('false','f','0','no','n','否')"
    return f"case when lower({name}) in {yes} then true when lower({name}) in {no} then false end"
