"""From text to the contract's types: which spellings of numbers, dates and flags are read, as SQL.

The shape that most files use comes first and costs one pattern and one cast; other spellings are tried only where it
does not fit. What could be read in two ways is not read: the row goes to quarantine.
"""

from orchestration.sources.contract import SQL_TYPES, Column
from orchestration.sources.files import literal

# What Chinese input methods and typesetters write for the signs below.
FULL_WIDTH = "０１２３４５６７８９．，－−＋：／（）￥＄　\u00a0\u2009\u202f"
HALF_WIDTH = "0123456789.,--+:/()¥$    "

BLANKS = " \t\r\n\u00a0\u3000\ufeff"  # what a cell that says nothing may hold

MOMENT = "[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([T ] ?(上午|下午)? ?[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]+)?)?)?"
SERIAL = "[2-7][0-9]{4}([.][0-9]+)?"
WHOLE_NUMBER = "U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER"
SURE = 1e11  # below it, a double holds every amount of four decimals as one of its own


def typed(column: Column, value: str, decimal: str = ".") -> str:
    """SQL of a value of the source, of whatever type, as the type of the column: null where it does not parse.

    A value that has the column's type already is taken as it is; every other one is read as the text that it is.

    Parameters
    ----------
    value : str
        SQL; it is written several times, so it should be no more than a name.
    decimal : "." or ","
        What stands before the cents; the other one groups thousands, and with "," blanks do too.

    Returns
    -------
    str
        Text: without the blanks around it; null where it is empty.
        Money: digits in groups of three or none, a sign in front or a minus behind, `(5)` for -5, one of ¥ $ € beside
        it or 元 behind it. Not more than four decimals: the engine would round the rest without a word.
        Numbers: the same, with any decimals and exponents. Dates and moments: year, month, day with `-`, `/`, `.` or
        年月日, or eight digits; the time as `8:15`, `08:15:00`, 8时15分, also after 上午 or 下午; no zone, no offset.
        Also the day numbers of Excel's 1900 system from 20000 to 79999 (1954-10-03 to 2119-01-10), the time as a
        fraction. All signs may be full-width. Flags: true, t, yes, y, 1, 是 and their contraries.
    """
    text = as_text(column, value, decimal)
    if column.kind == "text":
        return said(text)
    if column.kind == "flag":
        yes, no = "['true','t','1','yes','y','是']", "['false','f','0','no','n','否']"
        body = f"case when list_contains({yes}, flag) then true when list_contains({no}, flag) then false end"
        return once(f"lower({said(text)})", "flag", body)
    spelt, own = {
        "money": (money(text, decimal), own_money(value)),
        "number": (number(text, decimal), own_number(value)),
        "moment": (moment(text, "moment"), own_moment(value, "moment")),
        "date": (moment(text, "date"), own_moment(value, "date")),
    }[column.kind]
    # The engine knows the type of a value before it reads any, and leaves out what does not apply to it.
    return f"case when {value} is not null then coalesce({own}, {spelt}) end"


def as_text(column: Column, value: str, decimal: str = ".") -> str:
    """SQL of the text of a value, in the spelling that `typed` reads: an SQL number has a point."""
    if decimal == "." or column.kind not in ("money", "number"):
        return f"({value}::varchar)"
    # A number's text, 1.234, would be read as a thousand and more where the point groups.
    return f"(case when typeof({value}) = 'VARCHAR' then {value}::varchar else replace({value}::varchar, '.', ',') end)"


def said(text: str) -> str:
    """What a cell says: without the blanks around it; null where it is empty.

    Trimming a set of signs costs five times as much as reading the cell, so only cells that begin or end with one of
    them are trimmed. Nearly every cell of ASCII text is sorted out by where its beginning stands in the alphabet. (No
    `in` here: of more than five values the engine makes a join, even where a case never asks for it.)
    """
    blanks = literal(BLANKS)
    begins = f"({text} < '!' or ({text} >= '\u00a0' and contains({blanks}, {text}[1])))"
    return (
        f"case when {begins} or contains({blanks}, {text}[-1]) then nullif(trim({text}, {blanks}), '') else {text} end"
    )


def half_width(text: str) -> str:
    """`translate` is slow, so only values that need it pay for it."""
    changed = f"translate({text}, {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)})"
    either = f"case when regexp_matches({text}, '[{FULL_WIDTH}]') then {changed} else {text} end"
    return f"trim({either}, {literal(BLANKS)})"


