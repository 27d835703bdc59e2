"""What a portal takes in: schedules that operators filled in, with the list of receipts, as one ZIP file."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

DAY_RATES = {"O1": ("100.00", "400.00"), "O2": ("110.00", "105.00")}
"""Pounds a day for the first and second lot: O1 is cheap on the first, O2 on the second."""


def portal_zip(empty: Any) -> bytes:
    """Every operator's schedule, an hour before the deadline of 20 March 2026.

    Parameters
    ----------
    empty : `price_schedule.json` of the pack, for two lots.
    """
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        rows = ["file,received_at"]
        for name, rates in DAY_RATES.items():
            filled = json.loads(json.dumps(empty))
            filled["operator"][0] |= {
                "operator_id": name, "licence_classes": "phv", "licence_ends_on": "2028-08-31",
                "insurance_ends_on": "2028-08-31", "clearances_end_on": "2028-08-31",
            }  # fmt: skip
            filled["vehicles"][0]["n_vehicles"] = "2"
            for row, rate in zip(filled["prices"], rates, strict=True):
                row["day_rate"] = rate
            archive.writestr(f"{name}.json", json.dumps(filled))
            rows.append(f"{name}.json,2026-03-20T14:00:00+00:00")
        archive.writestr("received.csv", "\n".join(rows))
    return data.getvalue()


def broken_zip() -> bytes:
    """A schedule with nothing in it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("O1.json", "{}")
        archive.writestr("received.csv", "file,received_at\nO1.json,2026-03-20T14:00:00+00:00\n")
    return data.getvalue()
