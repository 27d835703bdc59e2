"""Letters to operators from templates that a council can copy and edit: award, regret, assessment summary."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from api.tender_evidence import write_evidence
from api.tender_files import (
    AWARD_FILE,
    INPUTS_FILE,
    LETTERS_FOLDER,
    OPENING_FILE,
    AwardInputs,
    Opening,
    Terms,
    read_terms,
    withheld_lots,
)
from api.tender_log import Signed, append_log, digests_of, read_log
from procurement.award import AwardRecord
from procurement.offers import Offer
from procurement.record import OperatorsTold
from procurement.regime import Law, Regime, System, day_words, standstill_ends_on, standstill_words
from procurement.summaries import Outcome, Summary, criteria_of, summaries_of, winner_words
from transport.files.plan_words import plural, pounds
from transport.files.records import read_record, write_record

TEMPLATES = "api.documents", "tender_templates"
TEMPLATE_NAMES = ("award.txt", "regret.txt", "summary.txt")
WORDS_FILE = "letter_words.json"
TEMPLATES_FOLDER = "templates"
"""Templates that a tender has taken for its letters."""


class TemplateFault(ValueError):
    """A template cannot be used; the message names the file, the line and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWords:
    """Words that letters were written with last, beside those of their templates: kept for when they are written anew.

    Attributes
    ----------
    contact, law_reference, quality_reasons : as of `LetterRequest`.
    """

    contact: str
    law_reference: str | None
    quality_reasons: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRequest:
    """What letters say besides the award.

    Attributes
    ----------
    told_on : day on which they are sent and the award notice is published.
    contact : whom to ask, in a sentence. law_reference : under which provision the letter is sent; None: that of the
        regime's law, where there is one for every tender; empty: the letter names none.
    quality_reasons : by operator, why its quality was scored so.
    templates : folder of the council's own; what is missing there comes from schoolrun. None: those that the tender
        has taken, where it has.
    """

    told_on: date
    contact: str = ""
    law_reference: str | None = None
    quality_reasons: Mapping[str, str] = field(default_factory=dict)
    templates: Path | None = None


def copy_templates(out: Path) -> list[Path]:
    """Put the templates into a folder, to be edited.

    Raises
    ------
    FileExistsError
        When one is there already: nothing is written over.
    """
    there = [name for name in TEMPLATE_NAMES if (out / name).exists()]
    if there:
        raise FileExistsError(f"{out}: has {', '.join(there)} already; name another folder")
    out.mkdir(parents=True, exist_ok=True)
    with as_file(files(TEMPLATES[0]).joinpath(TEMPLATES[1])) as folder:
        return [Path(shutil.copyfile(folder / name, out / name)) for name in TEMPLATE_NAMES]


def write_letters(
    tender: Path, request: LetterRequest, signed: Signed, name_by_operator_id: Mapping[str, str]
) -> list[Path]:
    """Write a letter to every operator that sent something, as text and PDF, and record when they are told.

    Returns
    -------
    The PDFs: `award_ID.pdf` and `regret_ID.pdf`.

    Raises
    ------
    TemplateFault
        When a template cannot be used; nothing is written then.
    """
    request = replace(request, templates=request.templates or _taken(tender))
    record = read_record("award", AwardRecord, tender / AWARD_FILE)
    terms = read_terms(tender)
    texts = _texts(tender, record, terms, request, name_by_operator_id)
    made = {name: _typeset(name, text, terms, request.told_on) for name, text in texts.items()}
    folder = tender / LETTERS_FOLDER
    folder.mkdir(exist_ok=True)
    for name, pdf in made.items():
        (folder / f"{name}.txt").write_text(texts[name], encoding="utf-8")
        (folder / f"{name}.pdf").write_bytes(pdf)
    paths = [folder / f"{name}.pdf" for name in made]
    words = LetterWords(
        contact=request.contact, law_reference=request.law_reference, quality_reasons=dict(request.quality_reasons)
    )
    write_record("letter_words", words, tender / WORDS_FILE)
    told = OperatorsTold(
        award_digest=record.digest, told_on=request.told_on,
        standstill_ends_on=standstill_ends_on(terms.regime, request.told_on), file_digests=digests_of(paths),
        template_digests=digests_of(request.templates.iterdir()) if request.templates else None,
    )  # fmt: skip
    append_log(tender, told, signed)
    write_evidence(tender)
    return paths


