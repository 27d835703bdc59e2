"""Digests: one sha256 for a domain object, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any


def plain_of(thing: Any) -> Any:
    """Reduce a domain object to JSON types: dataclasses by public field, sets sorted, dates as ISO text."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: plain_of(getattr(thing, f.name)) for f in fields(thing) if not f.name.startswith("_")}
    if isinstance(thing, dict) or hasattr(thing, "items"):
        return {str(key): plain_of(value) for key, value in thing.items()}
    if isinstance(thing, frozenset | set):
        return sorted(plain_of(item) for item in thing)
    if isinstance(thing, list | tuple):
        return [plain_of(item) for item in thing]
    if isinstance(thing, date):
        return thing.isoformat()
    return thing


def digest_of(thing: Any) -> str:
    """Sha256 of a domain object's plain form."""
    text = json.dumps(plain_of(thing), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
