"""What a scenario folder becomes, checked value by value on Little Council."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.transport.files.scenario_folder import little_council, write_folder
from transport.calendar import Leg
from transport.digest import plain_of
from transport.files.read import read_scenario, read_scenario_and_remarks
from transport.files.read_people import phase_on
from transport.passengers import Mobility, PaNeed, Phase, PickupPoint
from transport.places import PlaceQuality
from transport.plan import RouteKind
from transport.rate_cards import DeadRule
from transport.scenario import Scenario
from transport.schools import Session
from transport.vehicles import Layout


@pytest.fixture
def council(tmp_path: Path) -> Scenario:
    """Little Council, read."""
    return read_scenario(write_folder(tmp_path / "little", little_council()))


def test_settings_and_policy(council: Scenario) -> None:
    """Settings named stand, the others keep their defaults."""
    assert (council.name, council.starts_on, council.invented) == ("Little Council", date(2026, 9, 2), False)
    assert council.policy.ride_cap_primary_s == 3000
    assert council.policy.board_after_first_alight is True
    assert council.policy.horizon == "budget"
    assert council.policy.ride_cap_secondary_s == 5400


def test_calendar_counts_days(council: Scenario) -> None:
    """Two terms beginning in week B; Hill School is shut on the first Friday, week B."""
    assert council.calendar.terms == (
        (date(2026, 9, 2), date(2026, 10, 23)), (date(2026, 11, 2), date(2026, 12, 18)),
    )  # fmt: skip
    assert council.calendar.first_week == "B"
    # Fridays of week B: 4 and 18 Sep, 2 and 16 Oct, 13 and 27 Nov, 11 Dec (30 Oct lies between the terms).
    assert council.calendar.n_operating_days(["S2"])[9] == 7
    assert council.calendar.n_operating_days(["S1"])[9] == 6


def test_school_windows_times_and_gates(council: Scenario) -> None:
    """Hill School has its one gate at its place and ends early on Fridays; Dale School has two gates."""
    hill, dale = council.schools
    assert hill.gates[0].gate_id == "main"
    assert council.place_by_id["gate:S1:main"].lat == 52.51
    assert hill.sessions[3] == Session(start_s=31_800, finish_s=54_900)
    assert hill.sessions[4] == hill.sessions[9] == Session(start_s=31_800, finish_s=48_600)
    assert (hill.arrive_earliest_before_s, hill.arrive_latest_before_s, hill.leave_latest_after_s) == (
        1200, 300, 1200,
    )  # fmt: skip
    assert dale.leave_latest_after_s == 600
    assert [(g.gate_id, g.place_id, g.site) for g in dale.gates] == [
        ("north", "gate:S2:north", "Upper"), ("south", "gate:S2:south", "Lower"),
    ]  # fmt: skip
    assert "gate:S2:main" not in council.place_by_id


def test_places_know_how_they_were_found(council: Scenario) -> None:
    """A postcode's point is marked as such; grid points become degrees."""
    assert council.place_by_id["home:P1"].quality is PlaceQuality.GIVEN
    by_postcode = council.place_by_id["home:P2"]
    assert by_postcode.quality is PlaceQuality.POSTCODE
    assert (by_postcode.lat, by_postcode.lon) == (52.48753, -1.949032)
    assert council.place_by_id["home:P3"].lat == pytest.approx(52.4989, abs=1e-3)


def test_first_passenger_goes_to_a_second_home(council: Scenario) -> None:
    """P1 rides home to another place on Thursdays and Fridays, and not to school on Monday of week B."""
    p1 = council.passengers[0]
    assert p1.pm_place_ids == ("home:P1", "home:P1", "home:P1", "home:P1:1", "home:P1:1") * 2
    assert p1.am_place_ids == ("home:P1",) * 5 + (None,) + ("home:P1",) * 4
    assert p1.own_sessions is None
    assert (p1.board_s, p1.alight_s, p1.school_board_s, p1.school_alight_s) == (120, 60, 30, 30)