def builtin_template(name: str) -> str:
    """Text of a template as it comes with schoolrun."""
    return files(TEMPLATES[0]).joinpath(TEMPLATES[1], name).read_text(encoding="utf-8")


def _taken(tender: Path) -> Path | None:
    folder = tender / TEMPLATES_FOLDER
    return folder if folder.is_dir() else None


def rendered(own: Path, name: str, facts: Mapping[str, Any]) -> str:
    """A template with its facts filled in.

    Parameters
    ----------
    own : folder of the council's templates.

    Raises
    ------
    TemplateFault
        When it cannot be used.
    """
    return _render(_environment(own), name, facts)


def _texts(
    tender: Path, record: AwardRecord, terms: Terms, request: LetterRequest, names: Mapping[str, str]
) -> dict[str, str]:
    """Letters by file name without ending."""
    inputs = read_record("award_inputs", AwardInputs, tender / INPUTS_FILE)
    opening = read_record("opening", Opening, tender / OPENING_FILE)
    summaries = summaries_of(
        inputs.pack, record, inputs.submissions, opening.set_aside, inputs.quality_pct_by_operator_id,
        withheld_lots(read_log(tender)),
    )  # fmt: skip
    environment = _environment(request.templates)
    texts = {}
    for summary in summaries:
        kind = "award" if summary.won else "regret"
        facts = _facts(summary, len(summaries), inputs, record, terms, request, names)
        texts[f"{kind}_{summary.operator_id}"] = _render(environment, f"{kind}.txt", facts)
    return texts


