"""What the store refuses to start on, because acknowledged changes could be lost there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.store.faults import StoreRefusedError

if TYPE_CHECKING:
    from typing import BinaryIO

FIRST_SAFE_WAL = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can corrupt a write-ahead log that two connections reset together (sqlite.org/wal.html)."""

_NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.cephfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone",
        "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2",
        "smb", "smb2", "smb3", "smbfs", "virtiofs",
    }
)  # fmt: skip
"""Locks of SQLite do not hold there (sqlite.org/faq.html, question 5)."""


def journal_mode_of(wanted: str, sqlite_version: tuple[int, ...]) -> str:
    """`wal` or `delete`, from the setting `auto`, `wal` or `delete`.

    Raises
    ------
    StoreRefusedError
        When a write-ahead log is asked for on a SQLite that may corrupt it.
    """
    is_safe = sqlite_version >= FIRST_SAFE_WAL
    if wanted == "wal" and not is_safe:
        raise StoreRefusedError(
            f"SCHOOLRUN_SQLITE_JOURNAL: wal; SQLite {_dotted(sqlite_version)} may corrupt a write-ahead log, which "
            f"{_dotted(FIRST_SAFE_WAL)} and newer do not; must be auto or delete"
        )
    return "wal" if wanted != "delete" and is_safe else "delete"


def require_durable(synchronous: str) -> None:
    """Refuse a setting under which a power cut loses acknowledged changes.

    Raises
    ------
    StoreRefusedError
        When it is below `full`.
    """
    if synchronous not in ("full", "extra"):
        raise StoreRefusedError(
            f"SCHOOLRUN_SQLITE_SYNCHRONOUS: {synchronous}; acknowledged changes could be lost; must be full or extra"
        )


def require_local_disk(path: Path, mounts: Path = Path("/proc/self/mounts")) -> None:
    """Refuse a database file on a network file system, where the system says what it is (Linux).

    Raises
    ------
    StoreRefusedError
        Naming the file system.
    """
    kind = _file_system_of(path.resolve(), mounts)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StoreRefusedError(
            f"{path.name}: lies on a network file system ({kind}), where SQLite's locks do not hold; "
            "must be on a local disk, or use PostgreSQL"
        )


def _file_system_of(path: Path, mounts: Path) -> str:
    if not mounts.is_file():
        return ""
    best, kind = -1, ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].encode().decode("unicode_escape"))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


@contextmanager
def only_server_on(path: Path) -> Iterator[None]:
    """Hold the one place of a server on a database file.

    The system lets go of it when the process ends, however it ends.

    Raises
    ------
    StoreRefusedError
        When another server holds it.
    """
    refused = StoreRefusedError(f"{path.name}: another schoolrun server is running on this file; must be stopped first")
    with locked_file(path.with_name(path.name + ".server"), refused):
        yield


@contextmanager
def locked_file(path: Path, refused: StoreRefusedError) -> Iterator[None]:
    """Hold a file that one process at a time may hold.

    Raises
    ------
    StoreRefusedError
        `refused`, when another process holds it.
    """
    with path.open("ab") as file:
        try:
            _lock(file)
        except OSError:
            raise refused from None
        yield


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def make_owner_only(path: Path) -> None:
    """Make a database file readable by its owner alone, before anything is in it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
