"""From an original to the tables in it: archives unpacked, the format told apart, the reader of that format called."""

from pathlib import Path

from orchestration.config.sources import Files
from orchestration.errors import UserError
from orchestration.sources.archives import Content, contents
from orchestration.sources.files import SourceFile
from orchestration.sources.locate import Original
from orchestration.sources.readers.text import csv_file

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
IN_WORDS = {"csv": "text", "json_lines": "text", "excel": "an Excel workbook", "parquet": "Parquet"}


def opened(original: Original, spec: Files, work: Path) -> list[SourceFile]:
    """The tables in a file; one, or one for each member of a zip archive.

    Parameters
    ----------
    spec : Files
        What is known of the format; what it does not say is found out.
    work : Path
        Folder for what has to be unpacked or converted.

    Raises
    ------
    UserError
        The file is empty, damaged, not what it was said to be, or has no usable header.
    """
    return [table(content, spec, work) for content in contents(original, spec.members, work)]


def table(content: Content, spec: Files, work: Path) -> SourceFile:
    """One unpacked file as a table."""
    from orchestration.sources.readers.excel import excel_file
    from orchestration.sources.readers.json_lines import json_lines_file
    from orchestration.sources.readers.parquet import parquet_file

    with content.path.open("rb") as stream:
        beginning = stream.read(512)
    if not beginning:
        raise UserError(f"{content.name} is empty: not even a header row", where=content.name, mend="export it again")
    found = binary_format(beginning)
    wanted = spec.format or found or format_by_name(content.suffix)
    if wanted == "parquet":
        return parquet_file(content.path, content.name)
    if found != (wanted if wanted == "excel" else None):
        raise UserError(
            f"{content.name} is {IN_WORDS[found or 'csv']}, not {IN_WORDS[wanted]}",
            where=content.name,
            mend=f"sources.yml says `format: {wanted}`: correct it, or leave it out",
        )
    if wanted == "excel":
        return excel_file(content.path, content.name, spec, work)
    refuse_markup(beginning, content)
    if wanted == "json_lines":
        return json_lines_file(content.path, content.name, spec, work)
    return csv_file(content.path, content.name, spec, work)


def binary_format(beginning: bytes) -> str | None:
    """The format that the first bytes tell, whatever the name says; None for text."""
    if beginning.startswith(b"PAR1"):
        return "parquet"
    return "excel" if beginning.startswith((b"PK\x03\x04", OLD_OFFICE)) else None


def format_by_name(suffix: str) -> str:
    if suffix in JSON_SUFFIXES:
        return "json_lines"
    return "parquet" if suffix == ".parquet" else "csv"


def refuse_markup(beginning: bytes, content: Content) -> None:
    """A web page under the name of an export: what a portal sends when the session is over, or calls `.xls`."""
    if beginning.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise UserError(
            f"{content.name} is a web page or XML, not a table",
            where=content.name,
            mend="open it and save it as .xlsx or CSV; if it asks to sign in, download it again",
        )
