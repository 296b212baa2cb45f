"""The manifest: everything a release was made from and holds, as one JSON file that a person can read.

What it contains is decided by whoever publishes; here it is completed, written, read and verified.
"""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration import durable
from orchestration.errors import UserError

NAME = "manifest.json"

REQUIRED = (
    "as_of",
    "base_release_id",
    "checks",
    "code_version",
    "configuration",
    "configuration_hash",
    "fingerprint",
    "loads",
    "models",
    "overrides",
)
REQUIRED_OF_A_CHECK = ("name", "subject", "severity", "passed", "observed", "threshold", "message")


def require_complete(manifest: dict) -> None:
    """Refuse a manifest that does not say where its release comes from.

    Raises
    ------
    ValueError
        With the names that are missing.
    """
    missing = [name for name in REQUIRED if name not in manifest]
    if missing:
        raise ValueError(f"the manifest lacks {', '.join(missing)}; it must have {', '.join(REQUIRED)}")
    for check in manifest["checks"]:
        missing = [name for name in REQUIRED_OF_A_CHECK if name not in check]
        if missing:
            raise ValueError(f"check {check.get('name', check)!r} in the manifest lacks {', '.join(missing)}")


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dates in ISO form, decimals as text, numbers that are not finite as null.

    Raises
    ------
    TypeError
        The value is of a kind that has no agreed form.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case date():  # and datetime, which is one
            return value.isoformat()
        case Decimal() | Path():
            return str(value)
    if hasattr(value, "item"):  # a number of numpy
        return plain(value.item())
    raise TypeError(f"{value!r} ({type(value).__name__}) cannot be written to the manifest")


def write(directory: Path, manifest: dict) -> dict:
    """Write `manifest.json` beside the other files of a release, with the SHA-256 of each of them.

    Returns
    -------
    dict
        The manifest as it was written.
    """
    manifest = plain(manifest) | {
        "files": {path.name: durable.sha256(path) for path in sorted(directory.iterdir()) if path.name != NAME}
    }
    text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    (directory / NAME).write_text(text + "\n", encoding="utf-8")
    return manifest


def read(directory: Path, named_by: str = "release_id") -> dict:
    """Read the manifest of a release, or of a back-cast.

    Parameters
    ----------
    named_by : str
        What in the manifest the directory bears the name of.

    Raises
    ------
    UserError
        It is missing, is not JSON, or belongs to another release.
    """
    path = directory / NAME
    mend = "Roll back to another release, or restore this directory from a backup."
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"Release {directory.name} has no manifest.", where=str(path), mend=mend) from None
    except ValueError as error:
        raise UserError(
            f"The manifest of release {directory.name} cannot be read: {error}.", where=str(path), mend=mend
        ) from None
    if not isinstance(manifest, dict) or manifest.get(named_by) != directory.name:
        raise UserError(f"The manifest of release {directory.name} is not its own.", where=str(path), mend=mend)
    return manifest


def verify_files(directory: Path, manifest: dict, suffix: str = "") -> None:
    """Compare the files of a release, or those of one kind, with the hashes in its manifest.

    Raises
    ------
    UserError
        With the names of the files that are missing or changed.
    """
    files = {name: digest for name, digest in manifest["files"].items() if name.endswith(suffix)}

    def is_whole(name: str) -> bool:
        return (directory / name).is_file() and durable.sha256(directory / name) == files[name]

    with ThreadPoolExecutor() as threads:  # hashing lets go of Python's lock, so that files are read side by side
        wrong = [name for name, whole in zip(files, threads.map(is_whole, files), strict=True) if not whole]
    if wrong:
        raise UserError(
            f"Release {directory.name} is not what was published: {', '.join(wrong)} missing or changed.",
            where=str(directory),
            mend="Restore this directory from a backup; or go back to another release with "
            "`touchstone rollback RELEASE`, then `touchstone unpin`.",
        )
