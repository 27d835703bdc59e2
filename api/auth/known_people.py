"""People whom the council's identity provider knows: their accounts here."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit import Caller
from api.auth.accounts import SignedIn, open_session
from api.auth.faults import NotAllowedError
from api.auth.identity_provider import KnownPerson
from api.auth.permissions import Role
from api.store.faults import StoreUnavailableError
from api.store.models import Account
from api.store.store import Store, Work

_SIGN_IN = Caller(name="sign-in")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._@-]+")


def sign_in_known(store: Store, person: KnownPerson) -> SignedIn:
    """Open a session for somebody who signed in at the provider; their account is made when they first come.

    They are recognised by issuer and subject alone: an account of the same name is somebody else's.

    Raises
    ------
    NotAllowedError
        When their account here is closed.
    """
    with store.change(_SIGN_IN) as work:
        account = _account_of(work.session, person)
        if account is None:
            account = _new_account(work, person)
        elif account.is_active:
            _follow_role(work, account, person.role)
        account_id, is_active = account.account_id, account.is_active
    if not is_active:
        raise NotAllowedError("your account here is closed; ask the administrator")
    return open_session(store, account_id)


def _account_of(session: Session, person: KnownPerson) -> Account | None:
    query = select(Account).where(Account.identity_hash == person.identity_hash)
    return session.scalar(query.with_for_update())


def _new_account(work: Work, person: KnownPerson) -> Account:
    account = Account(
        account_id=secrets.token_hex(8), sign_in_name=_free_name(work.session, person.name), role=person.role.value,
        password_hash=None, identity_hash=person.identity_hash, is_active=True, created_at=work.now,
    )  # fmt: skip
    work.session.add(account)
    work.log("create", "account", account.account_id, role=account.role)
    work.session.flush()
    return account


def _follow_role(work: Work, account: Account, role: Role) -> None:
    """The provider's word holds, but for an administrator: that one was made by hand, and is unmade so."""
    if account.role in (role.value, Role.ADMINISTRATOR.value):
        return
    work.log("update", "account", account.account_id, changed={"role": [account.role, role.value]})
    account.role = role.value
    work.session.flush()


def _free_name(session: Session, wanted: str) -> str:
    """A name for lists, as near to the provider's as can be; one that is taken gets a number behind it."""
    plain = _NOT_IN_NAMES.sub(".", wanted.strip().casefold()).strip("._@-")[:60]
    stem = plain if len(plain) > 1 else "officer"
    for name in (stem, *(f"{stem}.{secrets.token_hex(3)}" for _ in range(5))):
        if session.scalar(select(Account.account_id).where(Account.sign_in_name == name)) is None:
            return name
    raise StoreUnavailableError("no free name for an account was found")
