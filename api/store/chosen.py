"""What a council chooses beside its lists: targets, the text of letters, what a document is made of.

Kept as records, so that each has its versions, its line in the log and its place in a backup; they are in no list and
in no scenario.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.kinds import Body, Kind
from api.store.records import Draft, Stored, find, save
from api.store.store import Work

TARGETS = Kind(name="targets", path="targets", only_id="council")
CARBON = Kind(name="carbon", path="carbon", only_id="council")
"""Greenhouse gases of a mile, by vehicle class."""
LETTER_TEXT = Kind(name="letter_text", path="letter-text", only_id="council", sealed=True)
"""Sealed, for people write what they like into a letter, and the log must not repeat it."""
DOCUMENT = Kind(name="document", path="documents", sealed=True)
"""Of an export that is a document, under the export's id: for which schools, and the text as it was agreed to."""
CHOSEN_KINDS = (TARGETS, CARBON, LETTER_TEXT, DOCUMENT)
_ID = "council"


def chosen(session: Session, cipher: Cipher, kind: Kind) -> Stored | None:
    """What the council has chosen; None where it has chosen nothing yet."""
    return find(session, cipher, kind, _ID)


def choose(work: Work, kind: Kind, body: Body, *, expected_version: int) -> Stored:
    """Choose anew.

    Parameters
    ----------
    expected_version : the version that the caller saw; 0: nothing was chosen yet.

    Raises
    ------
    StaleWriteError, AlreadyThereError
        When another version stands now.
    """
    return save(work, kind, _ID, Draft(body=body), expected_version=expected_version)
