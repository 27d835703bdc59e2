"""A tender's record on disk: one line of JSON a decision, read back only if its chain holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from procurement.record import Decision, Line, chain_faults, line_after
from transport.digest import digest_of, file_digest, plain_of

LOG_FILE = "log.jsonl"
LINE_VERSION = 1
"""Of how a line is written; lines without one are of version 1."""


class RecordDamaged(ValueError):
    """The record cannot be read, or its chain does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who decides, why, and when.

    Attributes
    ----------
    at : with time zone; by default now.
    """

    by: tuple[str, ...]
    why: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def read_log(tender: Path) -> tuple[Line, ...]:
    """The record so far; empty where nothing has been decided.

    Raises
    ------
    RecordDamaged
        Naming every line that cannot be read or does not follow the one before.
    """
    path = tender / LOG_FILE
    return lines_of(path.read_text(encoding="utf-8")) if path.exists() else ()


def lines_of(text: str) -> tuple[Line, ...]:
    """Lines of a record's text.

    Raises
    ------
    RecordDamaged
        As `read_log`.
    """
    adapter: TypeAdapter[Line] = TypeAdapter(Line)
    lines: list[Line] = []
    faults: list[str] = []
    for number, one in enumerate(text.splitlines(), start=1):
        try:
            given = json.loads(one)
            if digest_of(given["line"]) != given["hash"]:
                faults.append(f"{LOG_FILE} line {number}: was changed since it was written")
                continue
            line = adapter.validate_json(json.dumps(given["line"]))
            if given.get("version", 1) > LINE_VERSION or line.hash != given["hash"]:
                faults.append(f"{LOG_FILE} line {number}: a newer schoolrun wrote it")
            lines.append(line)
        except (KeyError, TypeError, ValidationError, ValueError):
            faults.append(f"{LOG_FILE} line {number}: cannot be read; must be an object with line and hash")
    faults += [f"{LOG_FILE}: {fault}" for fault in chain_faults(lines)] if not faults else []
    if faults:
        raise RecordDamaged("\n".join(faults))
    return tuple(lines)


def append_log(tender: Path, decision: Decision, signed: Signed) -> Line:
    """Write a decision behind the last line.

    Raises
    ------
    RecordDamaged
        When the record's chain does not hold: nothing is added to it then.
    """
    line = line_after(read_log(tender), decision, by=signed.by, why=signed.why, at=signed.at)
    tender.mkdir(parents=True, exist_ok=True)
    with (tender / LOG_FILE).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(entry_of(line), ensure_ascii=False) + "\n")
    return line


def entry_of(line: Line) -> dict[str, Any]:
    """A line as it is written, with its hash."""
    return {"version": LINE_VERSION, "hash": line.hash, "line": plain_of(line)}


def digests_of(paths: Iterable[Path]) -> dict[str, str]:
    """Sha256 of files by name, in order of names."""
    return {path.name: file_digest(path) for path in sorted(paths, key=lambda path: path.name)}
