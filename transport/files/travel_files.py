"""Travel matrices as files: the council's own (npz or CSV), and the archive that a plan folder keeps."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from transport.calendar import LEGS
from transport.files.faults import Fault, InputFaults
from transport.travel import UNREACHABLE, TravelMatrix

MEASURES = ("am_seconds", "am_metres", "pm_seconds", "pm_metres")
"""Columns of the CSV and arrays of the npz; seconds and metres of the same path."""

PAIR_COLUMNS = ("from_place_id", "to_place_id")
GREATEST = 10_000_000
"""Seconds or metres above this are a fault, not a journey; an empty cell says that no road leads."""

_MOST_FAULTS = 200
_ARCHIVE_VERSION = 1

IntArray = NDArray[np.int32]


class _Faults:
    """Collects faults up to a readable number: a matrix of the wrong places has millions."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.n_more = 0

    def add(self, file: str, message: str, *, row: int | None = None, column: str = "", value: str = "") -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(file=file, row=row, column=column, value=value, message=message))
        else:
            self.n_more += 1

    def require_none(self) -> None:
        if self.n_more:
            last = self.faults[-1]
            more = f"{self.n_more} more faults are not listed"
            self.faults.append(Fault(file=last.file, row=None, column="", value="", message=more))
        if self.faults:
            raise InputFaults(self.faults)


def _refuse(file: str, message: str) -> NoReturn:
    raise InputFaults([Fault(file=file, row=None, column="", value="", message=message)])


def write_travel(travel: TravelMatrix, path: Path, *, compressed: bool = True) -> None:
    """Write a travel matrix whole, with profiles, digest and notes."""
    places, classes = travel.row_by_place_id, travel.profile_by_class_id
    content: dict[str, NDArray[Any]] = {
        "version": np.array([_ARCHIVE_VERSION]),
        "place_ids": np.array(list(places), dtype=np.str_),
        "rows": np.array(list(places.values()), dtype=np.int64),
        "class_ids": np.array(list(classes), dtype=np.str_),
        "profiles": np.array(list(classes.values()), dtype=np.int64),
        "seconds": travel.seconds,
        "metres": travel.metres,
        "approximate": np.array([travel.approximate]),
        "texts": np.array([travel.source, travel.digest, *travel.notes], dtype=np.str_),
    }
    save: Any = np.savez_compressed if compressed else np.savez
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as handle:
        save(handle, **content)
    part.replace(path)


def read_travel_archive(path: Path) -> TravelMatrix:
    """Read what `write_travel` wrote.

    Raises
    ------
    ValueError : the file is not such an archive.
    """
    try:
        content = _load(path)
        if int(content["version"][0]) != _ARCHIVE_VERSION:
            raise ValueError(f"version {int(content['version'][0])}; must be {_ARCHIVE_VERSION}")
        texts = [str(text) for text in content["texts"]]
        return TravelMatrix(
            row_by_place_id=_index(content["place_ids"], content["rows"]),
            profile_by_class_id=_index(content["class_ids"], content["profiles"]),
            seconds=content["seconds"],
            metres=content["metres"],
            approximate=bool(content["approximate"][0]),
            source=texts[0],
            digest=texts[1],
            notes=tuple(texts[2:]),
        )
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{path}: not a travel archive of schoolrun ({error})") from error


def _index(names: NDArray[Any], values: NDArray[Any]) -> dict[str, int]:
    return {str(name): int(value) for name, value in zip(names, values, strict=True)}


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, EOFError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not an npz file ({error})") from error


def read_travel(path: Path, place_ids: Sequence[str], class_ids: Sequence[str]) -> TravelMatrix:
    """Read a council's own matrix; every class drives the same times.

    Parameters
    ----------
    path : an archive by `write_travel`; an npz with `place_ids` (n,) and the (n, n) arrays `am_seconds`,
        `am_metres`, `pm_seconds`, `pm_metres`, in which `UNREACHABLE` (1e9) says that no road leads; a CSV
        with `from_place_id`, `to_place_id` and the same four columns, in which an empty cell says so; or a
        folder of such CSVs.
    place_ids : distinct places that the matrix must hold. Others in an npz are left out; in a CSV they are a
        fault.
    class_ids : vehicle classes.

    Raises
    ------
    InputFaults : every fault of every file at once.
    """
    if path.is_dir():
        return _read_tables(sorted(path.glob("*.csv")), path, place_ids, class_ids)
    if path.suffix.lower() == ".csv":
        return _read_tables([path], path, place_ids, class_ids)
    return _read_npz(path, place_ids, class_ids)


