"""What a peer answers: who is gathered in which order, and the gates in theirs."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peer_model import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRoute:
    """One vehicle's run; on the PM leg still in mirrored time, homes before gates."""

    jobs: tuple[Job, ...]
    gate_rows: tuple[int, ...]
