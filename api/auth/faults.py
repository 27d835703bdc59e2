"""Why somebody is turned away."""

from __future__ import annotations


class NotSignedInError(Exception):
    """Nobody known is asking: sign in, or give a key that is valid."""


class NotAllowedError(Exception):
    """Somebody known may not do this: ask the administrator for another role or scope."""


class IdentityProviderAwayError(OSError):
    """The identity provider cannot be reached, or is not what the settings say: try again, or tell the operator."""


class TooManyAttemptsError(Exception):
    """Too many sign-ins failed: wait.

    Attributes
    ----------
    retry_after_s : how long to wait.
    """

    retry_after_s: int

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many sign-ins failed; try again in {retry_after_s} seconds")
