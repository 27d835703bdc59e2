"""The way in: reading, and changes that are one transaction each and end in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from api.audit import Caller, Entry, append, append_all
from api.settings import Settings
from api.store.cipher import Cipher, read_keys
from api.store.engine import WRITES, make_engine
from api.store.faults import AlreadyThereError, NotStorableError, StoreUnavailableError
from api.store.together import Together, Waiting

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """One transaction that changes something: all of it happens, with its lines in the log, or nothing does.

    Attributes
    ----------
    now : the moment of every change in it.
    entries : lines for the log so far.
    """

    session: Session
    cipher: Cipher
    caller: Caller
    now: datetime
    entries: list[Entry] = field(default_factory=list)

    def log(self, action: str, kind: str, record_id: str, **content: object) -> None:
        """Note a line for the log; fields without a value are left out."""
        said = {name: value for name, value in content.items() if value is not None}
        self.entries.append(Entry(action=action, kind=kind, record_id=record_id, content=said))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Store:
    """A council's database and the keys that open it."""

    engine: Engine
    cipher: Cipher
    _together: Together = field(default_factory=Together, repr=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that changes nothing and sees one state of the database.

        Raises
        ------
        StoreUnavailableError
            When the database cannot be reached.
        """
        with _plain_faults(), Session(self._at(writes=False), expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def change(self, caller: Caller) -> Iterator[Work]:
        """A transaction that changes something; left by an error, it leaves nothing behind.

        Raises
        ------
        StoreUnavailableError
            When the database cannot be reached, is full or locked.
        AlreadyThereError
            When another change took the same id first.
        NotStorableError
            When a text holds what the database does not take.
        """
        with self._changing() as session:
            work = Work(session=session, cipher=self.cipher, caller=caller, now=datetime.now(UTC))
            yield work
            session.flush()
            append(session, caller, work.entries)

    def change_together(self, caller: Caller, do: Callable[[Work], T]) -> T:
        """A short change that shares its transaction, and so its flush to disk, with others that wait just then.

        For what is done all the time and hangs on nothing that another request may do at that moment, such as a quote
        that is kept or a reading that is logged.

        Parameters
        ----------
        do : done once more where another change of the same transaction fails.

        Raises
        ------
        StoreUnavailableError, AlreadyThereError, NotStorableError
            As `change`; whatever `do` raises.
        """
        result: T = self._together.done(Waiting(caller=caller, do=do), self._change_all)
        return result

    def _change_all(self, wanted: Sequence[Waiting]) -> list[Any]:
        """Several changes in one transaction, each with its lines in the log."""
        with self._changing() as session:
            now = datetime.now(UTC)
            works = [Work(session=session, cipher=self.cipher, caller=one.caller, now=now) for one in wanted]
            results = [one.do(work) for one, work in zip(wanted, works, strict=True)]
            session.flush()
            append_all(session, [(work.caller, entry) for work in works for entry in work.entries])
        return results

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        with _plain_faults(), Session(self._at(writes=True), expire_on_commit=False) as session, session.begin():
            yield session

    def _at(self, *, writes: bool) -> Engine:
        # Two engines over one pool. PostgreSQL: a reader sees one state throughout, as on SQLite.
        options: dict[str, object] = {WRITES: writes}
        if self.engine.dialect.name == "postgresql":
            options |= {} if writes else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return self.engine.execution_options(**options)


def open_store(settings: Settings) -> Store:
    """The store that the settings name, with its keys; its schema must be this version's.

    Raises
    ------
    StoreRefusedError
        When a guard objects, the key file is missing, or the schema is another version's.
    """
    from api.store.migrate import require_current

    store = Store(engine=make_engine(settings), cipher=Cipher(keys=read_keys(settings.key_file)))
    with _plain_faults():
        require_current(store.engine)
    return store


@contextmanager
def _plain_faults() -> Iterator[None]:
    """Faults of the database in the store's own words, without the values that were to be written."""
    try:
        yield
    except IntegrityError as error:
        raise AlreadyThereError("another change took the same id or key first; read again") from error
    except DataError as error:
        raise NotStorableError("text holds a character that is not taken, such as NUL, or is too long") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        raise StoreUnavailableError(f"the database cannot be used now ({_cause_of(error)})") from error
    except PoolTimeoutError as error:
        raise StoreUnavailableError("the database cannot be used now (too many requests at once)") from error


def _cause_of(error: DBAPIError) -> str:
    text = str(error.orig).splitlines()[0] if error.orig else "no answer"
    known = ("full", "locked", "disk I/O", "readonly", "unable to open", "connection")
    return next((word for word in known if word in text), "no answer")