def once(value: str, name: str, body: str) -> str:
    """SQL of `body` with `value` under a name: the engine works it out once, and only where a case asks for it."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def own_money(value: str) -> str:
    """Decimals of up to four places, whole numbers, and doubles that are an amount to the last bit; else null."""
    sql_type = SQL_TYPES["money"]
    amount = f"try_cast({value} as {sql_type})"
    return (
        f"case when regexp_full_match(typeof({value}), '{WHOLE_NUMBER}|DECIMAL[(][0-9]+,[0-4][)]') then {amount} "
        f"when typeof({value}) = 'DOUBLE' and abs(try_cast({value} as double)) < {SURE:.0f} "
        f"and {amount}::double = try_cast({value} as double) then {amount} end"
    )


def money(text: str, decimal: str) -> str:
    """Exact to four decimals, or not read."""
    sql_type = SQL_TYPES["money"]
    point = "[.]" if decimal == "." else ","
    plain = f"[-+]?[0-9]*({point}[0-9]{{0,4}})?"
    with_point = text if decimal == "." else f"replace({text}, ',', '.')"
    return (
        f"case when regexp_full_match({text}, '{plain}') then try_cast({with_point} as {sql_type}) "
        f"else try_cast({spelt_number(text, decimal, '[0-9]{1,4}0*')} as {sql_type}) end"
    )


def own_number(value: str) -> str:
    """Whole numbers, decimals and finite doubles; else null."""
    number = f"try_cast({value} as {SQL_TYPES['number']})"
    types = f"{WHOLE_NUMBER}|DECIMAL[(].*|DOUBLE"
    return f"case when regexp_full_match(typeof({value}), '{types}') and isfinite({number}) then {number} end"


def number(text: str, decimal: str) -> str:
    """A finite number; 1_000 is none, though the engine's cast takes it."""
    sql_type = SQL_TYPES["number"]

    def plainly(text: str) -> str:
        with_point = (
            text if decimal == "." else f"case when not contains({text}, '.') then replace({text}, ',', '.') end"
        )
        return f"case when not contains({text}, '_') then try_cast({with_point} as {sql_type}) end"

    trimmed = once(half_width(text), "bare", plainly("bare"))
    value = f"coalesce({plainly(text)}, {trimmed}, try_cast({spelt_number(text, decimal, '[0-9]+')} as {sql_type}))"
    return f"case when isfinite({value}) then {value} end"


def spelt_number(name: str, decimal: str, decimals: str) -> str:
    """The number in plain digits where it is written in one of the ways of ledgers and spreadsheets; else null.

    `decimals` is the pattern of what stands behind the point.
    """
    if decimal == ".":
        amount = f"(([0-9]{{1,3}}(,[0-9]{{3}})+|[0-9]+)([.]({decimals})?)?|[.]{decimals})"
        digits = "regexp_replace(spelt, '[^0-9.]', '', 'g')"
    else:
        amount = f"(([0-9]{{1,3}}(([.][0-9]{{3}})+|( [0-9]{{3}})+)|[0-9]+)(,({decimals})?)?|,{decimals})"
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


def own_moment(value: str, kind: str) -> str:
    """Dates and moments without a zone, within the years 1 to 9999; else null."""
    at = f"try_cast({value} as timestamp)"
    return (
        f"case when typeof({value}) in ('TIMESTAMP', 'DATE') and {at} between '0001-01-01' and "
        f"'9999-12-31 23:59:59.999999' then try_cast({value} as {SQL_TYPES[kind]}) end"
    )


def moment(text: str, kind: str) -> str:
    """Within the years 1 to 9999; the engine would drop an offset or a zone without a word, so neither is let in."""
    sql_type = SQL_TYPES[kind]
    # A format costs no more than a cast, which reads 07:08: 8 as 07:08; but it takes years of fewer digits too.
    is_plain = f"({text} like '____-__-%' or {text} like '____/__/%') and {text} >= '1' and {text} < ':'"
    formats = [f"%Y{sign}%m{sign}%d{time}" for time in (" %H:%M:%S", "") for sign in "-/"]
    plain = f"case when {is_plain} then try_strptime({text}, {formats}) end"
    return f"coalesce({plain}, {spelt_moment(text)})::{sql_type}"


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
    dashes = "left(signs, 4) || '-' || substr(signs, 5, 2) || '-' || substr(signs, 7)"
    text = once(iso, "signs", f"case when regexp_full_match(signs, '[0-9]{{8}}([T ].*)?') then {dashes} else signs end")
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
    # Half a day has no 24 o'clock; of a whole one it is the end.
    either = (
        f"case when regexp_matches(iso, '午 ?24') then null when contains(iso, '午') then {shifted} else {whole} end"
    )
    # To the engine, the year 0000 is 1 BC.
    spelt = f"case when regexp_full_match(iso, '{MOMENT}') and left(iso, 4) <> '0000' then {either} end"
    microseconds = "(round(try_cast(spelt as decimal(38, 20)) * 86400000) * 1000)::bigint"
    body = (
        f"case when regexp_full_match(spelt, '{SERIAL}') then timestamp '1899-12-30' + to_microseconds({microseconds}) "
        f"else {once(text, 'iso', spelt)} end"
    )
    return once(half_width(name), "spelt", body)
