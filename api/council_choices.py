"""Policy and rates as a council changes them on a page: one setting, one vehicle class, checked as the reader does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from transport.files.faults import Fault, InputFaults
from transport.files.read_schools import read_policy
from transport.files.read_sheets import book_of_rows
from transport.policy import Policy

RATES: Mapping[str, str] = {
    "base_pence": "Vehicle and driver, a day",
    "mile_rate_pence": "A mile",
    "pa_day_rate_pence": "Passenger assistant, a day",
}
"""Money of a vehicle class that is shown and changed in pounds."""
_MOST_POUNDS = 100_000


def policy_of_rows(rows: Sequence[Mapping[str, str]]) -> Policy:
    """The policy that rows of policy.csv make.

    Raises
    ------
    InputFaults
        With every fault of the rows.
    """
    book = book_of_rows("policy", [("policy", row) for row in rows])
    policy = read_policy(book)
    faults = [fault for fault in book.faults if fault.file == "policy"]
    if faults and rows:
        raise InputFaults(faults)
    return policy


def with_setting(body: Mapping[str, Any], name: str, value: str) -> dict[str, Any]:
    """The council's record with one setting of the policy changed; an empty value puts it back to its default.

    Raises
    ------
    InputFaults
        When the policy would not be one, naming the column `value`.
    """
    rows = [dict(row) for row in body.get("policy", ()) if row.get("setting") != name]
    rows += [{"setting": name, "value": value}] if value else []
    try:
        policy_of_rows(rows or [{"setting": name, "value": ""}])
    except InputFaults as found:
        faults = [Fault(file="policy", row=None, column="value", value=value, message=f.message) for f in found.faults]
        raise InputFaults(faults) from None
    return {**{part: own for part, own in body.items() if part != "policy"}, **({"policy": rows} if rows else {})}


def rates_of(given: Mapping[str, str]) -> dict[str, str]:
    """Rates of a form in pence, as the lists hold them.

    Parameters
    ----------
    given : pounds by name of the rate.

    Raises
    ------
    InputFaults
        With every one that is no amount.
    """
    kept, faults = {}, []
    for name in RATES:
        pence = _pence(given.get(name, ""))
        if pence is None:
            message = f"must be pounds and pence from 0 to {_MOST_POUNDS:,}"
            faults.append(Fault(file="rates", row=None, column=name, value=given.get(name, ""), message=message))
        else:
            kept[name] = str(pence)
    if faults:
        raise InputFaults(faults)
    return kept


def _pence(text: str) -> int | None:
    try:
        pounds = Decimal(text.replace(",", "").replace("£", "").strip())
    except InvalidOperation:
        return None
    if not pounds.is_finite() or not 0 <= pounds <= _MOST_POUNDS or pounds * 100 != (pounds * 100).to_integral_value():
        return None
    return int(pounds * 100)


def own_rates_of(given: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """An operator's own rates in pence by vehicle class, as the lists hold them; empty: those of the class.

    Parameters
    ----------
    given : for each class pounds by name of the rate.

    Raises
    ------
    InputFaults
        With every one that is no amount, or is missing beside others. A fault's column is `CLASS.rate`.
    """
    kept: dict[str, dict[str, str]] = {}
    faults = []
    for class_id, texts in given.items():
        kept[class_id] = {}
        if not any(texts.get(name) for name in RATES):
            continue
        for name in RATES:
            text = texts.get(name, "")
            pence = _pence(text)
            if pence is None:
                message = f"must be pounds and pence from 0 to {_MOST_POUNDS:,}; all three, or none of them"
                faults.append(Fault(file="rates", row=None, column=f"{class_id}.{name}", value=text, message=message))
            else:
                kept[class_id][name] = str(pence)
    if faults:
        raise InputFaults(faults)
    return kept
