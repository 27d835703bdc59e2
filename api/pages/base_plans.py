"""Plans that a newcomer may be quoted against: what holds, and the drafts in which others have been placed since.

Each draft names the plan that it changes by its digest (`reference`). Without this, two newcomers accepted one after
the other would stand in two drafts, and whoever published the second would leave the first one behind.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.pages.plan_reading import plans_of
from api.pages.visit import Visit
from api.store.models import Plan
from api.store.plans import StoredPlan, read_stored_plan
from transport.digest import digest_of


def plans_since(visit: Visit, session: Session, plan_id: str) -> list[StoredPlan]:
    """A plan and the open changes that follow from it, the newest first, the plan itself last.

    Raises
    ------
    NotInStoreError
        When there is no such plan, or its files have been removed.
    """
    query = select(Plan).where(Plan.status.in_(("draft", "proposed"))).order_by(Plan.stored_at)
    open_plans = [plan for plan in session.scalars(query) if "reference" in plan.digests]
    chain = [plan_id]
    # Each plan is stored after the one that it changes, so once through them is enough.
    for plan in open_plans:
        if plan.digests["reference"] in {_digest_of(visit, session, known) for known in chain}:
            chain.append(plan.plan_id)
    return [read_stored_plan(session, known) for known in reversed(chain)]


def _digest_of(visit: Visit, session: Session, plan_id: str) -> str:
    return digest_of(plans_of(visit).opened(session, visit.store.cipher, plan_id).outcome.plan)
