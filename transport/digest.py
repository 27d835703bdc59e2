"""Digests: one sha256 for a domain object, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, Field, field, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

SINCE = "since"


def later(default: Any, *, since: str) -> Any:
    """A field that a recorded type was given after records of it had been written.

    While it has its default it is no part of the plain form, so what was written before keeps its digest.

    Parameters
    ----------
    since : version of schoolrun that added it.
    """
    return field(default=default, metadata={SINCE: since})


def plain_of(thing: Any) -> Any:
    """Reduce a domain object to JSON types: dataclasses by public field, sets sorted, dates as ISO text."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: plain_of(getattr(thing, f.name)) for f in fields(thing) if _is_said(thing, f)}
    if isinstance(thing, dict) or hasattr(thing, "items"):
        return {str(key): plain_of(value) for key, value in thing.items()}
    if isinstance(thing, frozenset | set):
        return sorted(plain_of(item) for item in thing)
    if isinstance(thing, list | tuple):
        return [plain_of(item) for item in thing]
    if isinstance(thing, date):
        return thing.isoformat()
    return thing


def _is_said(thing: Any, one: Field[Any]) -> bool:
    is_later = SINCE in one.metadata and one.default is not MISSING
    return not one.name.startswith("_") and not (is_later and getattr(thing, one.name) == one.default)


def digest_of(thing: Any) -> str:
    """Sha256 of a domain object's plain form."""
    text = json.dumps(plain_of(thing), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
