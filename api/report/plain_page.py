"""Small pages in the style of the report: one file that loads nothing."""

from __future__ import annotations

from typing import Any

from api.report.page import environment_of, page_hash, template_text


def plain_page(template: str, **values: Any) -> str:
    """A template filled in, with the report's style sheet."""
    css = template_text("report.css")
    return environment_of().get_template(template).render(css=css, css_hash=page_hash(css), **values)
