"""Templates of letters that a council has put in the place of schoolrun's, tried before they are taken."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.tender_letters import TEMPLATE_NAMES, TEMPLATES_FOLDER, TemplateFault, blocks_of, rendered
from api.tender_log import Signed, append_log, digests_of, read_log
from procurement.integrity import RecordRefused
from procurement.record import TemplatesChosen
from transport.files.faults import Fault, InputFaults

_BID = {
    "bid_id": "B1", "lots": "LOT1, LOT2", "pounds": "£1,000.00", "compared": "£1,100.00", "sentence": "Why it is so.",
}  # fmt: skip
_SAMPLE: Mapping[str, Any] = {
    "title": "School transport", "buyer": "The council", "tender_id": "T1", "pack_version": 1, "operator_id": "OP1",
    "operator": "An operator", "told_on": "1 April 2026", "starts_on": "1 September 2026",
    "ends_on": "31 August 2028", "standstill": "Nothing is signed before 14 April 2026.", "law": "pa_2023",
    "contact": "Ask the procurement team.", "law_reference": "section 50",
    "n_operators": "3 operators", "n_won": "2 lots",
    "won_pounds": "£1,000.00", "won": [_BID], "lost": [_BID], "set_aside": ["A bid came late."],
    "criteria": [{"name": "Price", "weight": "60 %", "how": "the total", "score": "below"}],
    "winners": [{"lots": "LOT3", "name": "Another", "bid_id": "B2", "pounds": "£900.00", "compared": "£950.00",
                 "quality": "70"}],
    "has_quality": True, "proven": True, "quality_reason": "The plan for replacement vehicles is thin.",
}  # fmt: skip
"""Every name that a template may use, as in a letter with everything in it."""
_EMPTY: Mapping[str, Any] = {
    "law": "pcr_2015", "law_reference": "", "contact": "", "won": [], "lost": [], "set_aside": [], "winners": [],
    "has_quality": False, "proven": False, "quality_reason": "",
}  # fmt: skip


def keep_templates(tender: Path, texts: Mapping[str, str], signed: Signed) -> int:
    """Take templates for the letters of a tender; those that it had before are replaced, all of them.

    Parameters
    ----------
    texts : by file name; what is not there comes from schoolrun.

    Returns
    -------
    Version of the templates, counted from 1.

    Raises
    ------
    InputFaults
        With every fault of every template; nothing is taken then.
    RecordRefused
        Without a reason.
    """
    if not signed.why.strip():
        raise RecordRefused("say why the letters are worded so")
    faults = list(_faults_of(texts))
    if faults:
        raise InputFaults(faults)
    folder = tender / TEMPLATES_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    before = [line for line in read_log(tender) if isinstance(line.decision, TemplatesChosen)]
    chosen = TemplatesChosen(version=len(before) + 1, file_digests=digests_of(folder.iterdir()))
    append_log(tender, chosen, signed)
    return chosen.version


def _faults_of(texts: Mapping[str, str]) -> Iterator[Fault]:
    """Each template tried on a letter with everything in it, and on one with as little as there can be."""
    said = set()
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        for file, text in texts.items():
            (Path(name) / file).write_text(text, encoding="utf-8")
        # A summary is tried alone too: in a letter its faults would stop the letter's own from being found.
        for file in [one for one in TEMPLATE_NAMES if one in texts]:
            for facts in (_SAMPLE, {**_SAMPLE, **_EMPTY}):
                message = _fault_of(Path(name), file, facts)
                if message and (file, message) not in said:
                    said.add((file, message))
                    yield Fault(file=file, row=None, column="", value="", message=message)


def _fault_of(folder: Path, file: str, facts: Mapping[str, Any]) -> str:
    try:
        blocks = blocks_of(rendered(folder, file, facts))
    except TemplateFault as fault:
        return str(fault)
    if file != "summary.txt" and not any(block["kind"] == "title" for block in blocks):
        return "a letter needs a title, a line that begins with '# '"
    return ""
