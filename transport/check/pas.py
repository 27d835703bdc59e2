"""Rules on passenger assistants: how many, trained for whom, from home, one vehicle at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transport.calendar import LEGS
from transport.check.facts import Facts
from transport.check.rules import Rule, Violation, make_run_violation, make_violation
from transport.check.shifts import RoutedRun, by_day, listed_pas_of, n_unlisted_pas_of
from transport.check.words import count_words, duration_words, list_words, on_days_words
from transport.passengers import PaNeed, Passenger
from transport.plan import RouteKind


def n_pas_needed(passengers: Sequence[Passenger], passengers_per_shared_pa: int) -> int:
    """PAs that passengers of one run need: shared ones, one per one-to-one, two per two-to-one.

    Parameters
    ----------
    passengers_per_shared_pa : 0: one PA serves all shared needs.
    """
    n_shared = sum(p.pa_need is PaNeed.SHARED for p in passengers)
    per = passengers_per_shared_pa or max(1, n_shared)
    return -(-n_shared // per) + sum(_n_own(p) for p in passengers)


def _n_own(passenger: Passenger) -> int:
    """PAs who serve this passenger and nobody else."""
    return {PaNeed.ONE_TO_ONE: 1, PaNeed.TWO_TO_ONE: 2}.get(passenger.pa_need, 0)


def check_too_few_pas(facts: Facts) -> Iterator[Violation]:
    """Shared, one-to-one and two-to-one needs each have their PAs."""
    for routed in facts.runs:
        n = n_pas_needed(facts.passengers_on(routed.run), facts.scenario.policy.passengers_per_shared_pa)
        if n > routed.run.n_pas:
            what = f"has {count_words(routed.run.n_pas, 'PA')}, needs {n}"
            yield make_run_violation(Rule.TOO_FEW_PAS, n - routed.run.n_pas, what, routed)


def check_pa_not_trained(facts: Facts) -> Iterator[Violation]:
    """Council PAs have the training their passengers need; an operator's PAs are bought with it.

    PAs of a fleet route who are not listed by id have no known training.
    """
    per = facts.scenario.policy.passengers_per_shared_pa
    for routed in facts.runs:
        # Tagged passengers first: in a largest matching they are then never put back by untagged ones.
        people = sorted(facts.passengers_on(routed.run), key=lambda p: not p.pa_training_tags)
        operators = routed.route.kind is RouteKind.BOUGHT and n_unlisted_pas_of(routed) > 0
        if operators or not any(p.pa_training_tags for p in people):
            continue
        own = [p for p in people for _ in range(_n_own(p))]
        shared = [p for p in people if p.pa_need is PaNeed.SHARED]
        trainings = [facts.scenario.assistant_by_id[pa].training_tags for pa in listed_pas_of(routed)]
        trainings += [frozenset()] * n_unlisted_pas_of(routed)
        n_missing = max(0, n_pas_needed(people, per) - len(trainings))
        short = _short(own, shared, trainings, per, n_missing)
        ids = list(dict.fromkeys(p.passenger_id for p in short if p.pa_training_tags))
        if ids:
            needs = "needs" if len(ids) == 1 else "need"
            what = f"no PA on board has the training that {list_words(ids)} {needs}"
            yield make_run_violation(Rule.PA_NOT_TRAINED, len(ids), what, routed, passenger_ids=ids)


def _short(
    own: Sequence[Passenger], shared: Sequence[Passenger], trainings: Sequence[frozenset[str]], per: int, n_missing: int
) -> list[Passenger]:
    """The fewest passengers left without a trained PA, over every way to give PAs to passengers.

    Parameters
    ----------
    own : passengers whose PA serves nobody else, once per such PA.
    shared, per : passengers who share PAs, `per` to each (0: any number).
    n_missing : PAs that the run lacks in number, another rule's affair: so many of `own` may go without, whoever asks
        for no training. All others of them keep a PA from those who do.
    """
    if not own:
        return _unmatched(shared, trainings, per)
    p, rest = own[0], own[1:]
    best: list[Passenger] | None = None
    if p.pa_training_tags or n_missing > 0 or not trainings:
        best = [p, *_short(rest, shared, trainings, per, n_missing - (not p.pa_training_tags))]
    for tags in dict.fromkeys(trainings):
        if p.pa_training_tags <= tags and (best is None or any(left.pa_training_tags for left in best)):
            remaining = list(trainings)
            remaining.remove(tags)
            found = _short(rest, shared, remaining, per, n_missing)
            best = found if best is None else min(best, found, key=len)
    assert best is not None  # With a PA to take, somebody without training takes one.
    return best


def _unmatched(shared: Sequence[Passenger], trainings: Sequence[frozenset[str]], per: int) -> list[Passenger]:
    """Passengers left over when each PA may serve `per` of them (0: any number): a largest matching."""
    places = [tags for tags in trainings for _ in range(per or len(shared))]
    holder: dict[int, Passenger] = {}

    def seat(p: Passenger, seen: set[int]) -> bool:
        for idx, tags in enumerate(places):
            if idx not in seen and p.pa_training_tags <= tags:
                seen.add(idx)
                if idx not in holder or seat(holder[idx], seen):
                    holder[idx] = p
                    return True
        return False

    return [p for p in shared if not seat(p, set())]


def check_pa_home(facts: Facts) -> Iterator[Violation]:
    """A PA with a home boards first and leaves last, at home; they may stay on a vehicle between its runs."""
    for pa in facts.scenario.assistants:
        if pa.home_place_id is None:
            continue
        for vehicle, leg, days, runs in _turns_of(facts, pa.pa_id):
            fault = _home_fault(pa.pa_id, pa.home_place_id, runs)
            if fault:
                sentence = f"{vehicle} {leg}{on_days_words(days)}: PA {pa.pa_id} {fault}"
                yield make_violation(
                    Rule.PA_HOME, 1, sentence,
                    route_id=runs[0].route.route_id, leg=runs[0].run.leg, days=days,
                )  # fmt: skip


def _turns_of(facts: Facts, pa_id: str) -> Iterator[tuple[str, str, tuple[int, ...], tuple[RoutedRun, ...]]]:
    """Runs that a PA goes on, by vehicle, leg and days, in order of time."""
    by_vehicle: dict[tuple[str, str], list[RoutedRun]] = {}
    for routed in facts.runs:
        if pa_id in listed_pas_of(routed) or any(
            pa_id in (*stop.pas_boarding, *stop.pas_alighting) for stop in routed.run.stops
        ):
            by_vehicle.setdefault((_vehicle_words(routed), routed.run.leg.value), []).append(routed)
    for (vehicle, leg), runs in by_vehicle.items():
        for days, out in by_day(runs):
            yield vehicle, leg, days, out


def _home_fault(pa_id: str, home: str, runs: Sequence[RoutedRun]) -> str:
    """What is wrong with a PA's boarding and leaving, or an empty string."""
    on_board, passengers = False, set[str]()
    for stop in (stop for routed in runs for stop in routed.run.stops):
        if pa_id in (*stop.pas_boarding, *stop.pas_alighting) and stop.place_id != home:
            return f"boards or leaves at {stop.place_id}, not at home ({home})"
        on_board = on_board or pa_id in stop.pas_boarding
        passengers = (passengers - set(stop.alighting)) | set(stop.boarding)
        if (stop.boarding or stop.alighting or passengers) and not on_board:
            return "is not on board before the first passenger"
        if pa_id in stop.pas_alighting:
            if passengers:
                return "leaves before the last passenger"
            on_board = False
    return "is not brought home" if on_board else ""


