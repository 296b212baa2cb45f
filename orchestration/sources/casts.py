"""From text to the contract's types: which spellings of numbers, dates and flags are read, as SQL.

The shape that most files use comes first and costs one pattern and one cast; other spellings are tried only where it
does not fit. What could be read in two ways is not read: the row goes to quarantine.
"""

from orchestration.sources.contract import SQL_TYPES, Column
from orchestration.sources.files import literal, quoted

# What Chinese input methods and typesetters write for the signs below.
FULL_WIDTH = "０１２３４５６７８９．，－−＋：／（）￥＄　\u00a0\u2009\u202f"
HALF_WIDTH = "0123456789.,--+:/()¥$    "

MOMENT = "[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([T ] ?(上午|下午)? ?[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]+)?)?)?"
SERIAL = "[2-7][0-9]{4}([.][0-9]+)?"


def typed(column: Column, decimal: str = ".") -> str:
    """SQL cast of the text in `column` to its type: null where it does not parse.

    Parameters
    ----------
    decimal : "." or ","
        What stands before the cents; the other one groups thousands, and with "," blanks do too.

    Returns
    -------
    str
        Money: digits in groups of three or none, a sign in front or a minus behind, `(5)` for -5, one of ¥ $ € beside
        it or 元 behind it. Not more than four decimals: the engine would round the rest without a word.
        Numbers: the same, with any decimals and exponents. Dates and moments: year, month, day with `-`, `/`, `.` or
        年月日, or eight digits; the time as `8:15`, `08:15:00`, 8时15分, also after 上午 or 下午; no zone, no offset.
        Also the day numbers of Excel's 1900 system from 20000 to 79999 (1954-10-03 to 2119-01-10), the time as a
        fraction. All signs may be full-width. Flags: true, t, yes, y, 1, 是 and their contraries.
    """
    if column.kind == "text":
        return quoted(column.name)
    if column.kind == "money":
        return money(quoted(column.name), decimal)
    if column.kind == "number":
        return number(quoted(column.name), decimal)
    if column.kind in ("moment", "date"):
        return moment(quoted(column.name), column.kind)
    yes, no = "('true','t','1','yes','y','是')", "('false','f','0','no','n','否')"
    lower = f"lower({quoted(column.name)})"
    return f"case when {lower} in {yes} then true when {lower} in {no} then false end"


def as_text(expression: str, column: Column, decimal: str = ".") -> str:
    """SQL text of an expression over the source, in the spelling that `typed` reads: an SQL number has a point."""
    if decimal == "." or column.kind not in ("money", "number"):
        return f"({expression})::varchar"
    # A number's text, 1.234, would be read as a thousand and more where the point groups.
    return (
        f"case when typeof({expression}) = 'VARCHAR' then ({expression})::varchar "
        f"else replace(({expression})::varchar, '.', ',') end"
    )


def half_width(name: str) -> str:
    """`translate` is slow, so only values that need it pay for it."""
    changed = f"translate({name}, {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)})"
    return f"trim(case when regexp_matches({name}, '[{FULL_WIDTH}]') then {changed} else {name} end)"


def once(value: str, name: str, body: str) -> str:
    """SQL of `body` with `value` under a name: the engine works it out once, and only where a case asks for it."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def money(name: str, decimal: str) -> str:
    """Exact to four decimals, or not read."""
    sql_type = SQL_TYPES["money"]
    point = "[.]" if decimal == "." else ","
    plain = f"[-+]?[0-9]*({point}[0-9]{{0,4}})?"
    text = name if decimal == "." else f"replace({name}, ',', '.')"
    return (
        f"case when regexp_full_match({name}, '{plain}') then try_cast({text} as {sql_type}) "
        f"else try_cast({spelt_number(name, decimal, '{0,4}0*')} as {sql_type}) end"
    )


def number(name: str, decimal: str) -> str:
    """A finite number; 1_000 is none, though the engine's cast takes it."""
    sql_type = SQL_TYPES["number"]
    text = name if decimal == "." else f"case when not contains({name}, '.') then replace({name}, ',', '.') end"
    value = (
        f"coalesce(case when not contains({name}, '_') then try_cast({text} as {sql_type}) end, "
        f"try_cast({spelt_number(name, decimal, '*')} as {sql_type}))"
    )
    return f"case when isfinite({value}) then {value} end"


