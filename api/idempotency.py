"""A request that must have its effect once, however often it is sent: `Idempotency-Key`.

The key is claimed first, in a transaction of its own; the effect and the kept answer are then one transaction. A
process that dies in between leaves a claim without an answer, which another attempt may take over after a minute.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import delete, select, update

from api.endpoints.asking import Asking
from api.problems import AskedWronglyError
from api.store.faults import AlreadyThereError, KeyReusedError, StillRunningError
from api.store.models import IdempotencyKey
from api.store.store import Store, Work

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
TAKE_OVER_AFTER = timedelta(seconds=60)
_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an endpoint answers, and what is kept of it."""

    status: int
    body: dict[str, Any]
    etag: int | None = None

    def response(self, *, is_replayed: bool = False) -> Response:
        """The same as an HTTP response."""
        headers = {"ETag": f'"{self.etag}"'} if self.etag is not None else {}
        if is_replayed:
            headers[REPLAYED_HEADER] = "true"
        return JSONResponse(self.body, status_code=self.status, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One request with its key.

    Attributes
    ----------
    request_hash : of method, address, precondition and body: all that decides what it does.
    """

    key: str
    request_hash: str


async def once(request: Request) -> Once:
    """Dependency of an endpoint that must have its effect once.

    Raises
    ------
    AskedWronglyError
        When the key is missing or of the wrong form.
    """
    key = request.headers.get(KEY_HEADER, "")
    if not _KEY.fullmatch(key):
        raise AskedWronglyError("key-needed", f"needs {KEY_HEADER}")
    parts = (request.method, request.url.path, request.url.query, request.headers.get("if-match", ""))
    digest = hashlib.sha256(json.dumps(parts).encode())
    digest.update(await request.body())
    return Once(key=key, request_hash=digest.hexdigest())


def once_of_form(key: str, parts: Sequence[str]) -> Once:
    """The same for a form of a page: its key lies in it, and `parts` are its address and fields.

    A form whose key was lost or changed counts as a new one.
    """
    digest = hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
    return Once(key=key if _KEY.fullmatch(key) else secrets.token_hex(16), request_hash=digest)


def do_once(who: Asking, one: Once, do: Callable[[Work], Answer]) -> Response:
    """Do it, unless it has been done: then answer as before.

    Raises
    ------
    StillRunningError
        When the first request with the key has not ended.
    KeyReusedError
        When the key was used for another request.
    """
    return do_once_prepared(who, one, lambda: None, lambda work, _: do(work))


def do_once_prepared(who: Asking, one: Once, prepare: Callable[[], T], do: Callable[[Work, T], Answer]) -> Response:
    """The same, with work before the transaction that takes too long to hold the database meanwhile.

    Parameters
    ----------
    prepare : is called only where the request has not been answered yet; must take well under a minute.

    Raises
    ------
    StillRunningError, KeyReusedError
        As `do_once`.
    """
    attempt = secrets.token_hex(16)
    kept = _claim(who, one, attempt)
    if kept is not None:
        return kept.response(is_replayed=True)
    try:
        prepared = prepare()
        with who.store.change(who.caller) as work:
            answer = do(work, prepared)
            _keep(work, who, one, attempt, answer)
    except Exception:
        _let_go(who, one, attempt)
        raise
    return answer.response()


def _claim(who: Asking, one: Once, attempt: str) -> Answer | None:
    """Take the key, or the answer that was kept under it."""
    try:
        with who.store.change(who.caller) as work:
            query = select(IdempotencyKey).where(
                IdempotencyKey.caller == who.principal.name, IdempotencyKey.key == one.key
            )
            row = work.session.scalar(query.with_for_update())
            if row is None:
                work.session.add(
                    IdempotencyKey(
                        caller=who.principal.name, key=one.key, request_hash=one.request_hash, attempt=attempt,
                        status=None, sealed=None, created_at=work.now,
                    )
                )  # fmt: skip
                return None
            if row.request_hash != one.request_hash:
                raise KeyReusedError(f"{KEY_HEADER} was used for another request")
            if row.status is not None and row.sealed is not None:
                return _opened(who.store, who, one, row.sealed)
            if work.now - row.created_at < TAKE_OVER_AFTER:
                raise StillRunningError("the first request with this key has not ended")
            row.attempt, row.created_at = attempt, work.now
            return None
    except AlreadyThereError:
        # Two claims at the same moment: the database let one of them in.
        raise StillRunningError("the first request with this key has not ended") from None


def _keep(work: Work, who: Asking, one: Once, attempt: str, answer: Answer) -> None:
    sealed = work.cipher.seal(
        _context(who, one), json.dumps({"status": answer.status, "body": answer.body, "etag": answer.etag})
    )
    query = (
        update(IdempotencyKey)
        .where(
            IdempotencyKey.caller == who.principal.name, IdempotencyKey.key == one.key,
            IdempotencyKey.attempt == attempt, IdempotencyKey.status.is_(None),
        )
        .values(status=answer.status, sealed=sealed)
        .returning(IdempotencyKey.key)
    )  # fmt: skip
    if work.session.execute(query).first() is None:
        raise StillRunningError("another attempt with this key has taken over")


def _let_go(who: Asking, one: Once, attempt: str) -> None:
    with who.store.change(who.caller) as work:
        work.session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.caller == who.principal.name, IdempotencyKey.key == one.key,
                IdempotencyKey.attempt == attempt, IdempotencyKey.status.is_(None),
            )
        )  # fmt: skip


def _opened(store: Store, who: Asking, one: Once, sealed: str) -> Answer:
    kept = json.loads(store.cipher.open(_context(who, one), sealed))
    return Answer(status=kept["status"], body=kept["body"], etag=kept["etag"])


def _context(who: Asking, one: Once) -> str:
    return f"answer/{who.principal.name}/{one.key}"
