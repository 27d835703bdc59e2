"""Which error means which exit code: who must act."""

from __future__ import annotations

EXIT_OK = 0
EXIT_HARD_VIOLATION = 1
EXIT_BAD_INPUT = 2
EXIT_UNSERVED = 3

BAD_INPUT_ERRORS = (ValueError, OSError)
"""What reading, snapping and street rules raise: `InputFaults`, `PlacesOffStreetError` and `StreetRulesError` are
ValueErrors; a missing file and no internet are OSErrors."""