def test_second_passenger_has_a_phase_and_no_birth_date(council: Scenario) -> None:
    """P2 is 12 on 31 August 2026, so secondary; PM on two days of week A only."""
    p2 = council.passengers[1]
    assert p2.phase is Phase.SECONDARY
    assert p2.am_place_ids == (None,) * 10
    assert p2.pm_place_ids == ("home:P2", None, None, None, "home:P2") + (None,) * 5


def test_third_passenger_keeps_every_need(council: Scenario) -> None:
    """P3 travels in a wheelchair, with own cap, gate and a late start on Wednesdays."""
    p3 = council.passengers[2]
    assert (p3.mobility, p3.pa_need, p3.ride_cap_s, p3.gate_id) == (
        Mobility.IN_WHEELCHAIR, PaNeed.ONE_TO_ONE, 2400, "south",
    )  # fmt: skip
    assert p3.vehicle_tags == {"tail_lift"}
    assert (p3.board_s, p3.alight_s, p3.school_board_s, p3.school_alight_s) == (300, 180, 180, 180)
    late = Session(start_s=36_000, finish_s=55_800)
    assert p3.own_sessions == (None, None, late, None, None) * 2


def test_vehicles_and_prices(council: Scenario) -> None:
    """Miles become metres, metres centimetres, tonnes kilograms; empty prices are the policy's."""
    taxi, minibus = council.vehicle_classes
    assert minibus.layouts == (Layout(seats=16, wheelchairs=0), Layout(seats=12, wheelchairs=2))
    assert minibus.rate_card is not None
    assert (minibus.rate_card.free_m, minibus.rate_card.dead_rule) == (16_093, DeadRule.NONE)
    assert (minibus.size.height_cm, minibus.size.width_cm, minibus.size.weight_kg) == (295, None, 3500)
    assert (minibus.tags, minibus.licence_class, minibus.max_routes) == ({"tail_lift"}, "PSV", 9)
    assert taxi.rate_card is not None
    assert (taxi.rate_card.dead_rule, taxi.licence_class) == (DeadRule.RETURN, "PHV")
    (vehicle,) = council.fleet_vehicles
    assert (vehicle.driver_min_paid_s, vehicle.fixed_pence_per_day) == (16_200, 9500)
    assert (vehicle.max_runs_per_shift, vehicle.can_be_given_up) == (3, True)


def test_assistants(tmp_path: Path) -> None:
    """Pay left empty is the policy's; without a place the PA has no home."""
    tables = little_council()
    tables["assistants"] = [
        {"pa_id": "PA1", "lat": "52.50", "lon": "-1.98", "pence_per_hour": "1400", "min_paid_hours": "2.5"},
        {"pa_id": "PA2", "training_tags": "epilepsy lifting"},
    ]
    scenario = read_scenario(write_folder(tmp_path / "little", tables))
    first, second = scenario.assistants
    assert (first.home_place_id, first.pence_per_hour, first.min_paid_s) == ("pa:PA1", 1400, 9000)
    assert "pa:PA1" in scenario.place_by_id
    policy = scenario.policy
    assert (second.home_place_id, second.training_tags) == (None, {"epilepsy", "lifting"})
    assert (second.pence_per_hour, second.min_paid_s) == (
        policy.council_pa_pence_per_hour, policy.council_pa_min_paid_s,
    )  # fmt: skip


def test_operators_and_contracts(council: Scenario) -> None:
    """The operator's rows name its categories, vehicles and own card."""
    (operator,) = council.operators
    assert (operator.categories, dict(operator.n_vehicles_by_class)) == ({"taxi"}, {"taxi": 5})
    assert operator.rate_cards["taxi"].base_pence == 3900
    assert (operator.base_place_id, operator.is_sme, operator.n_pas) == (None, True, 3)
    assert council.contracts[0].variation.free_band_m == 3219


