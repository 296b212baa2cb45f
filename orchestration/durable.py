"""Writing that survives a crash: whole files and links that are either the old ones or the new ones.

Knows nothing of loads and releases.
"""

import hashlib
import os
import secrets
from pathlib import Path


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Ask the system to put a file, or the names within a directory, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Put a flat directory on the disk: each of its files, then their names."""
    for path in sorted(directory.iterdir()):
        sync(path)
    sync(directory)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file as a whole: a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path)
    try:
        temporary.write_bytes(content)
        sync(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def replace_link(link: Path, target: str) -> None:
    """Point a symbolic link elsewhere; it is never missing, and after a failure it points as before."""
    before = os.readlink(link) if link.is_symlink() else None
    temporary = _beside(link)
    try:
        temporary.symlink_to(target)
        os.replace(temporary, link)
        sync(link.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        if link.is_symlink() and os.readlink(link) != before:
            _point_back(link, before)
        raise


def _point_back(link: Path, target: str | None) -> None:
    if target is None:
        link.unlink()
        return
    temporary = _beside(link)
    temporary.symlink_to(target)
    os.replace(temporary, link)


def is_leftover(path: Path) -> bool:
    """Whether a dead process left this behind: writes in progress are named `.tmp-…`."""
    return path.name.startswith(".tmp-")


def _beside(path: Path) -> Path:
    return path.with_name(f".tmp-{path.name}-{secrets.token_hex(4)}")
