"""Remakes the pictures of the pages in docs/images: `python docs/images/make_pages.py DEMO`, after `make browser`.

DEMO is what `schoolrun demo` wrote. The service runs here, on a store that is thrown away.
"""

from __future__ import annotations

import sys
from pathlib import Path

from stage import Stage, staged


def photograph(stage: Stage) -> None:
    """Home, a plan with its map, a route, quotes, publication."""
    page = stage.page
    stage.sign_in(0)
    page.goto(stage.address)
    stage.take("home")
    page.goto(f"{stage.address}/plans/{stage.plan_id}")
    page.wait_for_selector("[data-drawn]")
    page.locator("#routes").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#routes').scrollIntoView()")
    page.hover("tr[data-route] >> nth=1")
    stage.take("plan")
    page.click("tr[data-route] a >> nth=1")
    page.wait_for_selector("[data-drawn]")
    stage.take("route")
    page.goto(f"{stage.address}/new-passenger")
    page.fill("#postcode", "B70 9AB")
    page.check("input[name=pa_need][value=shared]")
    for number in (0, 1):
        page.check(f"input[name=school_ids] >> nth={number}")
    page.click("text=Get quotes")
    page.wait_for_selector("h1:has-text('What each school would cost')")
    stage.take("quotes")
    page.goto(f"{stage.address}/plans/{stage.plan_id}/publish")
    stage.take("publication")


if __name__ == "__main__":
    with staged(Path(sys.argv[1])) as stage:
        photograph(stage)
