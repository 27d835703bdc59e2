"""Write and read the times and distances that a plan rests on, so that its folder can be checked alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transport.calendar import LEGS, Leg
from transport.digest import digest_of
from transport.files.plan_json import PERSONAL_DATA
from transport.travel import Pair, TravelPairs

FORMAT_VERSION = 1


class TravelFileError(ValueError):
    """A file of travel times that cannot be read."""


def write_travel_pairs(pairs: TravelPairs, path: Path) -> None:
    """Write the pairs of a plan as UTF-8 JSON, sorted, one pair a line.

    Places are named once, in `place_ids`; a pair is [leg, from, to, profile, seconds, metres] with `from` and
    `to` as positions in that list. `content_digest` is taken over all the rest: it tells a value changed by
    accident, and nothing against who would write a new digest as well.
    """
    place_ids = sorted({place_id for _, a, b, _ in pairs.values for place_id in (a, b)})
    idx = {place_id: i for i, place_id in enumerate(place_ids)}
    rows = sorted([leg.value, idx[a], idx[b], profile, *value] for (leg, a, b, profile), value in pairs.values.items())
    head: dict[str, Any] = {
        "personal_data": PERSONAL_DATA,
        "format_version": FORMAT_VERSION,
        "approximate": pairs.approximate,
        "source": pairs.source,
        "digest": pairs.digest,
        "profile_by_class_id": dict(sorted(pairs.profile_by_class_id.items())),
        "place_ids": place_ids,
    }
    head["content_digest"] = digest_of([head, rows])
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    text = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "pairs": [\n' + lines + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def read_travel_pairs(path: Path) -> TravelPairs:
    """Read what `write_travel_pairs` wrote.

    Raises
    ------
    TravelFileError
        When the file is not of this format, saying what is wrong and where, or was changed since it was written.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TravelFileError(f"{path.name}: {error}; must be JSON in UTF-8") from error
    faults = _faults(given)
    if faults:
        raise TravelFileError("\n".join(f"{path.name} {fault}" for fault in faults))
    _refuse_changed(given, path)
    place_ids = given["place_ids"]
    values = {_pair(row, place_ids): (row[4], row[5]) for row in given["pairs"]}
    return TravelPairs(
        values=values,
        profile_by_class_id=given["profile_by_class_id"],
        approximate=given["approximate"],
        source=given["source"],
        digest=given["digest"],
    )


def _refuse_changed(given: dict[str, Any], path: Path) -> None:
    head = {key: value for key, value in given.items() if key not in ("content_digest", "pairs")}
    if digest_of([head, given["pairs"]]) != given["content_digest"]:
        raise TravelFileError(
            f"{path.name} content_digest: not that of what the file holds, so the file was changed after it was "
            "written; must be as `schoolrun plan` wrote it"
        )


def _pair(row: list[Any], place_ids: list[str]) -> Pair:
    return Leg(row[0]), place_ids[row[1]], place_ids[row[2]], row[3]


def _faults(given: Any) -> list[str]:
    if not isinstance(given, dict) or given.get("format_version") != FORMAT_VERSION:
        return [f"format_version: must be {FORMAT_VERSION}"]
    kinds = {
        "approximate": bool,
        "source": str,
        "digest": str,
        "content_digest": str,
        "profile_by_class_id": dict,
        "place_ids": list,
        "pairs": list,
    }
    faults = [
        f"{key}: must be a {kind.__name__}" for key, kind in kinds.items() if not isinstance(given.get(key), kind)
    ]
    if faults:
        return faults
    n_places = len(given["place_ids"])
    rows = enumerate(given["pairs"], start=1)
    return [
        f"pair {i}: {row}; must be [AM or PM, from, to, profile, seconds, metres]"
        for i, row in rows
        if not _ok(row, n_places)
    ]


def _ok(row: Any, n_places: int) -> bool:
    if not isinstance(row, list) or len(row) != 6 or row[0] not in tuple(leg.value for leg in LEGS):
        return False
    whole = all(isinstance(x, int) and not isinstance(x, bool) and x >= 0 for x in row[1:])
    return whole and row[1] < n_places and row[2] < n_places
