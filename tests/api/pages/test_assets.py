"""What pages load: files of this package alone, unchanged since they were taken in; nothing written into a page."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.pages.assets import asset_address
from api.request_guard import PAGE_POLICY
from tests.api.clients import stranger

API = Path(__file__).resolve().parents[3] / "api"
STATIC, TEMPLATES = API / "static", API / "pages" / "templates"


def test_vendored_files_are_those_that_were_taken_in() -> None:
    """By their SHA-256; what has a digest has its licence beside it, and what has none is our own."""
    digests = dict(line.split()[::-1] for line in (STATIC / "sha256.txt").read_text(encoding="utf-8").splitlines())
    found = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in digests}
    assert found == digests
    own = {"pages.css", "pages.js", "plan-map.js", "plan-edit.js", "icon.svg"}
    ours = own | {"govuk.scss", "README.md", "sha256.txt"}
    licences = {"govuk-frontend.LICENSE.txt", "maplibre-gl.LICENSE.txt"}
    assert {path.name for path in STATIC.iterdir()} == ours | licences | set(digests)


def test_a_style_sheet_has_an_address_of_its_contents(app: FastAPI) -> None:
    """Browsers may keep it for a year; with another digest it is not there."""
    client = stranger(app)
    answer = client.get(asset_address("pages.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert client.get("/assets/000000000000/pages.css").status_code == 404
    assert client.get(asset_address("pages.css").replace("pages.css", "sha256.txt")).status_code == 404


def test_the_policy_of_pages_lets_nothing_else_in(app: FastAPI) -> None:
    """No inline script or style, no other host; the API's own policy allows no script at all."""
    client = stranger(app)
    policy = client.get("/sign-in").headers["content-security-policy"]
    assert policy == PAGE_POLICY
    assert "unsafe" not in policy
    assert "://" not in policy
    assert "script-src" not in client.get("/api/v1/health").headers["content-security-policy"]


def test_no_crown_and_no_fonts_of_govuk() -> None:
    """This service is not on GOV.UK: its design system, but not its branding."""
    css = (STATIC / "govuk.css").read_text(encoding="utf-8")
    assert "url(" not in css
    assert not re.search("GDS Transport|crown|crest", css, re.IGNORECASE)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_page_holds_a_script_or_a_style(path: Path) -> None:
    """The policy would block them, and something would quietly not work."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"\b(?:src|href)=\"https?:", text)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_token(path: Path) -> None:
    """Signing in has no session yet; every other form has the token right after its tag."""
    text = path.read_text(encoding="utf-8")
    forms = re.findall(r'<form method="post" action="([^"]+)"[^>]*>(.{0,60})', text, re.DOTALL)
    without = [address for address, start in forms if "govuk.token(visit)" not in start and address != "/sign-in"]
    assert without == []
    assert len(forms) == len(re.findall(r'method="post"', text))
