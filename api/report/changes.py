"""What differs from the plan that families know, and what becomes of held lots: tables and figures."""

from __future__ import annotations

from api.report.outcome import Known, Outcome
from transport.check.disturbed import Why
from transport.files.plan_tables import Cell, Column, Table, Unit
from transport.lots import LotChoice, LotDecision

DECISION_WORDS = {
    LotDecision.KEPT: "kept: its contract runs on",
    LotDecision.EXTENDED: "extended at its price",
    LotDecision.RELEASED: "released: its passengers are planned anew",
}


def column(name: str, title: str, meaning: str, unit: Unit = Unit.TEXT) -> Column:
    """A column of text unless told otherwise."""
    return Column(name=name, title=title, meaning=meaning, unit=unit)


DISTURBED_COLUMNS = (
    column("passenger_id", "Passenger", "id of the passenger"),
    column("reasons", "What changes", "vehicle, PA, time; separated by spaces"),
    column("moved_s", "Later by", "largest move of pick-up or drop-off over the tolerance", Unit.DURATION),
    column("sentence", "In words", "the same in words"),
)
LOT_CHOICE_COLUMNS = (
    column("lot_id", "Lot", "id of the lot"),
    column("decision", "Decision", "kept, extended or released"),
    column("week_pence", "Holding it, a week", "contract or extension price, PAs, wishes not met", Unit.MONEY),
    column(
        "elsewhere_week_pence",
        "Elsewhere, a week",
        "its passengers on other routes, reckoned near the plan",
        Unit.MONEY,
    ),
)


def disturbed_words(known: Known) -> str:
    """`12 (vehicle 10, PA 0, time 5)`."""
    parts = (f"{why.value} {sum(why in item.reasons for item in known.disturbed)}" for why in Why)
    return f"{len(known.disturbed):,} ({', '.join(parts)})"


def disturbed_table(known: Known) -> Table:
    """Who is disturbed, and why."""
    rows = tuple((item.passenger_id, " ".join(item.reasons), item.moved_s, item.sentence) for item in known.disturbed)
    return Table(name="disturbed", title="Disturbed", columns=DISTURBED_COLUMNS, rows=rows)


def lot_choices_table(choices: tuple[LotChoice, ...]) -> Table:
    """Every lot held today: decision, price, and what the alternative would cost."""
    return Table(name="held_lots", title="Held lots", columns=LOT_CHOICE_COLUMNS, rows=tuple(map(_lot_row, choices)))


def _lot_row(choice: LotChoice) -> tuple[Cell, ...]:
    return choice.lot_id, choice.decision.value, choice.price_pence, choice.elsewhere_pence


def change_tables(outcome: Outcome) -> tuple[Table, ...]:
    """Those of the two tables that have something to say."""
    known = (disturbed_table(outcome.known),) if outcome.known is not None else ()
    return (*known, lot_choices_table(outcome.lots)) if outcome.lots else known
