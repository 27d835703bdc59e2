"""Accounts of people and keys of other systems: who may come in, and as what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.accounts import add_account, list_accounts, set_active, set_password, set_role
from api.auth.api_keys import add_api_key, list_api_keys, revoke_api_key
from api.auth.permissions import SCOPES, Permission, Role
from api.pages.rendering import errors_by_field, go_to
from api.pages.spreadsheets import Listed, page_with_tables
from api.pages.visit import Opens, Visit
from api.pages.words import code_words, day_words
from api.store.faults import AlreadyThereError
from api.store.models import ApiKey
from transport.files.faults import Fault, InputFaults

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.ACCOUNTS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.ACCOUNTS_WRITE))]


@router.get("/accounts")
def show_accounts(visit: Reader) -> Response:
    """Every account with its role, every key with its scopes and its end."""
    return _shown(visit, {})


@router.post("/accounts")
def make_account(visit: Writer) -> Response:
    """A new account."""
    try:
        role = _role(visit)
        with visit.store.change(visit.caller) as work:
            # As it came: a password may begin or end with a space.
            add_account(work, visit.text("sign_in_name"), role, str(visit.form.get("password", "")))
    except InputFaults as found:
        return _shown(visit, errors_by_field(found.faults))
    except AlreadyThereError:
        return _shown(visit, {"sign_in_name": "This name is taken"})
    return go_to("/accounts?done=account-new")


@router.post("/accounts/role")
def change_role(visit: Writer) -> Response:
    """Another role, from the next request on."""
    try:
        role = _role(visit)
        with visit.store.change(visit.caller) as work:
            set_role(work, visit.text("account"), role)
    except InputFaults as found:
        return _shown(visit, errors_by_field(found.faults))
    return go_to("/accounts?done=account")


@router.post("/accounts/active")
def change_active(visit: Writer) -> Response:
    """Close an account at once, or open it again."""
    with visit.store.change(visit.caller) as work:
        set_active(work, visit.text("account"), is_active=visit.text("active") == "yes")
    return go_to("/accounts?done=account")


@router.post("/accounts/password")
def change_password(visit: Writer) -> Response:
    """Another password; ends the sessions."""
    try:
        with visit.store.change(visit.caller) as work:
            set_password(work, visit.text("account"), str(visit.form.get("new_password", "")))
    except InputFaults as found:
        return _shown(visit, {f"new_{name}": words for name, words in errors_by_field(found.faults).items()})
    return go_to("/accounts?done=account")


@router.post("/accounts/keys")
def make_key(visit: Writer) -> Response:
    """A new key for another system; this page shows it, once."""
    days = visit.text("days")
    try:
        if not days.isdecimal() or len(days) > 4:
            raise InputFaults([Fault(file="form", row=None, column="days", value=days, message="enter a whole number")])
        with visit.store.change(visit.caller) as work:
            key = add_api_key(work, visit.text("name"), visit.texts("scopes"), int(days))
    except InputFaults as found:
        return _shown(visit, errors_by_field(found.faults))
    except AlreadyThereError:
        return _shown(visit, {"name": "This name is taken"})
    return _shown(visit, {}, key=key)


@router.post("/accounts/keys/revoke")
def revoke_key(visit: Writer) -> Response:
    """End a key at once."""
    with visit.store.change(visit.caller) as work:
        revoke_api_key(work, visit.text("key_name"))
    return go_to("/accounts?done=revoked#keys")


def _shown(visit: Visit, errors: Mapping[str, str], key: str = "") -> Response:
    with visit.store.read() as session:
        accounts = [
            (a.sign_in_name, a.role, a.is_active, day_words(a.created_at.date())) for a in list_accounts(session)
        ]
        keys = [(k.name, _state(k), " ".join(k.scopes), k.revoked_at is None) for k in list_api_keys(session)]
    tables = {
        "accounts": Listed(
            title="Accounts of people", heads=("Name", "Role", "State", "Since"),
            rows=[(name, code_words(role), "Open" if active else "Closed", at) for name, role, active, at in accounts],
        ),
        "keys": Listed(
            title="Keys of other systems", heads=("System", "State", "What it may do"), rows=[k[:3] for k in keys]
        ),
    }  # fmt: skip
    return page_with_tables(
        visit, "accounts.html", ("account", "list"), tables, title="Accounts and keys", status=422 if errors else 200,
        accounts=accounts, keys=keys, key=key, errors=errors,
        roles=[(role.value, code_words(role.value)) for role in Role], scopes=[(s.value, s.value) for s in SCOPES],
        asked=visit.request.url.path,
    )  # fmt: skip


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "Revoked"
    ended = key.expires_at <= datetime.now(UTC)
    return f"{'Ended' if ended else 'Valid until'} {day_words(key.expires_at.date())}"


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.text("role"))
    except ValueError:
        message = "choose a role"
        raise InputFaults([Fault(file="form", row=None, column="role", value="", message=message)]) from None
