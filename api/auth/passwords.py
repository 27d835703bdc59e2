"""Passwords: what is good enough, and their hashes (argon2id)."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_SHORTEST, _LONGEST = 12, 200
_COMMON = (
    "password", "qwerty", "123456", "letmein", "welcome", "iloveyou", "admin", "schoolrun", "abc123", "monkey",
    "council",
)  # fmt: skip
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes 64 MiB: a burst of sign-ins must not take the machine's memory."""


def password_faults(password: str, sign_in_name: str) -> list[str]:
    """What is wrong with a new password; none: it will do.

    References
    ----------
    NCSC Cyber Essentials asks for 12 characters, or fewer with a list of those refused; here both.
    """
    faults = []
    if not _SHORTEST <= len(password) <= _LONGEST:
        faults.append(f"must have {_SHORTEST} to {_LONGEST} characters")
    rest = _letters(password)
    for word in (*_COMMON, _letters(sign_in_name)):
        rest = rest.replace(word, "") if len(word) > 2 else rest
    if len(set(rest)) < 5:
        faults.append("must not be made of common words, repeats or the sign-in name")
    return faults


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def hash_of(password: str) -> str:
    """Hash of a password, with its salt and parameters in it."""
    with _AT_ONCE:
        return _hasher().hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether a password fits; without a hash to compare it takes as long, and does not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _AT_ONCE:
        try:
            return _hasher().verify(password_hash or _hash_of_nobody(), password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    # RFC 9106, second recommendation: 64 MiB, 3 passes, 4 lanes.
    return PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)


@cache
def _hash_of_nobody() -> str:
    return _hasher().hash("nobody has this password")
