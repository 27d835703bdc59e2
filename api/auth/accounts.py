"""Accounts of people, their sign-in with its throttle, and their sessions."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from api.audit import Caller
from api.auth.faults import NotSignedInError, TooManyAttemptsError
from api.auth.passwords import hash_of, is_right, password_faults
from api.auth.permissions import Principal, Role, permissions_of
from api.settings import Settings
from api.store.cipher import Cipher
from api.store.faults import AlreadyThereError, NotAllowedYetError, NotInStoreError
from api.store.models import Account, SignInAttempt, SignInSession
from api.store.store import Store, Work
from transport.files.faults import Fault, InputFaults

MOST_FAILURES_BY_NAME = 10
MOST_FAILURES_BY_ADDRESS = 50
WINDOW = timedelta(minutes=5)
"""Ten guesses in five minutes, as Cyber Essentials has it; more from one address, behind which many may sit (ours)."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}")
_TOUCH_AFTER = timedelta(seconds=60)
_SIGN_IN = Caller(name="sign-in")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignedIn:
    """A session that was just opened.

    Attributes
    ----------
    token : the cookie's value; kept as a hash only.
    csrf_token : what a page must send with each change.
    """

    token: str
    csrf_token: str
    principal: Principal


def add_account(work: Work, sign_in_name: str, role: Role, password: str) -> str:
    """Make an account; gives its id.

    Raises
    ------
    InputFaults
        When the name or the password will not do.
    AlreadyThereError
        When the name is taken.
    """
    name = sign_in_name.strip().casefold()
    faults = [("password", fault) for fault in password_faults(password, name)]
    if not _NAME.fullmatch(name):
        faults.insert(0, ("sign_in_name", "must be 2 to 80 letters, digits and . _ @ -"))
    _require_none(faults)
    if work.session.scalar(select(Account.account_id).where(Account.sign_in_name == name)):
        raise AlreadyThereError("account: the sign-in name is taken")
    account_id = secrets.token_hex(8)
    work.session.add(
        Account(
            account_id=account_id, sign_in_name=name, role=role.value, password_hash=hash_of(password),
            is_active=True, created_at=work.now,
        )
    )  # fmt: skip
    work.log("create", "account", account_id, role=role.value)
    return account_id


def set_password(work: Work, sign_in_name: str, password: str) -> None:
    """Give an account another password, and end its sessions.

    Raises
    ------
    InputFaults
        When the password will not do.
    NotInStoreError
        When there is no such account.
    NotAllowedYetError
        When they sign in at the council's identity provider.
    """
    account = account_of(work.session, sign_in_name)
    if account.identity_hash is not None:
        raise NotAllowedYetError("account: signs in at the council's identity provider, and has no password here")
    _require_none([("password", fault) for fault in password_faults(password, account.sign_in_name)])
    account.password_hash = hash_of(password)
    _end_sessions(work, account)
    work.log("update", "account", account.account_id, changed=["password"])


def set_role(work: Work, sign_in_name: str, role: Role) -> None:
    """Give an account another role; it holds from its next request on.

    Raises
    ------
    NotInStoreError
        When there is no such account.
    """
    account = account_of(work.session, sign_in_name)
    work.log("update", "account", account.account_id, changed={"role": [account.role, role.value]})
    account.role = role.value


def set_active(work: Work, sign_in_name: str, *, is_active: bool) -> None:
    """Close or open an account; closing ends its sessions at once.

    Raises
    ------
    NotInStoreError
        When there is no such account.
    """
    account = account_of(work.session, sign_in_name)
    work.log("update", "account", account.account_id, changed={"is_active": [account.is_active, is_active]})
    account.is_active = is_active
    if not is_active:
        _end_sessions(work, account)