def test_current_routes_are_folded(council: Scenario) -> None:
    """Rows of a route become one route; the order of boarding is not that of alighting."""
    bought, fleet = council.current_routes
    assert (bought.kind, bought.kept, bought.n_pas, bought.lot_id) == (RouteKind.BOUGHT, True, 1, "L1")
    assert bought.passenger_ids(Leg.AM) == ("P1",)
    assert bought.passenger_ids(Leg.PM) == ("P2", "P1")
    assert (bought.known_am_s, bought.known_pm_s) == (None, 1530)
    assert (fleet.kind, fleet.class_id, fleet.vehicle_id, fleet.kept) == (
        RouteKind.FLEET, "minibus", "V1", False,
    )  # fmt: skip


def test_street_rules(council: Scenario) -> None:
    """One rule names a way, the other a point and a meeting place."""
    no_entry, meeting = council.street_rules
    assert (no_entry.way_id, no_entry.lat, no_entry.class_ids) == (12345, None, {"minibus"})
    assert (meeting.lat, meeting.meeting_place_id) == (52.501, "meet:SR2")
    assert council.place_by_id["meet:SR2"].lon == -1.982


def test_birth_date_is_nowhere_in_the_scenario(council: Scenario) -> None:
    """The year of birth cannot be found in anything kept."""
    assert "2014" not in str(plain_of(council))


def test_remarks_say_how_places_are_known(tmp_path: Path) -> None:
    """People are told how many places are postcode centres."""
    _, remarks = read_scenario_and_remarks(write_folder(tmp_path / "little", little_council()))
    assert remarks == ("2 of 11 places are known by postcode only; its centre stands for them",)


def test_coordinates_of_invented_passengers_are_invented(tmp_path: Path) -> None:
    """In an invented scenario a home's coordinates are invented, a school's and a postcode's are not."""
    tables = little_council()
    tables["scenario"][2]["value"] = "yes"
    council = read_scenario(write_folder(tmp_path / "little", tables))
    quality = {place.place_id: place.quality for place in council.places}
    assert quality["home:P1"] is quality["home:P1:1"] is PlaceQuality.INVENTED
    assert quality["home:P2"] is PlaceQuality.POSTCODE
    assert quality["gate:S1:main"] is PlaceQuality.GIVEN


def test_council_that_buys_nothing(tmp_path: Path) -> None:
    """Classes without a price are no fault where the council has vehicles."""
    tables = little_council()
    tables["vehicle_classes"] = [{"class_id": "minibus", "layouts": "12+2", "tags": "tail_lift"}]
    for name in ("operator_vehicles", "current_routes"):
        del tables[name]
    council = read_scenario(write_folder(tmp_path / "little", tables))
    assert [c.rate_card for c in council.vehicle_classes] == [None]


def test_later_arrivals_are_left_for_later(tmp_path: Path) -> None:
    """They stand beside the scenario and change nothing in it."""
    tables = little_council()
    before = read_scenario(write_folder(tmp_path / "before", tables))
    tables["later_arrivals"] = [{"passenger_id": "P9", "school_id": "S1", "starts_on": "2027-01-05"}]
    assert read_scenario(write_folder(tmp_path / "after", tables)) == before


def test_school_shut_on_every_day_is_no_fault(tmp_path: Path) -> None:
    """Who never travels on an open day is read, and listed as not planned."""
    tables = little_council()
    tables["school_times"] = [{"school_id": "S1", "weekday": "mon tue wed thu fri", "shut": "yes"}]
    council = read_scenario(write_folder(tmp_path / "little", tables))
    assert [n.passenger_id for n in council.not_planned()] == ["P1", "P2"]


def test_home_that_is_never_used_is_no_place(tmp_path: Path) -> None:
    """Only points that a vehicle may call at are places."""
    tables = little_council()
    del tables["pickup_points"]
    tables["passenger_days"] = [{"passenger_id": "P2", "lat": "52.49", "lon": "-1.97"}]
    council = read_scenario(write_folder(tmp_path / "little", tables))
    assert "home:P2" not in council.place_by_id
    assert council.passengers[1].am_place_ids == ("home:P2:1",) * 10


