"""Files that carry their own digest: a pack, bids, an award; written once and read back exactly or refused.

The digest is of the content as it stands in the file. A record of an older schoolrun, whose type has been given a field
since (`transport.digest.later`), keeps its digest and is read with that field's default.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from transport.digest import digest_of, plain_of

FORMAT_VERSION = 1
T = TypeVar("T")


class RecordFileError(ValueError):
    """A record that cannot be read, is of another kind, or was changed since it was written."""


def write_record(kind: str, thing: Any, path: Path, *, note: str = "") -> str:
    """Write a frozen dataclass, or a tuple of them, as UTF-8 JSON with its kind and digest.

    Parameters
    ----------
    note : for people; not part of the digest.

    Returns
    -------
    The digest: sha256 of the content.
    """
    digest = digest_of(thing)
    whole = {"kind": kind, "format_version": FORMAT_VERSION, "note": note, "digest": digest, "content": plain_of(thing)}
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return digest


def read_record(kind: str, of_type: type[T], path: Path) -> T:
    """Read what `write_record` wrote.

    Parameters
    ----------
    of_type : what the content is, such as `TenderPack` or `tuple[Submission, ...]`.

    Raises
    ------
    RecordFileError
        Naming the file and what is wrong with it.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RecordFileError(f"{path.name}: {error}; must be JSON in UTF-8") from error
    head = ("kind", "format_version", "digest", "content")
    if not isinstance(given, dict) or any(key not in given for key in head):
        raise RecordFileError(f"{path.name}: must be an object with {', '.join(head)}")
    if given["kind"] != kind or given["format_version"] != FORMAT_VERSION:
        found = f"{given['kind']}, format {given['format_version']}"
        raise RecordFileError(f"{path.name}: is {found}; must be {kind}, format {FORMAT_VERSION}")
    if digest_of(given["content"]) != given["digest"]:
        raise RecordFileError(f"{path.name}: was changed since it was written; its digest is {given['digest'][:12]}…")
    try:
        thing = TypeAdapter(of_type).validate_json(json.dumps(given["content"]))
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise RecordFileError(f"{path.name}: {where}") from error
    if digest_of(thing) != given["digest"]:
        raise RecordFileError(f"{path.name}: holds what this schoolrun does not know; a newer one wrote it")
    return thing