def check_pa_double_booked(facts: Facts) -> Iterator[Violation]:
    """A PA is on one vehicle at a time."""
    for pa in facts.scenario.assistants:
        theirs = [routed for routed in facts.runs if pa.pa_id in listed_pas_of(routed)]
        for i, a in enumerate(theirs):
            for b in theirs[i + 1 :]:
                days = sorted(set(a.run.days) & set(b.run.days))
                overlap_s = min(a.run.end_at_s, b.run.end_at_s) - max(a.run.start_at_s, b.run.start_at_s)
                apart = _vehicle_words(a) != _vehicle_words(b) and a.run.leg is b.run.leg
                if days and apart and overlap_s > 0:
                    sentence = (
                        f"PA {pa.pa_id} {a.run.leg.value}{on_days_words(days)}: on routes {a.route.route_id} "
                        f"and {b.route.route_id} at once for {duration_words(overlap_s)}"
                    )
                    yield make_violation(
                        Rule.PA_DOUBLE_BOOKED, overlap_s, sentence,
                        route_id=a.route.route_id, leg=a.run.leg, days=days,
                    )  # fmt: skip


def check_council_pas_over(facts: Facts) -> Iterator[Violation]:
    """No more council PAs are out at once than the council lists, where it lists them."""
    n_listed = len(facts.scenario.assistants)
    if not n_listed:
        return
    for leg in LEGS:
        out = [r for r in facts.runs if r.run.leg is leg and _n_council_pas(r)]
        peaks = [(peak_of(runs, [_n_council_pas(r) for r in runs]), days) for days, runs in by_day(out)]
        worst = max((peak for peak, _ in peaks), default=0)
        if worst > n_listed:
            days = [day for peak, days in peaks if peak > n_listed for day in days]
            sentence = f"{leg.value}{on_days_words(days)}: {worst} council PAs out at once; {n_listed} listed"
            yield make_violation(Rule.COUNCIL_PAS_OVER, worst - n_listed, sentence, leg=leg, days=days)


def _n_council_pas(routed: RoutedRun) -> int:
    """Council PAs on a run: all of a fleet route's, those listed by id of a bought one."""
    return routed.run.n_pas if routed.route.kind is RouteKind.FLEET else len(listed_pas_of(routed))


def peak_of(runs: Sequence[RoutedRun], counts: Sequence[int]) -> int:
    """Largest sum of counts over runs out at once; a run that ends as another starts is out with it."""
    events = [(routed.run.start_at_s, 0, n) for routed, n in zip(runs, counts, strict=True)]
    events += [(routed.run.end_at_s, 1, -n) for routed, n in zip(runs, counts, strict=True)]
    out = peak = 0
    for _, _, change in sorted(events):
        out += change
        peak = max(peak, out)
    return peak


def _vehicle_words(routed: RoutedRun) -> str:
    if routed.route.vehicle_id is not None:
        return f"Fleet vehicle {routed.route.vehicle_id}"
    return f"Route {routed.route.route_id}"