def account_of(session: Session, sign_in_name: str) -> Account:
    """An account by its name.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    account = session.scalar(select(Account).where(Account.sign_in_name == sign_in_name.strip().casefold()))
    if account is None:
        raise NotInStoreError(f"account {sign_in_name.strip()[:80]}: no such account")
    return account


def list_accounts(session: Session) -> list[Account]:
    """Every account, by name."""
    return list(session.scalars(select(Account).order_by(Account.sign_in_name)))


def sign_in(store: Store, sign_in_name: str, password: str, address: str) -> SignedIn:
    """Open a session.

    Raises
    ------
    NotSignedInError
        When name and password do not fit; which of the two is not said.
    TooManyAttemptsError
        When too many have failed.
    """
    name = sign_in_name.strip().casefold()
    attempt_id = _note_attempt(store, name, address)
    with store.read() as session:
        account = session.scalar(select(Account).where(Account.sign_in_name == name, Account.is_active))
        known_hash = account.password_hash if account else None
    if not is_right(password, known_hash) or account is None:
        raise NotSignedInError("sign-in name or password is wrong")
    return open_session(store, account.account_id, attempt_id)


def session_of(store: Store, settings: Settings, token: str, now: datetime) -> SignedIn:
    """The session that a cookie belongs to, used at this moment.

    Raises
    ------
    NotSignedInError
        When there is none, it has run out, or the account is closed.
    """
    digest = _digest(token)
    with store.read() as session:
        row = session.get(SignInSession, digest)
        account = session.get(Account, row.account_id) if row else None
        if row is None or account is None or not account.is_active or _has_run_out(row, settings, now):
            raise NotSignedInError("not signed in, or signed in too long ago")
        found = SignedIn(token=token, csrf_token=row.csrf_token, principal=_principal_of(account))
        is_old = now - row.last_used_at > _TOUCH_AFTER
    if is_old:
        with store.change(_SIGN_IN) as work:
            touched = work.session.get(SignInSession, digest)
            if touched is not None:
                touched.last_used_at = now
    return found


def sign_out(work: Work, token: str) -> None:
    """End a session."""
    row = work.session.get(SignInSession, _digest(token))
    if row is not None:
        work.session.delete(row)
        work.log("sign_out", "account", row.account_id)


def _note_attempt(store: Store, name: str, address: str) -> int:
    # Noted before the password is looked at, so that guesses sent at the same time count too.
    with store.change(_SIGN_IN) as work:
        lookups = _lookups(work.cipher, name, address)
        _require_few(work, *lookups)
        attempt = SignInAttempt(name_lookup=lookups[0], address_lookup=lookups[1], at=work.now)
        work.session.add(attempt)
        work.session.flush()
        return attempt.attempt_id


def _require_few(work: Work, name_lookup: str, address_lookup: str) -> None:
    since = work.now - WINDOW
    for column, value, most in (
        (SignInAttempt.name_lookup, name_lookup, MOST_FAILURES_BY_NAME),
        (SignInAttempt.address_lookup, address_lookup, MOST_FAILURES_BY_ADDRESS),
    ):
        query = select(func.count(), func.min(SignInAttempt.at)).where(column == value, SignInAttempt.at > since)
        n, first = work.session.execute(query).one()
        if n >= most:
            raise TooManyAttemptsError(max(1, round((first + WINDOW - work.now).total_seconds())))


def open_session(store: Store, account_id: str, attempt_id: int | None = None) -> SignedIn:
    """Open a session for somebody who has shown who they are.

    Parameters
    ----------
    attempt_id : that need not be counted as a failure.
    """
    token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with store.change(Caller(name=f"account/{account_id}")) as work:
        account = work.session.get_one(Account, account_id)
        work.session.execute(delete(SignInAttempt).where(SignInAttempt.attempt_id == attempt_id))
        work.session.add(
            SignInSession(
                token_hash=_digest(token), account_id=account_id, csrf_token=csrf_token, created_at=work.now,
                last_used_at=work.now,
            )
        )  # fmt: skip
        work.log("sign_in", "account", account_id)
        return SignedIn(token=token, csrf_token=csrf_token, principal=_principal_of(account))


def _has_run_out(row: SignInSession, settings: Settings, now: datetime) -> bool:
    idle = now - row.last_used_at > timedelta(minutes=settings.session_idle_minutes)
    return idle or now - row.created_at > timedelta(hours=settings.session_hours)


def _principal_of(account: Account) -> Principal:
    role = Role(account.role)
    return Principal(name=f"account/{account.account_id}", role=role, permissions=permissions_of(role))


def _end_sessions(work: Work, account: Account) -> None:
    work.session.execute(delete(SignInSession).where(SignInSession.account_id == account.account_id))


def _lookups(cipher: Cipher, name: str, address: str) -> tuple[str, str]:
    return cipher.lookup_of("sign-in/name", name), cipher.lookup_of("sign-in/address", address)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _require_none(faults: list[tuple[str, str]]) -> None:
    if faults:
        raise InputFaults(
            [Fault(file="account", row=None, column=column, value="", message=message) for column, message in faults]
        )
