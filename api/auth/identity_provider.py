"""The council's own identity provider: OpenID Connect, authorization code with PKCE.

Nothing of a sign-in under way is kept on the server: state, nonce and verifier travel in a sealed cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from api.auth.faults import IdentityProviderAwayError, NotAllowedError, NotSignedInError
from api.auth.permissions import Role
from api.settings import Settings
from api.store.cipher import require_private
from api.store.faults import StoreRefusedError

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

DONE_PATH = "/sign-in/council/done"
"""Where the provider sends a browser back to; to be registered with it, behind `SCHOOLRUN_PUBLIC_URL`."""
GIVEN_ROLES = tuple(role for role in Role if role is not Role.ADMINISTRATOR)
"""Roles that a provider may give. An administrator is made by hand: whoever may edit a group there is none here."""
BEGUN_S = 600
"""How long a sign-in may take, from leaving to coming back (ours)."""

_ALGORITHMS = [f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)]
"""Signed with the provider's own key alone: neither unsigned nor with a secret that we hold too."""
_TIMEOUT_S = 10
_KNOWN_FOR_S = 3600
_LOOK_AGAIN_S = 60
_LEEWAY_S = 60
_LOCAL = ("localhost", "127.0.0.1", "::1")
_NEEDED = ("public_url", "oidc_client_id", "oidc_roles")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """Somebody whom the provider knows.

    Attributes
    ----------
    identity_hash : of issuer and subject; the only thing by which they are recognised. A name may change hands.
    name : what the provider calls them.
    role : what the provider makes them here.
    """

    identity_hash: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that was begun.

    Attributes
    ----------
    address : of the provider, where the browser goes. kept : what must come back with it, to be sealed.
    """

    address: str
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    """What a provider says of itself, and when it was asked."""

    metadata: Mapping[str, Any]
    keys: Mapping[str, Any]
    asked_at: float


class IdentityProvider:
    """One provider, as the settings name it; asked about itself when somebody first signs in."""

    def __init__(self, settings: Settings, role_by_value: Mapping[str, Role], secret: str | None) -> None:
        self._issuer = str(settings.oidc_issuer)
        self._client_id = str(settings.oidc_client_id)
        self._secret = secret
        self._scopes = settings.oidc_scopes
        self._role_claim = settings.oidc_role_claim
        self._role_by_value = role_by_value
        self._redirect_uri = f"{str(settings.public_url).rstrip('/')}{DONE_PATH}"
        self._known: _Provider | None = None
        self._lock = threading.Lock()

    def begin(self, target: str) -> Begun:
        """Begin a sign-in that ends on a page of ours.

        Raises
        ------
        IdentityProviderAwayError
            When the provider cannot be reached.
        """
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        with self._client() as client:
            address, state = client.create_authorization_url(
                self._provider().metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "target": target, "at": int(time.time())}
        return Begun(address=str(address), kept=json.dumps(kept))

    def finish(self, kept: str, answer: Mapping[str, str]) -> tuple[KnownPerson, str]:
        """Who has come back, and the page they wanted.

        Parameters
        ----------
        kept : what `begin` gave, opened. answer : the query that the browser came back with.

        Raises
        ------
        NotSignedInError
            When the answer does not belong to this browser, came too late, or does not hold.
        NotAllowedError
            When the provider knows them and gives them no role here, or two.
        IdentityProviderAwayError
            When the provider cannot be reached.
        """
        begun = json.loads(kept)
        self._require_ours(begun, answer)
        claims = self._claims_of(answer["code"], begun["verifier"], begun["nonce"])
        return self._person_of(claims), str(begun["target"])

    def _require_ours(self, begun: Mapping[str, Any], answer: Mapping[str, str]) -> None:
        if not hmac.compare_digest(answer.get("state", "").encode(), str(begun["state"]).encode()):
            raise NotSignedInError("the answer of the identity provider belongs to another sign-in; begin again")
        if time.time() - begun["at"] > BEGUN_S:
            raise NotSignedInError("signing in took too long; begin again")
        # RFC 9207: an answer of another provider is not taken for one of this.
        if answer.get("iss", self._issuer) != self._issuer or "error" in answer or "code" not in answer:
            raise NotSignedInError("the identity provider did not let you in")

    def _claims_of(self, code: str, verifier: str, nonce: str) -> Mapping[str, Any]:
        """Claims about whoever signed in, each of them checked."""
        import requests
        from authlib.integrations.base_client import OAuthError
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        metadata = self._provider().metadata
        try:
            with self._client() as client:
                token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
                signed = self._opened(str(token.get("id_token", "")))
                claims = CodeIDToken(
                    signed.claims, signed.header,
                    options={"iss": {"essential": True, "value": self._issuer},
                             "aud": {"essential": True, "value": self._client_id}},
                    params={"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
                )  # fmt: skip
                claims.validate(leeway=_LEEWAY_S)
                return {**self._further(client, claims), **claims}
        except requests.RequestException:
            raise _away() from None
        except (OAuthError, JoseError, ValueError):
            raise NotSignedInError("the answer of the identity provider does not hold") from None

    def _opened(self, token: str) -> Any:
        """An ID token whose signature is the provider's; its keys are asked for anew where none fits."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            return jwt.decode(token, KeySet.import_key_set(self._provider().keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
        except (JoseError, ValueError):
            keys = self._provider(most_s=_LOOK_AGAIN_S).keys
            return jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]

    def _further(self, client: OAuth2Session, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """Claims that the provider keeps out of its tokens, where the role is among them."""
        address = self._provider().metadata.get("userinfo_endpoint")
        if self._role_claim in claims or not address:
            return {}
        answer = client.get(_required_safe(str(address)), timeout=_TIMEOUT_S, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else {}
        # OpenID Connect Core 5.3.2: of another subject it must not be used.
        return found if isinstance(found, dict) and found.get("sub") == claims["sub"] else {}

    def _person_of(self, claims: Mapping[str, Any]) -> KnownPerson:
        given = claims.get(self._role_claim, [])
        values = {given} if isinstance(given, str) else set(map(str, given)) if isinstance(given, list) else set()
        roles = {self._role_by_value[value] for value in values if value in self._role_by_value}
        if len(roles) != 1:
            found = "no role here" if not roles else "more than one role here"
            raise NotAllowedError(f"the identity provider gives you {found}; ask the administrator")
        identity = json.dumps([self._issuer, str(claims["sub"])])
        name = claims.get("preferred_username") or claims.get("email") or ""
        return KnownPerson(
            identity_hash=hashlib.sha256(identity.encode()).hexdigest(), name=str(name), role=roles.pop()
        )

    def _client(self) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self._client_id, self._secret, scope=self._scopes, redirect_uri=self._redirect_uri,
            code_challenge_method="S256", default_timeout=_TIMEOUT_S,
            token_endpoint_auth_method="none" if self._secret is None else "client_secret_basic",
        )  # fmt: skip

    def _provider(self, *, most_s: float = _KNOWN_FOR_S) -> _Provider:
        """What the provider says of itself, asked again where that is older."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known.asked_at > most_s:
                metadata = _fetched(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                if metadata.get("issuer") != self._issuer or not all(metadata.get(name) for name in _ENDPOINTS):
                    raise _away()
                for name in _ENDPOINTS:
                    _required_safe(str(metadata[name]))
                keys = _fetched(str(metadata["jwks_uri"]))
                self._known = _Provider(metadata=metadata, keys=keys, asked_at=time.monotonic())
            return self._known


def provider_of(settings: Settings) -> IdentityProvider | None:
    """The council's provider; None where the settings name none.

    Raises
    ------
    StoreRefusedError
        With everything that is wrong with the settings.
    """
    if settings.oidc_issuer is None:
        return None
    faults = [f"SCHOOLRUN_{name.upper()}: is needed with SCHOOLRUN_OIDC_ISSUER" for name in _NEEDED
              if not getattr(settings, name)]  # fmt: skip
    for name in ("oidc_issuer", "public_url"):
        address = getattr(settings, name)
        if address and not _is_safe(address):
            faults.append(f"SCHOOLRUN_{name.upper()}: {address}; must begin with https://")
    role_by_value, wrong = roles_of_text(settings.oidc_roles or "")
    if faults + wrong:
        raise StoreRefusedError("; ".join(faults + wrong))
    secret = None
    if settings.oidc_client_secret_file is not None:
        require_private(settings.oidc_client_secret_file)
        secret = settings.oidc_client_secret_file.read_text(encoding="utf-8").strip()
    return IdentityProvider(settings, role_by_value, secret)


def roles_of_text(text: str) -> tuple[dict[str, Role], list[str]]:
    """Roles by value of the provider's claim, from `VALUE=ROLE; VALUE=ROLE`, and what is wrong with it."""
    found: dict[str, Role] = {}
    faults = []
    allowed = {role.value: role for role in GIVEN_ROLES}
    for part in _parts(text):
        value, _, role = (piece.strip() for piece in part.rpartition("="))
        if not value or role not in allowed:
            faults.append(f"SCHOOLRUN_OIDC_ROLES: {part}; must be VALUE=ROLE with a ROLE of {', '.join(allowed)}")
        elif value in found:
            faults.append(f"SCHOOLRUN_OIDC_ROLES: {value}; must be there once")
        else:
            found[value] = allowed[role]
    return found, faults


def _parts(text: str) -> Iterable[str]:
    return (part.strip() for part in text.split(";") if part.strip())


def _fetched(address: str) -> dict[str, Any]:
    import requests

    try:
        answer = requests.get(address, timeout=_TIMEOUT_S, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError):
        raise _away() from None
    if not isinstance(found, dict):
        raise _away()
    return found


def _away() -> IdentityProviderAwayError:
    return IdentityProviderAwayError("the council's identity provider cannot be used now")


def _required_safe(address: str) -> str:
    if not _is_safe(address):
        raise _away()
    return address


def _is_safe(address: str) -> bool:
    """Whether nobody between can read along."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL))
