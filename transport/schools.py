"""Schools: sites, gates, sessions by day, and the windows they allow."""

from __future__ import annotations

from dataclasses import dataclass

from transport.calendar import ALL_DAYS, N_DAYS, Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Bell times of one day, seconds after midnight."""

    start_s: int
    finish_s: int

    def __post_init__(self) -> None:
        """Refuse a session that ends before it starts."""
        if not 0 <= self.start_s < self.finish_s <= 86_400:
            raise ValueError(f"session {self.start_s} to {self.finish_s} s; must be 0 <= start < finish <= 86400")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Where vehicles stop at a school; a school may have several sites and gates."""

    gate_id: str
    place_id: str
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A setting that passengers attend.

    Attributes
    ----------
    gates : the first one is used where a passenger names none.
    sessions : 10 entries, Mon A to Fri B; None where the school is shut that day.
    arrive_earliest_before_s, arrive_latest_before_s : AM arrival window, seconds before the session starts;
        service at the gate starts within it.
    leave_latest_after_s : PM: boarding starts no earlier than the session's end and is done this long after it.
    """

    school_id: str
    name: str
    gates: tuple[Gate, ...]
    sessions: tuple[Session | None, ...]
    arrive_earliest_before_s: int
    arrive_latest_before_s: int
    leave_latest_after_s: int
    urn: str = ""

    def __post_init__(self) -> None:
        """Refuse a school without a gate, or with windows upside down."""
        if not self.gates:
            raise ValueError(f"school {self.school_id} has no gate")
        if len(self.sessions) != N_DAYS:
            raise ValueError(f"school {self.school_id}: {len(self.sessions)} sessions; must be {N_DAYS}")
        if not 0 <= self.arrive_latest_before_s <= self.arrive_earliest_before_s:
            raise ValueError(
                f"school {self.school_id}: arrive between {self.arrive_earliest_before_s} and "
                f"{self.arrive_latest_before_s} s before the bell; must be earliest >= latest >= 0"
            )
        if self.leave_latest_after_s < 0:
            raise ValueError(f"school {self.school_id}: leave_latest_after_s must be 0 or more")

    def gate_of(self, gate_id: str | None) -> Gate:
        """The named gate, or the first one.

        Raises
        ------
        KeyError
            When the school has no such gate.
        """
        if gate_id is None:
            return self.gates[0]
        for gate in self.gates:
            if gate.gate_id == gate_id:
                return gate
        raise KeyError(gate_id)

    def window_of(self, leg: Leg, session: Session) -> tuple[int, int]:
        """Window at the gate for one session.

        Returns
        -------
        AM: (earliest, latest) start of service. PM: (earliest start, latest end) of service. Seconds after midnight.
        """
        if leg is Leg.AM:
            return (
                session.start_s - self.arrive_earliest_before_s,
                session.start_s - self.arrive_latest_before_s,
            )
        return session.finish_s, session.finish_s + self.leave_latest_after_s

    def open_days(self) -> tuple[int, ...]:
        """Day indices on which the school is open."""
        return tuple(day for day in ALL_DAYS if self.sessions[day] is not None)
