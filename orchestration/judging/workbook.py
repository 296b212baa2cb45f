"""An expert's workbook, opened: its sheets as cells, or why it cannot be read.

Values are what the spreadsheet last computed; what they mean belongs to judging/reading.py and square.py.
"""

import datetime as dt
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import UserError
from orchestration.sources.readers.sheet_xml import BROKEN_ARCHIVE, left_out

# A survey of 15 items unpacks to 0.1 MB; the library holds a sheet as a whole.
LARGEST = 20 << 20


@dataclass(frozen=True)
class Sheet:
    """One sheet: its values, and the cells whose value is an error or was never computed.

    Rows and columns count from 1.
    """

    source: str
    name: str
    values: list[list[Any]]
    broken: dict[int, dict[int, str]]

    def cell(self, row: int, column: int) -> Any:
        """The value, or the text of an error or formula without value; None where there is nothing."""
        broken = self.broken.get(row, {}).get(column - 1)
        if broken is not None:
            return Broken(broken)
        if row > len(self.values) or column > len(self.values[row - 1]):
            return None
        value = self.values[row - 1][column - 1]
        return None if isinstance(value, str) and not value.strip() else value

    def place(self, row: int, column: int) -> str:
        """Sheet and cell, as people name them: `Survey 问卷!E12`."""
        letters = ""
        while column:
            column, letter = divmod(column - 1, 26)
            letters = chr(65 + letter) + letters
        return f"{self.name}!{letters}{row}"

    @property
    def extent(self) -> tuple[int, int]:
        """The last row and the last column that hold something."""
        filled = [
            (row, column)
            for row, cells in enumerate(self.values, 1)
            for column in range(1, len(cells) + 1)
            if self.cell(row, column) is not None
        ]
        filled += [(row, column + 1) for row, cells in self.broken.items() for column in cells]
        return max((row for row, _ in filled), default=0), max((column for _, column in filled), default=0)


@dataclass(frozen=True)
class Broken:
    """A cell without a value: `#N/A`, or a formula that was never computed."""

    text: str

    def __str__(self) -> str:
        if self.text.startswith("="):
            return f"the formula {self.text!r} without a value (open the file, let it compute, save it)"
        return f"the error {self.text}"


def sheets(path: Path) -> dict[str, Sheet]:
    """Every sheet of an .xlsx workbook by name, hidden ones too.

    Raises
    ------
    UserError
        No such file, another kind of file, damaged, protected by a password, or too large for a survey.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    where = str(path)
    if not path.is_file():
        raise UserError("there is no such file", where=where)
    try:
        if zipfile.is_zipfile(path):
            refuse_large(path)
        book = CalamineWorkbook.from_path(path)
        if not zipfile.is_zipfile(path):
            raise not_xlsx(where)
        with zipfile.ZipFile(path) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise not_xlsx(where)
        return {
            name: Sheet(
                path.name,
                name,
                book.get_sheet_by_index(position).to_python(skip_empty_area=False),
                left_out(path, position),
            )
            for position, name in enumerate(book.sheet_names)
        }
    except PasswordError:
        raise UserError("the workbook is protected by a password", where=where, mend="save it without one") from None
    except CalamineError as error:
        if not zipfile.is_zipfile(path):
            raise not_xlsx(where) from None
        raise damaged(where, error) from None
    except BROKEN_ARCHIVE as error:
        raise damaged(where, error) from None


def refuse_large(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > LARGEST:
        raise UserError(
            f"the workbook unpacks to {size >> 20} MB; a survey has less than {LARGEST >> 20} MB",
            where=str(path),
            mend="is it the right file? Else copy its table into a new workbook",
        )


def not_xlsx(where: str) -> UserError:
    return UserError("this is not an Excel workbook (.xlsx)", where=where, mend="open it and save it as .xlsx")


def damaged(where: str, error: Exception) -> UserError:
    return UserError(
        f"the workbook is damaged ({type(error).__name__})", where=where, mend="open it and save it again as .xlsx"
    )


def shown(value: Any) -> str:
    """A wrong value in words, short."""
    if value is None:
        return "nothing"
    if isinstance(value, Broken):
        return str(value)
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return f"the date {value}"
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return repr(text if len(text) <= 40 else text[:40] + "…")