def _facts(
    summary: Summary, n_operators: int, inputs: AwardInputs, record: AwardRecord, terms: Terms, request: LetterRequest,
    names: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """Everything that a template may name."""
    pack, quality = inputs.pack, inputs.quality_pct_by_operator_id
    winners = dict.fromkeys(offer for outcome in summary.lost for offer in outcome.winners)
    return {
        "title": terms.title, "buyer": terms.buyer, "tender_id": pack.pack_id, "pack_version": pack.version,
        "operator_id": summary.operator_id, "operator": names.get(summary.operator_id, summary.operator_id),
        "told_on": day_words(request.told_on), "starts_on": day_words(pack.starts_on),
        "ends_on": day_words(pack.ends_on), "standstill": standstill_words(terms.regime, request.told_on),
        "law": terms.regime.law.value, "contact": request.contact,
        "law_reference": default_law_reference(terms.regime) if request.law_reference is None
        else request.law_reference.strip(),
        "n_operators": plural(n_operators, "operator"),
        "n_won": plural(sum(len(o.lot_ids) for o in summary.won), "lot"), "won_pounds": pounds(summary.year_pence),
        "won": [_bid_facts(outcome) for outcome in summary.won],
        "lost": [_bid_facts(outcome) for outcome in summary.lost], "set_aside": list(summary.set_aside),
        "criteria": [
            {"name": c.name, "weight": f"{c.weight_pct} %", "how": c.how, "score": _score(c.name, summary)}
            for c in criteria_of(pack)
        ],
        "winners": [_winner_facts(offer, names, quality) for offer in winners],
        "has_quality": pack.rules.price_weight_pct < 100, "proven": record.proven,
        "quality_reason": request.quality_reasons.get(summary.operator_id, ""),
    }  # fmt: skip


def default_law_reference(regime: Regime) -> str:
    """The provision under which bidders are told; empty where that hangs on the case.

    References
    ----------
    Procurement Act 2023, section 50(3): an assessment summary to each supplier that submitted an assessed tender.
    Public Contracts Regulations 2015, regulation 86(1): a notice to each candidate and tenderer, "subject to paragraphs
    (5) and (6)"; whether these let a call from a framework or dynamic purchasing system off is the lawyers' to say.
    """
    if regime.law is Law.PA_2023:
        return "section 50 of the Procurement Act 2023"
    is_call = regime.system in (System.FRAMEWORK, System.OPEN_FRAMEWORK, System.DPS)
    return "" if is_call else "regulation 86 of the Public Contracts Regulations 2015"


def _score(criterion: str, summary: Summary) -> str:
    if criterion == "Price":
        return "your prices, bid by bid, below"
    return "none" if summary.quality_pct is None else f"{summary.quality_pct} of 100"


def _bid_facts(outcome: Outcome) -> dict[str, str]:
    return {
        "bid_id": outcome.bid_id, "lots": ", ".join(outcome.lot_ids), "pounds": pounds(outcome.price_pence),
        "compared": pounds(outcome.compared_pence), "sentence": outcome.sentence,
    }  # fmt: skip


def _winner_facts(offer: Offer, names: Mapping[str, str], quality: Mapping[str, int]) -> dict[str, str]:
    return {
        "lots": ", ".join(offer.lot_ids), "name": winner_words(offer, names),
        "bid_id": offer.offer_id if offer.is_operators else "–",
        "pounds": pounds(offer.price_pence), "compared": pounds(offer.compared_pence),
        "quality": str(quality.get(offer.supplier_id, "–")),
    }  # fmt: skip


def _environment(own: Path | None) -> Any:
    """Templates of the council first, then those that come with schoolrun; what they name must be there."""
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    unknown = [path.name for path in own.iterdir() if path.name not in TEMPLATE_NAMES] if own is not None else []
    if unknown:
        raise TemplateFault(f"{own}: {', '.join(sorted(unknown))}; must be some of {', '.join(TEMPLATE_NAMES)}")
    builtin = PackageLoader("api.documents", TEMPLATES[1])
    loaders = [FileSystemLoader(own), builtin] if own is not None else [builtin]
    # Text, not markup: what is put in stays in its line, and cannot open a table cell or a heading.
    return SandboxedEnvironment(
        loader=ChoiceLoader(loaders), undefined=StrictUndefined, autoescape=False, trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: " ".join(str(value).replace("|", "/").split()),
    )  # fmt: skip


def _render(environment: Any, name: str, facts: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return str(environment.get_template(name).render(facts))
    except TemplateSyntaxError as error:
        raise TemplateFault(f"{error.name or name} line {error.lineno}: {error.message}") from error
    except TemplateError as error:
        known = ", ".join(sorted(facts))
        raise TemplateFault(f"{name}: {error}; what may stand in braces: {known}") from error


def blocks_of(text: str) -> list[dict[str, Any]]:
    """The parts of a letter: `# ` title, `## ` heading, `- ` list, `| ` table, and paragraphs between blank lines.

    Raises
    ------
    TemplateFault
        When rows of a table have different numbers of cells.
    """
    blocks: list[dict[str, Any]] = []
    open_kind = ""
    for line in text.splitlines():
        kind, said = _kind_of(line.strip())
        goes_on = kind == open_kind and kind in ("paragraph", "list", "table")
        if kind and not goes_on:
            blocks.append(_started(kind))
        if kind:
            _add(blocks[-1], said)
        open_kind = kind
    tables = [block for block in blocks if block["kind"] == "table"]
    wrong = [b["rows"][0] for b in tables if len({len(row) for row in b["rows"]}) > 1]
    if wrong:
        raise TemplateFault(f"table {' | '.join(wrong[0])}: rows must have as many cells as its head")
    for table in tables:
        table["widths"] = [max(8, min(40, max(map(len, column)))) for column in zip(*table["rows"], strict=True)]
    return blocks


def _kind_of(line: str) -> tuple[str, str]:
    if not line:
        return "", ""
    for start, kind in (("# ", "title"), ("## ", "heading"), ("- ", "list"), ("|", "table")):
        if line.startswith(start):
            return kind, line.removeprefix(start).strip()
    return "paragraph", line


def _started(kind: str) -> dict[str, Any]:
    return {"kind": kind, **({"items": []} if kind == "list" else {"rows": []} if kind == "table" else {"text": ""})}


def _add(block: dict[str, Any], said: str) -> None:
    if block["kind"] == "list":
        block["items"].append(said)
    elif block["kind"] == "table":
        block["rows"].append([cell.strip() for cell in said.removesuffix("|").split("|")])
    else:
        block["text"] = f"{block['text']} {said}".strip()


def _typeset(name: str, text: str, terms: Terms, told_on: date) -> bytes:
    from api.documents.pdf import letter_pdf

    blocks = blocks_of(text)
    if not any(block["kind"] == "title" for block in blocks):
        raise TemplateFault(f"{name}: a letter needs a title, a line that begins with '# '")
    return letter_pdf(blocks, title=terms.title, since=day_words(told_on), to=name.partition("_")[2])


def read_reasons(given: Any, known: Sequence[str]) -> dict[str, str]:
    """Reasons by operator id.

    Raises
    ------
    ValueError
        When it is not an object of texts by known operators.
    """
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
        raise ValueError("reasons for quality: must be an object of texts by operator id")
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"reasons for quality: {', '.join(unknown)}; must be ids of operators in the lists")
    return given
