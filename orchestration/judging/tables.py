"""Judgement files: experts' comparisons as CSV in the configuration's folder `judgements`, one file an expert.

Reading and writing them; what an expert fills in is in judging/template.py, reading.py and square.py.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestration.config.reading import judgement_text
from orchestration.durable import replace_file
from orchestration.errors import UserError
from orchestration.judging.numbers import number
from orchestration.scoring.hierarchy import GROUP
from orchestration.scoring.judgements import ORIENTATIONS, Judgement, importance

COLUMNS = ("expert", "hierarchy", "parent", "item_a", "item_b", "ratio")
ORIENTATION = "orientation"  # an optional column, with one value in all lines of a file
NOT_IN_NAMES = '/\\:*?"<>|'
LONGEST_NAME = 60  # letters of three bytes stay within the 255 bytes of a file name


def read_judgements(path: Path) -> list[Judgement]:
    """Experts' comparisons from a CSV file with `COLUMNS` and perhaps `ORIENTATION`, UTF-8.

    Raises
    ------
    UserError
        The file is not UTF-8, lacks a column, has a line of another length, or a ratio that is not a number.
    """
    rows = rows_of(path)[1]
    if not rows:
        raise UserError(
            "the judgement file has a header and no comparison", where=str(path), mend="fill it in, or remove it"
        )
    orientation = stated_orientation(path, rows)
    found = []
    for line, row in rows:
        ratio = number(row["ratio"])
        if ratio is None:
            raise UserError(
                f"the ratio {row['ratio']!r} is not a number above 0",
                where=f"{path}, line {line}",
                mend="write how many times more important item_a is than item_b, for example 3, 1/3 or 0.333",
            )
        said = {name: row[name] for name in COLUMNS[:-1]}
        found.append(Judgement(**said, ratio=ratio.value, orientation=orientation, place=f"{path.name}, line {line}"))
    return found


def stated_orientation(path: Path, rows: Iterable[tuple[int, dict[str, str]]]) -> str | None:
    """The orientation that a file states for all of its lines; none where it leaves that to the configuration.

    Raises
    ------
    UserError
        It is unknown, or lines differ.
    """
    stated = {row.get(ORIENTATION, ""): line for line, row in reversed(list(rows))}
    if unknown := set(stated) - {"", *ORIENTATIONS}:
        wrong = min(unknown)
        raise UserError(
            f"unknown orientation {wrong!r}; accepted: {', '.join(ORIENTATIONS)}",
            where=f"{path}, line {stated[wrong]}, column {ORIENTATION}",
            mend="say whether a ratio tells how much more important item_a is (row_over_column), or item_b",
        )
    if len(stated) > 1:
        raise UserError(
            "the lines state different orientations",
            where=f"{path}, lines {' and '.join(map(str, sorted(stated.values())))}",
            mend="state one in all lines of a file, or split it",
        )
    return next(iter(stated), "") or None


def rows_of(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header of a judgement file, and its rows as text, each with its line."""
    reader = csv.DictReader(io.StringIO(judgement_text(path), newline=""))
    header = list(reader.fieldnames or ())
    if missing := set(COLUMNS) - set(header):
        raise UserError(
            f"the judgement file lacks {', '.join(sorted(missing))}",
            where=f"{path}, line 1",
            mend=f"its header is {','.join(COLUMNS)}",
        )
    rows = []
    for row in reader:
        if None in row or None in row.values():
            raise UserError(
                f"the line does not have {len(header)} values, as the header has",
                where=f"{path}, line {reader.line_num}",
            )
        # A blank that nobody sees would make another expert, or an unknown item, of it.
        rows.append((reader.line_num, {name: value.strip() for name, value in row.items()}))
    return header, rows


def expert_name(given: str, where: str) -> str:
    """The name as given, without blanks around it; it becomes the name of a file and the text of a cell.

    Raises
    ------
    UserError
        For an empty or too long name, one that no file may bear, or one that a spreadsheet takes for a formula.
    """
    name = unicodedata.normalize("NFC", given).strip()
    unfit = [sign for sign in name if sign in NOT_IN_NAMES or not sign.isprintable()]
    if not name or len(name) > LONGEST_NAME or unfit or name[0] in ".=+-@" or name == GROUP:
        raise UserError(
            f"{given!r} does not do as the name of an expert",
            where=where,
            mend=f"give 1 to {LONGEST_NAME} letters, digits, blanks, `-` or `_`, not beginning with one of . = + - @",
        )
    return name


def store(
    folder: Path, expert: str, hierarchy: str, judgements: Sequence[Judgement], orientation: str = "row_over_column"
) -> list[str]:
    """Write one expert's comparisons to the expert's own file, in place of what the folder has of that hierarchy.

    Other experts, other hierarchies and other columns stay as they are.

    Returns
    -------
    list of str
        What was done, a sentence each.

    Raises
    ------
    UserError
        When a file of the folder cannot be read; nothing is written then.
    """
    files = {path: rows_of(path) for path in sorted(folder.glob("*.csv"))}
    own = own_file(folder, expert, files)
    header = files.get(own, (list(COLUMNS), []))[0]
    kept, told = {own: []}, []
    for path, (_, rows) in files.items():
        kept[path] = [row for _, row in rows if (row["expert"], row["hierarchy"]) != (expert, hierarchy)]
        if left_out := len(rows) - len(kept[path]):
            told.append(f"replaced: {left_out} earlier comparisons of {expert} in {path.name}")
    # A file that states its orientation keeps it; the new lines are turned to it.
    own_orientation = stated_orientation(own, enumerate(kept[own])) if ORIENTATION in header else None
    is_alike = own_orientation in (None, orientation)
    stated = {ORIENTATION: own_orientation} if own_orientation else {}
    new = [
        {name: getattr(judgement, name) for name in COLUMNS[:-1]}
        | {"ratio": ratio_text(judgement.ratio if is_alike else importance(judgement.ratio, "column_over_row"))}
        | stated
        for judgement in judgements
    ]
    # The new ones first: cut off here, the expert counts twice, which is refused; never not at all.
    write_rows(own, header, kept[own] + new)
    for path, (other_header, rows) in files.items():
        if path != own and len(kept[path]) < len(rows):
            if kept[path]:
                write_rows(path, other_header, kept[path])
            else:
                path.unlink()
                told.append(f"removed: {path.name}, which held nothing else")
    return [*told, f"written: {len(new)} comparisons of {expert} to {own}"]


def own_file(folder: Path, expert: str, files: Iterable[Path]) -> Path:
    """`<expert>.csv`, or the file there that some systems take for it: on those, Ann and ann share one."""
    name = f"{expert}.csv"
    return next((path for path in files if same_name(path.name) == same_name(name)), folder / name)


def same_name(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def ratio_text(ratio: float) -> str:
    """3 and not 3.0; else all the digits that lead back to the same number."""
    return str(int(ratio)) if ratio.is_integer() else repr(ratio)


def write_rows(path: Path, header: list[str], rows: list[dict]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replace_file(path, stream.getvalue().encode())
