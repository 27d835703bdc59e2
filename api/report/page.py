"""The report page: one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from api.report.bound_section import BoundView
from api.report.outcome import Outcome
from api.report.view import make_page
from transport.files.plan_words import plural, pounds

if TYPE_CHECKING:
    from jinja2 import Environment


def report_html(outcome: Outcome, *, share: bool = False) -> str:
    """The report of a plan as one HTML file that loads nothing.

    Parameters
    ----------
    share : the version that may be passed on; `outcome` is then already `shared_outcome`'s.
    """
    css, js = template_text("report.css"), template_text("report.js")
    starts_on = outcome.scenario.starts_on
    return (
        environment_of()
        .get_template("report.html")
        .render(
            page=make_page(outcome, share=share),
            scenario=outcome.scenario,
            starts_on=f"{starts_on.day} {starts_on:%B %Y}",
            css=css,
            js=js,
            css_hash=page_hash(css),
            js_hash=page_hash(js),
        )
    )


def bound_html(view: BoundView | None) -> str:
    """The section of the bound alone, as it stands between its marks."""
    macro = environment_of().get_template("bound.html").module.bound  # type: ignore[attr-defined]
    return str(macro(view))


def environment_of() -> Environment:
    """What fills in the pages' templates."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("api.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {
        "n": lambda n: f"{n:,}",
        "count": plural,
        "pounds": pounds,
        "sentence": lambda text: text[:1].upper() + text[1:],
    }
    return environment


def template_text(name: str) -> str:
    """Text of a file beside the templates."""
    return files("api.report").joinpath("templates", name).read_text(encoding="utf-8")


def page_hash(text: str) -> str:
    """A style sheet or script as the page's security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
