"""Encryption of single fields, with keys that can be changed, and keyed hashes for exact look-up."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from api.store.faults import CannotDecryptError, StoreRefusedError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_SEPARATOR = "\x00"
_FORM = 'JSON with "encrypt" (a list of Fernet keys, newest first) and "lookup" (64 hexadecimal digits)'


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Keys:
    """Keys of one installation; never printed.

    Attributes
    ----------
    encrypt : Fernet keys, newest first: the first one seals, all of them open.
    lookup : key of the hashes for look-up; it cannot be changed without hashing everything anew.
    """

    encrypt: tuple[str, ...]
    lookup: bytes


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cipher:
    """Seals and opens single fields, each bound to the place where it stands.

    A sealed value carries its context (kind, id and field), so that a value copied to another row does not open.

    References
    ----------
    Fernet (AES-128-CBC with HMAC-SHA256), from the library `cryptography`.
    """

    keys: Keys
    _fernet: MultiFernet = field(init=False)

    def __post_init__(self) -> None:
        """Make the Fernet of all keys."""
        from cryptography.fernet import Fernet, MultiFernet

        object.__setattr__(self, "_fernet", MultiFernet([Fernet(key) for key in self.keys.encrypt]))

    def seal(self, context: str, text: str) -> str:
        """Encrypt a text for one place.

        Parameters
        ----------
        context : the place, for example `detail/K3F9.../family_name`.
        """
        return self.seal_bytes(context, text.encode()).decode()

    def seal_bytes(self, context: str, data: bytes) -> bytes:
        """Encrypt bytes for one place, as `seal`."""
        return self._fernet.encrypt(context.encode() + _SEPARATOR.encode() + data)

    def open_bytes(self, context: str, sealed: bytes) -> bytes:
        """Decrypt bytes that were sealed for the same place.

        Raises
        ------
        CannotDecryptError
            As `open`.
        """
        from cryptography.fernet import InvalidToken

        try:
            place, _, data = self._fernet.decrypt(sealed).partition(_SEPARATOR.encode())
        except InvalidToken:
            raise CannotDecryptError(f"{context}: no key of the key file opens it") from None
        if place.decode() != context:
            raise CannotDecryptError(f"{context}: it was sealed for another place")
        return data

    def open(self, context: str, sealed: str) -> str:
        """Decrypt what was sealed for the same place.

        Raises
        ------
        CannotDecryptError
            When no key fits, when the value was tampered with, or when it was sealed for another place.
        """
        return self.open_bytes(context, sealed.encode()).decode()

    def rotate(self, sealed: bytes) -> bytes:
        """The same value sealed with the newest key.

        Raises
        ------
        CannotDecryptError
            When no key fits.
        """
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise CannotDecryptError("a sealed value: no key of the key file opens it") from None

    def lookup_of(self, purpose: str, value: str) -> str:
        """Keyed hash for exact look-up; spaces at the ends and capitals do not matter.

        Parameters
        ----------
        purpose : what kind of value it is, so that equal values of two kinds have different hashes.
        """
        plain = " ".join(value.split()).casefold()
        return hmac.new(self.keys.lookup, f"{purpose}{_SEPARATOR}{plain}".encode(), hashlib.sha256).hexdigest()


def read_keys(path: Path) -> Keys:
    """Read a key file.

    Raises
    ------
    StoreRefusedError
        When it is missing, readable by others, or not a key file.
    """
    if not path.is_file():
        raise StoreRefusedError(f"{path.name}: no such key file; make one with `schoolrun store keys new`")
    require_private(path)
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        keys = Keys(encrypt=tuple(map(str, given["encrypt"])), lookup=bytes.fromhex(given["lookup"]))
        Cipher(keys=keys)
    except (ValueError, KeyError, TypeError):
        raise StoreRefusedError(f"{path.name}: not a key file; must be {_FORM}") from None
    if not keys.encrypt or len(keys.lookup) != 32:
        raise StoreRefusedError(f"{path.name}: not a key file; must be {_FORM}")
    return keys


def require_private(path: Path) -> None:
    """Refuse a file of secrets that others can read.

    Raises
    ------
    StoreRefusedError
        When it is missing, or readable by others.
    """
    if not path.is_file():
        raise StoreRefusedError(f"{path.name}: no such file")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise StoreRefusedError(f"{path.name}: other users may read it; must be readable by its owner alone (0600)")


def make_keys() -> Keys:
    """New keys, from the operating system's source of randomness."""
    from cryptography.fernet import Fernet

    return Keys(encrypt=(Fernet.generate_key().decode(),), lookup=secrets.token_bytes(32))


def with_new_key(keys: Keys) -> Keys:
    """The same keys with a new one in front, which seals from now on; the old ones still open."""
    return Keys(encrypt=(*make_keys().encrypt, *keys.encrypt), lookup=keys.lookup)


def with_newest_key_only(keys: Keys) -> Keys:
    """The keys that remain once everything has been sealed anew."""
    return Keys(encrypt=keys.encrypt[:1], lookup=keys.lookup)


def write_keys(keys: Keys, path: Path, *, replace: bool = False) -> None:
    """Write a key file that its owner alone can read; in one step, so that no half-written one is left.

    Raises
    ------
    StoreRefusedError
        When the file is there already and is not to be replaced.
    """
    if path.exists() and not replace:
        raise StoreRefusedError(f"{path.name}: is there already; a lost key file cannot be made again")
    text = json.dumps({"encrypt": list(keys.encrypt), "lookup": keys.lookup.hex()}, indent=1)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