def test_pickup_points_are_shared_places_with_each_ones_own_walk(council: Scenario) -> None:
    """P1 and P2 may board at stop-1; a walk without a time is taken at 70 m a minute: 310 m in 266 s."""
    p1, p2, p3 = council.passengers
    assert p1.pickup_points == (
        PickupPoint(place_id="pickup:stop-1", home_place_id="home:P1", walk_m=310, walk_s=266),
        PickupPoint(place_id="pickup:stop-2", home_place_id="home:P1", walk_m=900, walk_s=800),
    )
    assert p2.pickup_points == (PickupPoint(place_id="pickup:stop-1", home_place_id="home:P2", walk_m=200, walk_s=171),)
    assert (p3.pickup_points, p1.boards_at_home) == ((), True)
    assert (council.place_by_id["pickup:stop-1"].lat, council.place_by_id["pickup:stop-1"].lon) == (52.503, -1.982)
    assert council.place_by_id["pickup:stop-2"].quality is PlaceQuality.POSTCODE


def test_walking_speed_and_longest_walk_are_the_policys(tmp_path: Path) -> None:
    """At 60 m a minute 310 m take 310 s; a walk of 900 m at a limit of 800 m is remarked on, and no fault."""
    tables = little_council()
    tables["policy"] = [{"setting": "walk_m_per_min", "value": "60"}, {"setting": "max_walk_m", "value": "800"}]
    tables["passengers"][0]["boards_at_home"] = "no"
    council, remarks = read_scenario_and_remarks(write_folder(tmp_path / "little", tables))
    assert [point.walk_s for point in council.passengers[0].pickup_points] == [310, 800]
    assert council.passengers[0].boards_at_home is False
    assert remarks[0] == ("1 of 3 walks in pickup_points are over max_walk_m (800): nobody is asked to walk them")


@pytest.mark.parametrize(
    ("birth_date", "starts_on", "phase"),
    [
        (date(2015, 9, 1), date(2026, 9, 2), Phase.PRIMARY),
        (date(2015, 8, 31), date(2026, 9, 2), Phase.SECONDARY),
        (date(2010, 9, 1), date(2026, 9, 2), Phase.SECONDARY),
        (date(2010, 8, 31), date(2026, 9, 2), Phase.POST16),
        (date(2015, 8, 31), date(2026, 7, 1), Phase.PRIMARY),
        (date(2015, 8, 31), date(2026, 8, 27), Phase.SECONDARY),
        (date(2015, 8, 31), date(2027, 1, 5), Phase.SECONDARY),
    ],
)
def test_phase_follows_the_school_year(birth_date: date, starts_on: date, phase: Phase) -> None:
    """Eleven on 31 August is Year 7, sixteen is Year 12; August belongs to the year to come."""
    assert phase_on(birth_date, starts_on) is phase


@pytest.mark.parametrize(
    ("keep", "ends_on", "extension", "kept", "extendable"),
    [
        ("yes", "2027-07-31", "", True, False),
        ("no", "2027-07-31", "", False, False),
        ("", "2027-07-31", "", True, False),
        ("", "2026-09-02", "", True, False),
        ("", "2026-09-01", "", False, False),
        ("", "2026-09-01", "8200", False, True),
        ("no", "2026-09-01", "8200", False, False),
        ("yes", "2026-09-01", "8200", True, False),
    ],
)
def test_an_empty_keep_goes_by_the_contract(
    tmp_path: Path, keep: str, ends_on: str, extension: str, kept: bool, extendable: bool
) -> None:
    """The plan starts on 2 September: kept while the contract runs, then open where there is an extension price."""
    tables = little_council()
    tables["contracts"][0] |= {"ends_on": ends_on, "extension_day_rate_pence": extension}
    tables["current_routes"][0]["keep"] = keep
    scenario = read_scenario(write_folder(tmp_path / "lists", tables))
    bought, fleet = scenario.current_routes
    assert (bought.kept, bought.extendable) == (kept, extendable)
    assert (fleet.kept, fleet.extendable) == (False, False)
    assert scenario.extendable_lot_ids() == (("L1",) if extendable else ())
