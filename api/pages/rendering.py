"""From a template and its values to a page: the layout, the words, the way around."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.auth.permissions import Permission, Principal
from api.pages.assets import asset_address
from api.pages.map_tiles import tiles_address
from api.pages.visit import Visit
from api.pages.words import code_words, day_words, layout_words, moment_words
from transport.files.faults import Fault
from transport.files.plan_words import clock, miles, minutes, plural, pounds

if TYPE_CHECKING:
    from jinja2 import Environment

NAVIGATION = (
    ("/", "Home", Permission.SIGNED_IN),
    ("/passengers", "Passengers", Permission.PASSENGERS_READ),
    ("/new-passenger", "New passenger", Permission.PLACEMENTS_WRITE),
    ("/plans", "Plans", Permission.PLANS_READ),
    ("/tenders", "Tenders", Permission.TENDERS_READ),
    ("/dashboard", "Dashboard", Permission.PLANS_READ),
    ("/administration", "Administration", Permission.LISTS_READ),
    ("/accounts", "Accounts and keys", Permission.ACCOUNTS_READ),
    ("/log", "Log", Permission.AUDIT_READ),
)
DONE_WORDS = {
    "signed-out": "You have signed out.",
    "uploaded": "The list has been saved.",
    "left": "The last day has been saved.",
    "proposed": "The plan has been proposed. It can now be published once every check is passed.",
    "recorded": "The judgement has been recorded.",
    "edited": "The change has been kept in a new plan, which is proposed. It holds once it is published.",
    "undone": "The change has been taken back: this is the plan before it once more.",
    "started": "The search has been asked for.",
    "published": "The plan is published.",
    "rolled-back": "The plan that held before holds again.",
    "added": "The passenger is placed in the next plan, which is proposed. It holds once it is published.",
    "reversed": "The placement has been taken back: the newest plan, proposed, is without the passenger.",
    "account": "The account has been changed.",
    "account-new": "The account has been made.",
    "policy": "The setting is saved. Plans made from now on rest on it.",
    "rates": "The rates are saved. Plans made from now on rest on them.",
    "carbon": "The factor is saved.",
    "backup": "The backup is made. Keep the end of the log elsewhere.",
    "targets": "The targets are saved.",
    "agreed": "You have agreed. It can be fetched now.",
    "letter-text": "The text is saved. Letters asked for from now on have it.",
    "tender": "The lots are made. Issue the pack next.",
    "step": "The step has been taken and stands in the record.",
    "award-asked": "The award has been asked for. It stands in the record once it is worked out.",
    "award-cancelled": "The award is being cancelled.",
    "revoked": "The key is not valid any more.",
}
"""What a page says after a form: named in the address, so that no address can make a page say anything else."""


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for whoever looks.

    Parameters
    ----------
    template : file in `templates`. values : what it fills in.
    """
    done = DONE_WORDS.get(visit.request.query_params.get("done", ""), "")
    return _answer(visit.request, visit.principal, template, {"visit": visit, "done": done, **values}, status)


def bare_page(request: Request, template: str, *, status: int, **values: Any) -> HTMLResponse:
    """A page for somebody of whom nothing is known: sign-in, and what cannot be shown."""
    return _answer(request, None, template, {"visit": None, "done": "", **values}, status)


def go_to(address: str) -> RedirectResponse:
    """Where to look after a form, so that reloading sends nothing twice."""
    return RedirectResponse(address, status_code=303)


def errors_by_field(faults: tuple[Fault, ...]) -> dict[str, str]:
    """First fault of each column, for the fields of a form."""
    found: dict[str, str] = {}
    for fault in faults:
        found.setdefault(fault.column, f"{fault.message[:1].upper()}{fault.message[1:]}")
    return found


def _answer(
    request: Request, principal: Principal | None, template: str, values: Mapping[str, Any], status: int
) -> HTMLResponse:
    path = request.url.path
    navigation = [
        (address, words, path == address if address == "/" else path.startswith(address))
        for address, words, permission in NAVIGATION
        if principal is not None and principal.may(permission)
    ]
    text = environment_of().get_template(template).render(
        navigation=navigation, demo_accounts=getattr(request.app.state, "demo_accounts", ()),
        has_council_sign_in=request.app.state.identity_provider is not None, **values
    )  # fmt: skip
    return HTMLResponse(text, status_code=status)


@cache
def environment_of() -> Environment:
    """What fills in the templates of the pages."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("api.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {"asset": asset_address, "rows_of": _rows_of, "tiles_address": tiles_address}
    environment.filters |= {
        "n": lambda n: f"{n:,}",
        "count": plural,
        "pounds": pounds,
        "whole_pounds": lambda pence: pounds(pence, pennies=False),
        "miles": miles,
        "minutes": minutes,
        "clock": clock,
        "day": day_words,
        "moment": moment_words,
        "code": code_words,
        "layout": layout_words,
        "sentence": lambda text: text[:1].upper() + text[1:],
    }
    return environment


def _rows_of(records: list[Mapping[str, str]], columns: list[str]) -> list[list[str]]:
    """Cells of a table from rows by column."""
    return [[code_words(record.get(name, "")) for name in columns] for record in records]
