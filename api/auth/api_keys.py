"""Keys of other systems: shown once, kept as a hash, with scopes and an end."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth.faults import NotSignedInError
from api.auth.permissions import SCOPES, Permission, Principal
from api.store.faults import AlreadyThereError, NotInStoreError
from api.store.models import ApiKey
from api.store.store import Store, Work
from transport.files.faults import Fault, InputFaults

LONGEST_DAYS = 400
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")
_PREFIX = "srk"


def add_api_key(work: Work, name: str, scopes: Iterable[str], days: int) -> str:
    """Make a key; gives it whole, this once.

    Parameters
    ----------
    scopes : names of permissions.
    days : until it ends.

    Raises
    ------
    InputFaults
        When name, scopes or days will not do.
    AlreadyThereError
        When the name is taken.
    """
    wanted = sorted(set(scopes))
    known = {permission.value for permission in SCOPES}
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(("name", name, "must be letters, digits, spaces and . _ -, at most 80"))
    if not wanted or not set(wanted) <= known:
        faults.append(("scopes", " ".join(sorted(set(wanted) - known)), f"must be some of {' '.join(sorted(known))}"))
    if not 1 <= days <= LONGEST_DAYS:
        faults.append(("days", str(days), f"must be between 1 and {LONGEST_DAYS}"))
    if faults:
        raise InputFaults([Fault(file="api key", row=None, column=c, value=v, message=m) for c, v, m in faults])
    if work.session.scalar(select(ApiKey.key_id).where(ApiKey.name == name)):
        raise AlreadyThereError(f"api key {name}: the name is taken")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    work.session.add(
        ApiKey(
            key_id=key_id, name=name, secret_hash=_digest(secret), scopes=wanted, created_at=work.now,
            expires_at=work.now + timedelta(days=days), revoked_at=None,
        )
    )  # fmt: skip
    work.log("create", "api_key", key_id, scopes=wanted)
    return f"{_PREFIX}_{key_id}_{secret}"


def revoke_api_key(work: Work, name: str) -> None:
    """End a key at once.

    Raises
    ------
    NotInStoreError
        When there is none of the name.
    """
    key = work.session.scalar(select(ApiKey).where(ApiKey.name == name))
    if key is None:
        raise NotInStoreError(f"api key {name[:80]}: no such key")
    key.revoked_at = work.now
    work.log("revoke", "api_key", key.key_id)


def list_api_keys(session: Session) -> list[ApiKey]:
    """Every key, by name."""
    return list(session.scalars(select(ApiKey).order_by(ApiKey.name)))


def principal_of_key(store: Store, text: str, now: datetime) -> Principal:
    """Who a key belongs to.

    Raises
    ------
    NotSignedInError
        When it is none of ours, has ended or was revoked.
    """
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    with store.read() as session:
        key = session.get(ApiKey, key_id) if prefix == _PREFIX else None
    # Compared in constant time, also where there is no such key.
    is_right = hmac.compare_digest(_digest(secret), key.secret_hash if key else _digest(""))
    if key is None or not is_right or key.revoked_at is not None or key.expires_at <= now:
        raise NotSignedInError("the API key is not valid, or not any more")
    return Principal(name=f"key/{key.key_id}", role=None, permissions=_permissions_of(key.scopes))


def _permissions_of(scopes: Iterable[str]) -> frozenset[Permission]:
    known = {permission.value: permission for permission in SCOPES}
    return frozenset({Permission.PUBLIC, Permission.SIGNED_IN, *(known[name] for name in scopes if name in known)})


def _digest(secret: str) -> str:
    # The secret is random and long, so a plain hash cannot be guessed backwards.
    return hashlib.sha256(secret.encode()).hexdigest()
