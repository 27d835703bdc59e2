"""Which error means which exit code and which HTTP status: who must act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_OK = 0
EXIT_HARD_VIOLATION = 1
EXIT_BAD_INPUT = 2
EXIT_UNSERVED = 3
EXIT_STORE = 4

BAD_INPUT_ERRORS = (ValueError, OSError)
"""What reading, snapping and street rules raise: `InputFaults`, `PlacesOffStreetError` and `StreetRulesError` are
ValueErrors; a missing file and no internet are OSErrors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A kind of answer that is not what was asked for.

    Attributes
    ----------
    name : last part of its address, `/api/v1/problems/NAME`.
    what_to_do : who must act, and how.
    """

    name: str
    status: int
    title: str
    what_to_do: str


PROBLEMS = (
    Problem(
        name="faults", status=422, title="What was sent cannot be taken",
        what_to_do="`faults` names everything wrong, with place and what is allowed. Correct it and send again.",
    ),
    Problem(
        name="not-found", status=404, title="There is no such thing",
        what_to_do="Check the id or the address. Nothing was changed.",
    ),
    Problem(
        name="not-allowed-method", status=405, title="That cannot be done here",
        what_to_do="Look up in the API's description which methods this address has.",
    ),
    Problem(
        name="stale", status=409, title="It has been changed meanwhile",
        what_to_do="`current_version` is what stands now. Read it again, decide anew, and send with that version.",
    ),
    Problem(
        name="already-there", status=409, title="It is there already",
        what_to_do="Use another id, or read what is there and update it.",
    ),
    Problem(
        name="still-running", status=409, title="The first request has not ended",
        what_to_do="Wait a few seconds and send the same request with the same Idempotency-Key again.",
    ),
    Problem(
        name="key-reused", status=422, title="The idempotency key belongs to another request",
        what_to_do="Use a new Idempotency-Key for each new request.",
    ),
    Problem(
        name="not-yet", status=409, title="Something is missing before that",
        what_to_do="`detail` names what is missing. Put it in order and send again.",
    ),
    Problem(
        name="plan-changed", status=409, title="The quote does not hold any more",
        what_to_do="`fresh_quote` is the same question asked of what stands now. Decide anew, and accept that one.",
    ),
    Problem(
        name="version-needed", status=428, title="The version is missing",
        what_to_do='Send the version that you saw as If-Match: "VERSION"; for a new record, If-None-Match: *.',
    ),
    Problem(
        name="key-needed", status=400, title="The idempotency key is missing",
        what_to_do="Send an Idempotency-Key: 8 to 128 letters, digits, - or _, a new one for each new request.",
    ),
    Problem(
        name="not-signed-in", status=401, title="Nobody known is asking",
        what_to_do="Sign in, or send a valid key as Authorization: Bearer KEY.",
    ),
    Problem(
        name="not-allowed", status=403, title="You may not do this",
        what_to_do="Ask the administrator for another role, or for a key with this scope.",
    ),
    Problem(
        name="too-many-attempts", status=429, title="Too many sign-ins failed",
        what_to_do="Wait as long as Retry-After says.",
    ),
    Problem(
        name="too-large", status=413, title="That is too large",
        what_to_do="Send it in parts, or ask the administrator to raise SCHOOLRUN_UPLOAD_LIMIT_MB.",
    ),
    Problem(
        name="wrong-type", status=415, title="That is of a kind that is not taken here",
        what_to_do="Send one of the content types that the API's description names.",
    ),
    Problem(
        name="unavailable", status=503, title="The database cannot be used now",
        what_to_do="Nothing was changed. Try again later with the same Idempotency-Key; the operator must look.",
    ),
    Problem(
        name="internal", status=500, title="Something is wrong with the service",
        what_to_do="Tell the operator the request id. Nothing was changed by a request with an Idempotency-Key.",
    ),
)  # fmt: skip

PROBLEM_BY_NAME = {problem.name: problem for problem in PROBLEMS}


def problem_by_error() -> Mapping[type[Exception], Problem]:
    """Problem of each class of error; of several that fit, the first."""
    from api.auth.faults import NotAllowedError, NotSignedInError, TooManyAttemptsError
    from api.store import faults as store
    from transport.files.faults import InputFaults

    names: dict[type[Exception], str] = {
        InputFaults: "faults", store.NotInStoreError: "not-found", store.StaleWriteError: "stale",
        store.AlreadyThereError: "already-there", store.StillRunningError: "still-running",
        store.KeyReusedError: "key-reused", store.NotAllowedYetError: "not-yet",
        store.PlanChangedError: "plan-changed", NotSignedInError: "not-signed-in",
        NotAllowedError: "not-allowed", TooManyAttemptsError: "too-many-attempts",
        store.StoreUnavailableError: "unavailable", store.CannotDecryptError: "unavailable",
        UnicodeEncodeError: "faults", store.NotStorableError: "faults",
    }  # fmt: skip
    return {error: PROBLEM_BY_NAME[name] for error, name in names.items()}
