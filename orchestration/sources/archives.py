"""What is inside a gzip file or a zip archive, unpacked into the work folder; other files pass as they are.

Content is unpacked under names of our own, never the archive's, so that nothing in it can say where it goes. What
comes out is counted while it is written: an archive that grows beyond any honest export is refused.
"""

import fnmatch
import gzip
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from orchestration.errors import UserError
from orchestration.sources.locate import Original

BLOCK = 1 << 20
FREE_RATIO_BYTES = 100 << 20  # up to here any ratio passes: a small file of one repeated line packs 1000 to 1
HIGHEST_RATIO = 200  # exports of tables pack 5 to 30 to 1
KEPT_FREE = 1 << 30  # disk that unpacking leaves to others
GZIP, ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}


@dataclass(frozen=True)
class Content:
    """One file to be read: `name` for people, `suffix` of its own name in small letters, `path` where it is."""

    name: str
    suffix: str
    path: Path


def contents(original: Original, members: str, work: Path) -> Iterator[Content]:
    """The files inside an original, sorted by name.

    Parameters
    ----------
    members : str
        Which files of a zip archive, by wildcard on their name with or without its folders.

    Raises
    ------
    UserError
        The archive is damaged, cut off, encrypted, holds no such member, or grows beyond the limits.
    """
    name = Path(original.name)
    suffix = name.suffix.lower()
    with original.path.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] == GZIP:
        inner = Path(name.stem).suffix.lower() if suffix in (".gz", ".gzip") else suffix
        with tempfile.NamedTemporaryFile(dir=work, delete=False) as target:
            unpack(partial(gzip.GzipFile, original.path), target, original.path.stat().st_size, original.name)
        yield Content(original.name, inner, refuse_nested(Path(target.name), original.name))
    elif magic in ZIP and not is_workbook(original):
        yield from zip_members(original, members, work)
    elif suffix in (".gz", ".gzip", ".zip") and magic:
        raise UserError(
            f"{original.name} is no {'zip' if suffix == '.zip' else 'gzip'} file, though its name says so",
            where=original.name,
            mend="export or download it again, or give it the name of what it is",
        )
    else:
        yield Content(original.name, suffix, original.path)


def is_workbook(original: Original) -> bool:
    """Whether a zip archive is a spreadsheet: those of Excel and OpenDocument are zip archives too."""
    try:
        with zipfile.ZipFile(original.path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Path(original.name).suffix.lower().startswith((".xls", ".ods"))
    return "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= names


def zip_members(original: Original, members: str, work: Path) -> Iterator[Content]:
    try:
        with zipfile.ZipFile(original.path) as archive:
            chosen = chosen_members(archive, members, original.name)
            for name, info in chosen:
                shown = f"{original.name}/{name}"
                with tempfile.NamedTemporaryFile(dir=work, delete=False) as target:
                    unpack(partial(archive.open, info), target, info.compress_size, shown)
                yield Content(shown, Path(name).suffix.lower(), refuse_nested(Path(target.name), shown))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(original.name, error) from None


def chosen_members(archive: zipfile.ZipFile, members: str, archive_name: str) -> list[tuple[str, zipfile.ZipInfo]]:
    """Members by name, those that the setting asks for."""
    every = sorted((member_name(info), info) for info in archive.infolist() if not info.is_dir())
    every = [(name, info) for name, info in every if not name.startswith("__MACOSX/")]  # a Mac's notes on the files
    chosen = [
        (name, info)
        for name, info in every
        if fnmatch.fnmatchcase(name, members) or fnmatch.fnmatchcase(name.rpartition("/")[2], members)
    ]
    if not chosen:
        raise UserError(
            f"{archive_name} holds no file {members}",
            where=archive_name,
            mend="correct `members` in sources.yml; it holds: "
            + (", ".join(name for name, _ in every[:20]) or "nothing"),
        )
    for name, info in chosen:
        problem = None
        if info.flag_bits & 1:
            problem = "is encrypted"
        elif stat.S_ISLNK(info.external_attr >> 16):
            problem = "is a link to another file"
        elif info.compress_type not in METHODS:
            problem = "is packed in a way that is not read here"
        if problem:
            raise UserError(
                f"{name} in {archive_name} {problem}",
                where=f"{archive_name}/{name}",
                mend="pack the files themselves, without a password, by the usual method (deflate)",
            )
    return chosen


def member_name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: programs on Chinese Windows write GBK, and say nothing of it."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        written = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def unpack(opened: Callable[[], IO[bytes]], target: IO[bytes], packed: int, name: str) -> None:
    """Write what comes out of `opened` to `target`, within the limits of growth and of the disk."""
    written = 0
    try:
        with opened() as source:
            while block := source.read(BLOCK):
                written += len(block)
                if written > FREE_RATIO_BYTES and written > HIGHEST_RATIO * packed:
                    raise UserError(
                        f"{name} grows more than {HIGHEST_RATIO} times when it is unpacked, past "
                        f"{FREE_RATIO_BYTES >> 20} MB: no honest export does",
                        where=name,
                        mend="look at where the file comes from; if it is right, unpack it yourself",
                    )
                if shutil.disk_usage(Path(target.name).parent).free < KEPT_FREE + len(block):
                    raise UserError(
                        f"the disk is too full to unpack {name}: less than {KEPT_FREE >> 30} GB would be left",
                        where=name,
                        mend="free some space, or unpack it elsewhere",
                    )
                target.write(block)
    except (EOFError, zlib.error, zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(name, error) from None


def damaged(name: str, error: Exception) -> UserError:
    is_short = isinstance(error, EOFError)
    return UserError(
        f"{name} is {'cut off' if is_short else 'damaged'}: it cannot be unpacked to its end",
        where=name,
        mend="transfer or export the file again",
    )


def refuse_nested(path: Path, name: str) -> Path:
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] == GZIP or (magic in ZIP and not is_workbook(Original(name, path))):
        raise UserError(f"{name} holds an archive within an archive", where=name, mend="unpack the outer one before")
    return path