def _read_npz(path: Path, place_ids: Sequence[str], class_ids: Sequence[str]) -> TravelMatrix:
    try:
        content = _load(path)
    except ValueError as error:
        _refuse(path.name, str(error))
    if "version" in content:
        return _archive_for(path, place_ids, class_ids)
    missing = [name for name in ("place_ids", *MEASURES) if name not in content]
    if missing:
        _refuse(path.name, f"arrays {', '.join(missing)} are missing")
    faults = _Faults()
    known = [str(place_id) for place_id in content["place_ids"].ravel()]
    _check_ids(path.name, known, place_ids, faults)
    for name in MEASURES:
        _check_square(path.name, name, content[name], len(known), faults)
    faults.require_none()
    row = {place_id: idx for idx, place_id in enumerate(known)}
    take = np.array([row[place_id] for place_id in place_ids], np.int64)
    values = {name: content[name][np.ix_(take, take)] for name in MEASURES}
    for name in MEASURES:
        _check_values(path.name, name, values[name], place_ids, faults)
    faults.require_none()
    return _travel_of(values, path, place_ids, class_ids)


def _archive_for(path: Path, place_ids: Sequence[str], class_ids: Sequence[str]) -> TravelMatrix:
    try:
        travel = read_travel_archive(path)
    except ValueError as error:
        _refuse(path.name, str(error))
    faults = _Faults()
    _check_ids(path.name, list(travel.row_by_place_id), place_ids, faults)
    for class_id in class_ids:
        if class_id not in travel.profile_by_class_id:
            faults.add(path.name, f"vehicle class {class_id} is missing")
    faults.require_none()
    return travel


def _check_ids(file: str, known: Sequence[str], wanted: Sequence[str], faults: _Faults) -> None:
    seen: set[str] = set()
    for idx, place_id in enumerate(known):
        if place_id in seen:
            faults.add(file, "must be there once", column=f"place_ids[{idx}]", value=place_id)
        seen.add(place_id)
    for place_id in wanted:
        if place_id not in seen:
            faults.add(file, f"place {place_id} is missing")


def _check_square(file: str, name: str, array: NDArray[Any], n: int, faults: _Faults) -> None:
    if array.shape != (n, n):
        message = f"must be ({n}, {n}), one row and one column per place_id"
        faults.add(file, message, column=name, value=f"shape {array.shape}")
    elif not np.issubdtype(array.dtype, np.integer) and not np.issubdtype(array.dtype, np.floating):
        faults.add(file, "must hold whole numbers", column=name, value=str(array.dtype))


