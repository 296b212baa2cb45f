"""Which files a configured path names: environment variables, wildcards, URLs; their fingerprint.

Local files stay where they are; what lies behind a URL is downloaded into the work folder. What the files are made of
is reading.py's.
"""

import hashlib
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from orchestration.environment import filled
from orchestration.errors import UserError

IS_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
WILDCARDS = re.compile(r"[*?\[]")
# What browsers, download programs and editors call a file before it is whole; and their backups.
UNFINISHED = (".part", ".tmp", ".crdownload", "~")
SETTLED_AFTER = 2_000_000_000  # nanoseconds; the coarsest file systems count time in steps of two seconds


def state(path: Path) -> tuple[int, int, int]:
    """What changes when somebody writes the file: which one it is, its size, its time."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class Original:
    """A file as it came: `name` is what people call it (a path, or a URL without credentials), `path` where it is."""

    name: str
    path: Path
    state: tuple[int, int, int] = field(default=(0, 0, 0), repr=False)

    @classmethod
    def at(cls, path: Path, name: str | None = None) -> "Original":
        """The file at this path, as it is now.

        Raises
        ------
        UserError
            It cannot be read.
        """
        try:
            path.open("rb").close()
            return cls(name or str(path), path, state(path))
        except OSError as error:
            raise UserError(
                f"{name or path} cannot be read: {error.strerror}",
                where=name or str(path),
                mend="see that the file is there and that this user may read it",
            ) from None

    def fingerprint(self, known: Mapping[str, str] = MappingProxyType({})) -> dict:
        """Name (without folders), size in bytes and SHA-256 of the content as it came.

        With the file's `stamp`, unless it was written just now: while the clock of the file system has not gone on,
        another writing would leave the same.

        Parameters
        ----------
        known : mapping
            SHA-256 by stamp: a file that nobody has touched since is not read again.
        """
        status = self.path.stat()
        stamp = f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
        found = {"name": self.name.rpartition("/")[2], "bytes": status.st_size}
        if stamp in known:
            return found | {"sha256": known[stamp], "stamp": stamp}
        with self.path.open("rb") as stream:
            found["sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
        is_settled = time.time_ns() - status.st_ctime_ns > SETTLED_AFTER
        return found | ({"stamp": stamp} if is_settled else {})

    def check_unchanged(self) -> None:
        """Refuse a file that was written to since it was located: part of what was read is old, part new.

        Raises
        ------
        UserError
            Size, time or identity of the file differ, or it is gone.
        """
        try:
            is_same = state(self.path) == self.state
        except OSError:
            is_same = False
        if not is_same:
            raise UserError(
                f"{self.name} changed while it was read",
                where=self.name,
                mend="let the export finish, under another name where possible, and start again",
            )


def located(path: str, where: str, home: Path, work: Path) -> list[Original]:
    """The files that a configured path names, sorted by name; environment variables and wildcards filled in.

    Parameters
    ----------
    path : str
        A local path or a URL; `*`, `?` and `[…]` match in any part of it (in a web URL only `*` does). A file of this
        very name comes first: browsers write `orders[1].csv`. Wildcards leave out hidden files, the lock files of
        spreadsheet programs (`~$…`) and names of unfinished files (`UNFINISHED`).
    where : str
        The setting, for messages: `feeds.orders.path`.
    work : Path
        Folder for downloads.

    Raises
    ------
    UserError
        A variable is not set, no file matches, one cannot be read or downloaded.
    """
    setting = f"sources.yml, {where}"
    full = filled(path, where, home)
    if IS_URL.match(full):
        return downloaded(full, setting, work)
    matches = [match for match in matching(Path(full).expanduser()) if match.is_file()]
    if not matches:
        path, example = Path(full).expanduser(), home / "sample"
        mend = "put the file there, or correct the path (for one refresh: --source FEED=PATH)"
        if path.parent == example:  # the shipped sources.yml reads the example company
            mend = f"write the example company (touchstone sample --out {example}), or configure feeds of your own"
        raise UserError(f"there is no file {path}", where=setting, mend=mend)
    return [Original.at(match) for match in sorted(matches)]


def matching(path: Path) -> list[Path]:
    """Paths that match, part by part: a part that exists under its very name is no wildcard."""
    found = [Path(path.anchor)]
    for part in path.parts[1:] if path.anchor else path.parts:
        following: list[Path] = []
        for folder in found:
            if (folder / part).exists() or not WILDCARDS.search(part):
                following.append(folder / part)
            elif folder.is_dir():
                hidden = () if part.startswith((".", "~$")) else (".", "~$")
                unfinished = () if part.endswith(UNFINISHED) else UNFINISHED
                following += [
                    match
                    for match in folder.glob(part)
                    if not match.name.startswith(hidden) and not match.name.endswith(unfinished)
                ]
        found = following
    return found


def without_credentials(url: str) -> str:
    """A URL that may be shown: no user, no password, no query (signed links keep their key there)."""
    if not IS_URL.match(url):
        return url
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def downloaded(url: str, setting: str, work: Path) -> list[Original]:
    """What lies behind a URL, copied into the work folder block by block."""
    import fsspec

    shown = without_credentials(url)
    try:
        files, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        package = missing_package(url, error)
        raise UserError(
            f"{shown} needs the package {package}", where=setting, mend=f"install it: pip install {package}"
        ) from None
    except ValueError:
        raise UserError(
            f"nothing here can read a URL of the kind {url.partition('://')[0]}://",
            where=setting,
            mend="use https, s3, gs, abfs or sftp, or a local path",
        ) from None
    is_web = url.lower().startswith(("http://", "https://"))
    has_wildcards = "*" in path if is_web else WILDCARDS.search(path)
    found = remote(shown, setting, files.glob, path) if has_wildcards else [path]
    if not found:
        raise UserError(f"there is no file {shown}", where=setting, mend="correct the URL, or put the file there")
    originals = []
    for name in sorted(found):
        with tempfile.NamedTemporaryFile(dir=work, prefix="download-", delete=False) as target:
            remote(shown, setting, files.get_file, name, target.name)
        full = name if IS_URL.match(name) else f"{urlsplit(url).scheme}://{name.lstrip('/')}"
        originals.append(Original.at(Path(target.name), without_credentials(full) if has_wildcards else shown))
    return originals


def remote(shown: str, setting: str, call: Any, *arguments: str) -> Any:
    """Call a remote file system; whatever library fails, its message may hold the URL with its secrets."""
    try:
        return call(*arguments)
    except FileNotFoundError:
        raise UserError(
            f"there is no file {shown}", where=setting, mend="correct the URL, or put the file there"
        ) from None
    except Exception as error:  # each file system raises errors of its own library
        code = getattr(error, "status", None)
        reason = type(error).__name__ + (f", HTTP status {code}" if code else "")
        raise UserError(
            f"{shown} cannot be read: {reason}",
            where=setting,
            mend="see that the address is right, that it can be reached from here, and that the credentials are valid",
        ) from None


def missing_package(url: str, error: ImportError) -> str:
    """The package that reads this kind of URL: the well-kept one of its kind, else the module that is missing."""
    kinds = {
        "s3": "s3fs",
        "s3a": "s3fs",
        "gs": "gcsfs",
        "gcs": "gcsfs",
        "abfs": "adlfs",
        "abfss": "adlfs",
        "az": "adlfs",
    }
    return kinds.get(urlsplit(url).scheme) or getattr(error, "name", None) or str(error)
