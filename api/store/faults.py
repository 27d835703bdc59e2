"""What can go wrong in the store, said so that whoever must act can act. `api.errors` gives each its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class StoreError(Exception):
    """The store could not do what was asked; nothing was changed."""


class NotInStoreError(StoreError, LookupError):
    """No such record: the caller must name another one."""


class StaleWriteError(StoreError, RuntimeError):
    """The record has changed since it was read: the caller must look at it again.

    Attributes
    ----------
    current_version : the version that now stands; 0: the record does not exist.
    """

    current_version: int

    def __init__(self, what: str, *, given_version: int, current_version: int) -> None:
        self.current_version = current_version
        super().__init__(
            f"{what}: version {given_version} was given, it is at version {current_version}; read it again"
        )


class AlreadyThereError(StoreError, ValueError):
    """An id is taken: the caller must use another, or update what is there."""


class StillRunningError(StoreError, RuntimeError):
    """The first request with the same idempotency key has not ended: try again later."""


class KeyReusedError(StoreError, ValueError):
    """An idempotency key came back with another request: the caller must take a new key."""


class NotAllowedYetError(StoreError, RuntimeError):
    """The state of the record forbids it; the message says what is missing."""


class NotStorableError(StoreError, ValueError):
    """A text holds a character that a database does not take: the caller must leave it out."""


class PlanChangedError(StoreError, RuntimeError):
    """What was quoted does not hold any more: the caller must look at the fresh quote.

    Attributes
    ----------
    fresh_quote : the same question asked of what stands now; None while nobody has asked.
    """

    fresh_quote: Mapping[str, Any] | None

    def __init__(self, message: str, fresh_quote: Mapping[str, Any] | None = None) -> None:
        self.fresh_quote = fresh_quote
        super().__init__(message)


class StoreUnavailableError(StoreError, OSError):
    """The database is gone, full or locked: the operator must act; the caller may try again later."""


class StoreRefusedError(StoreError, ValueError):
    """The store does not open: the way it is set up is unsafe, or its schema is not this version's."""


class CannotDecryptError(StoreError, ValueError):
    """A sealed value does not open: the key file is not the one it was sealed with, or the value was tampered with."""