def _check_values(file: str, name: str, array: NDArray[Any], ids: Sequence[str], faults: _Faults) -> None:
    plain = np.isfinite(array) & (array >= 0) & (array == np.floor(array)) & (array <= GREATEST)
    for i, j in np.argwhere(~(plain | (array == UNREACHABLE))).tolist():
        message = f"must be a whole number from 0 to {GREATEST}, or {UNREACHABLE} where no road leads"
        faults.add(file, message, column=f"{name}[{ids[i]}, {ids[j]}]", value=str(array[i, j]))
    for i in np.flatnonzero(np.diagonal(array) != 0).tolist():
        message = "must be 0 from a place to itself"
        faults.add(file, message, column=f"{name}[{ids[i]}, {ids[i]}]", value=str(array[i, i]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Values of all pairs, filled row by row."""

    row_by_place_id: dict[str, int]
    values: dict[str, NDArray[np.int64]]
    is_seen: NDArray[np.bool_]


def _read_tables(files: Sequence[Path], path: Path, place_ids: Sequence[str], class_ids: Sequence[str]) -> TravelMatrix:
    """Read pairs of all files into one matrix. A place to itself may be left out: it is 0."""
    if not files:
        _refuse(path.name, "no CSV file is in this folder")
    faults = _Faults()
    n = len(place_ids)
    table = _Table(
        row_by_place_id={place_id: idx for idx, place_id in enumerate(place_ids)},
        values={name: np.zeros((n, n), np.int64) for name in MEASURES},
        is_seen=np.zeros((n, n), bool),
    )
    for file in files:
        _read_pairs(file, table, faults)
    np.fill_diagonal(table.is_seen, True)
    for i, j in np.argwhere(~table.is_seen).tolist():
        faults.add(path.name, f"the pair from {place_ids[i]} to {place_ids[j]} is missing")
    faults.require_none()
    return _travel_of(table.values, path, place_ids, class_ids)


def _read_pairs(file: Path, table: _Table, faults: _Faults) -> None:
    try:
        with file.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle)
            missing = [name for name in (*PAIR_COLUMNS, *MEASURES) if name not in (reader.fieldnames or ())]
            if missing:
                faults.add(file.name, f"columns {', '.join(missing)} are missing", row=1)
                return
            for line in reader:
                _take_pair(file.name, reader.line_num, line, table, faults)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.add(file.name, f"cannot be read as a CSV file in UTF-8 ({error})")


def _take_pair(file: str, at: int, line: dict[str, str], table: _Table, faults: _Faults) -> None:
    ends = [(line[name] or "").strip() for name in PAIR_COLUMNS]
    known = [end in table.row_by_place_id for end in ends]
    for name, end, is_known in zip(PAIR_COLUMNS, ends, known, strict=True):
        if not is_known:
            faults.add(file, "must be a place of the scenario", row=at, column=name, value=end)
    if not all(known):
        return
    i, j = (table.row_by_place_id[end] for end in ends)
    if table.is_seen[i, j]:
        faults.add(file, f"the pair from {ends[0]} to {ends[1]} is there twice", row=at)
    table.is_seen[i, j] = True
    cells = {name: (line[name] or "").strip() for name in MEASURES}
    for seconds, metres in (MEASURES[:2], MEASURES[2:]):
        if (cells[seconds] == "") != (cells[metres] == ""):
            message = f"must be given with {metres}, or both be empty (no road leads)"
            faults.add(file, message, row=at, column=seconds, value=cells[seconds])
    for name, text in cells.items():
        table.values[name][i, j] = _cell(file, at, name, text, i == j, faults)


def _cell(file: str, at: int, name: str, text: str, is_itself: bool, faults: _Faults) -> int:
    value = UNREACHABLE if text == "" else int(text) if text.isascii() and text.isdecimal() else -1
    if text != "" and not 0 <= value <= GREATEST:
        message = f"must be a whole number from 0 to {GREATEST}, or empty where no road leads"
        faults.add(file, message, row=at, column=name, value=text)
    elif is_itself and value != 0:
        faults.add(file, "must be 0 from a place to itself", row=at, column=name, value=text)
    return value


def _travel_of(
    values: dict[str, NDArray[Any]], path: Path, place_ids: Sequence[str], class_ids: Sequence[str]
) -> TravelMatrix:
    """One profile for all classes."""

    def both(measure: str) -> IntArray:
        return np.stack([values[f"{leg.value.lower()}_{measure}"] for leg in LEGS]).astype(np.int32)[None]

    seconds, metres = both("seconds"), both("metres")
    if ((seconds == UNREACHABLE) != (metres == UNREACHABLE)).any():
        _refuse(path.name, "seconds and metres of a pair must be unreachable together")
    digest = hashlib.sha256("\n".join(place_ids).encode() + seconds.tobytes() + metres.tobytes()).hexdigest()
    return TravelMatrix(
        row_by_place_id={place_id: idx for idx, place_id in enumerate(place_ids)},
        profile_by_class_id=dict.fromkeys(class_ids, 0),
        seconds=seconds,
        metres=metres,
        approximate=False,
        source=f"the council's own travel times ({path.name})",
        digest=digest,
    )
