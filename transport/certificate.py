"""What is proven of a plan: no plan under these rules and prices costs less than the bound."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPrice:
    """What one more of something, or a little less of a rule, would be worth at most, by the bound's linear program.

    Attributes
    ----------
    what : `fleet_vehicle`, `pa`, `passenger`, `gate_minutes` or `ride_cap`.
    of_id : vehicle class, passenger or school that it belongs to; empty: the council as a whole.
    pence : a week, of one more unit. sentence : the same in words, with its limits.
    """

    what: str
    of_id: str
    pence: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A proven lower bound beside a plan's objective, both in pence a week.

    Attributes
    ----------
    method : `packing`: places and vehicles alone; `runs`: column generation over every run that the rules allow.
    relaxations : sentences that name what the bound leaves out, each of which can only make it lower.
    trace : (wall seconds, bound) each time that it rose.
    prices : what the linear program says that things are worth. is_over : nothing is left to prove by this method.
    cost_trace : (seconds, objective) of the search before it, each time that it fell; empty where nobody noted it.
    """

    objective_pence: int
    bound_pence: int
    method: str
    relaxations: tuple[str, ...]
    trace: tuple[tuple[float, int], ...]
    cpu_s: float
    wall_s: float
    prices: tuple[ShadowPrice, ...] = ()
    is_over: bool = False
    cost_trace: tuple[tuple[float, int], ...] = ()

    @property
    def gap(self) -> float:
        """(objective - bound) / bound; infinite without a bound."""
        return (self.objective_pence - self.bound_pence) / self.bound_pence if self.bound_pence > 0 else float("inf")

    @property
    def gap_words(self) -> str:
        """The gap in per cent, rounded up; a dash without a bound."""
        if self.bound_pence <= 0:
            return "–"
        excess = self.objective_pence - self.bound_pence
        return f"{ceil(1000 * excess / self.bound_pence) / 10:.1f} %"

    @property
    def words(self) -> str:
        """The certificate in words."""
        if self.bound_pence <= 0:
            return "nothing is proven: the bound is £0 a week"
        proven = f"no plan under these rules and prices costs less than £{self.bound_pence / 100:,.2f} a week"
        if self.objective_pence < self.bound_pence:
            return f"{proven}; this one does, which only a plan that breaks a hard rule can"
        return f"{proven}; this one costs at most {self.gap_words} more"