def spelt_number(name: str, decimal: str, decimals: str) -> str:
    """The number in plain digits where it is written in one of the ways of ledgers and spreadsheets; else null."""
    if decimal == ".":
        amount = f"([0-9]{{1,3}}(,[0-9]{{3}})+|[0-9]+)([.][0-9]{decimals})?"
        digits = "regexp_replace(spelt, '[^0-9.]', '', 'g')"
    else:
        amount = f"([0-9]{{1,3}}(([.][0-9]{{3}})+|( [0-9]{{3}})+)|[0-9]+)(,[0-9]{decimals})?"
        digits = "replace(regexp_replace(spelt, '[^0-9,]', '', 'g'), ',', '.')"
    before, after = "([¥$€] ?)?", "( ?[¥$€元])?"
    shapes = [
        f"[-+]? ?{before}{amount}( ?元)?",
        f"[¥$€] ?[-+]{amount}( ?元)?",
        f"[-+]?{amount}{after}",
        f"{before}{amount} ?-",
        f"{amount}{after} ?-",
        f"[(] ?{before}{amount}( ?元)? ?[)]",
        f"[(] ?{amount}{after} ?[)]",
    ]
    minus = "case when contains(spelt, '-') or contains(spelt, '(') then '-' else '' end"
    body = f"case when regexp_full_match(spelt, '{'|'.join(shapes)}') then {minus} || {digits} end"
    return once(half_width(name), "spelt", body)


def moment(name: str, kind: str) -> str:
    """Within the years 1 to 9999; the engine would drop an offset or a zone without a word, so neither is let in."""
    sql_type = SQL_TYPES[kind]
    # By place, not by pattern: four digits of a year, and nothing behind the day or the seconds.
    is_plain = (
        f"((length({name}) = 10 and {name}[-1] between '0' and '9') or (length({name}) = 19 and {name}[17] = ':')) "
        f"and {name}[5] in ('-', '/') and {name}[1] between '0' and '9' and {name}[:4] <> '0000'"
    )
    return (
        f"case when {name} is not null then "
        f"coalesce(case when {is_plain} then try_cast({name} as {sql_type}) end, {spelt_moment(name)}::{sql_type}) end"
    )


def spelt_moment(name: str) -> str:
    """The moment where it is written in another of the accepted ways; else null."""
    iso = "case when right(spelt, 1) in ('时', '点') then spelt || '00' else rtrim(spelt, '分') end"
    for sign, mark in (
        ("年", "-"),
        ("月", "-"),
        ("日", " "),
        ("号", " "),
        ("时", ":"),
        ("点", ":"),
        ("分", ":"),
        ("秒", ""),
    ):
        iso = f"replace({iso}, '{sign}', '{mark}')"
    iso = f"trim(replace({iso}, '  ', ' '))"
    dashes = "left(spelt, 4) || '-' || substr(spelt, 5, 2) || '-' || substr(spelt, 7)"
    text = f"case when regexp_full_match(spelt, '[0-9]{{8}}([T ].*)?') then {dashes} else {iso} end"
    # Dots in the date become dashes; those of fractions of a second stand further behind.
    at = "try_cast(replace(left({0}, 10), '.', '-') || substr({0}, 11) as timestamp)"
    whole = at.format("iso")
    half_day = at.format("replace(replace(iso, '上午', ''), '下午', '')")
    shifted = once(
        half_day,
        "told",
        "case when contains(iso, '下午') then told + interval (if(hour(told) < 12, 12, 0)) hours "
        "when hour(told) <= 12 then told - interval (if(hour(told) = 12, 12, 0)) hours end",
    )
    either = f"case when contains(iso, '午') then {shifted} else {whole} end"
    spelt = f"case when regexp_full_match(iso, '{MOMENT}') then {either} end"
    microseconds = "(round(try_cast(spelt as decimal(38, 20)) * 86400000) * 1000)::bigint"
    body = (
        f"case when regexp_full_match(spelt, '{SERIAL}') then timestamp '1899-12-30' + to_microseconds({microseconds}) "
        f"else {once(text, 'iso', spelt)} end"
    )
    return once(half_width(name), "spelt", body)
