"""Passengers over HTTP: once, versions, faults, pages, and what is logged."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import xlsxwriter
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from api import idempotency
from api.auth.permissions import Permission, Role
from api.store.cipher import Cipher, make_keys
from api.store.models import AuditEvent, Detail, IdempotencyKey
from api.store.store import Store
from tests.api.clients import new_key, problem_of, seen, signed_in, with_key
from tests.api.lists import OFFICER, ROBIN, ROBIN_DETAILS, add_school

PATH = "/api/v1/passengers"
BODY = {"row": ROBIN, "details": ROBIN_DETAILS, "external_ids": {"mosaic": "4477"}, "starts_on": "2026-09-01"}
CSV = (
    "source,external_id,given_name,school_id,phase,postcode\n"
    "mosaic,1,Robin,S01,primary,B66 3NX\nmosaic,2,Kim,S01,post16,B66 3NX\n"
)


@pytest.fixture
def school(store: Store) -> None:
    add_school(store)


def create(client: TestClient, **changes: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={**BODY, "external_ids": {}, **changes}, headers=new_key())
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def n_passengers(store: Store) -> int:
    with store.read() as session:
        return int(session.execute(text("SELECT count(*) FROM record WHERE kind = 'passenger'")).scalar_one())


def upload(client: TestClient, data: bytes | str, kind: str = "text/csv", **headers: str) -> Any:
    content = data.encode() if isinstance(data, str) else data
    return client.post(f"{PATH}/bulk", content=content, headers={**new_key(), "Content-Type": kind, **headers})


@pytest.mark.usefixtures("school")
def test_a_new_passenger_has_a_pseudonym_and_version_one(officer: TestClient) -> None:
    """The answer holds needs and places; names are not in it, and come from their own address."""
    answer = officer.post(PATH, json=BODY, headers=new_key())
    assert answer.status_code == 201
    made = answer.json()
    assert (made["version"], answer.headers["etag"]) == (1, '"1"')
    assert made["row"] == ROBIN
    assert made["external_ids"] == {"mosaic": "4477"}
    assert "Robin" not in answer.text
    assert officer.get(f"{PATH}/{made['id']}").json() == made
    assert officer.get(f"{PATH}/{made['id']}/details").json() == ROBIN_DETAILS


@pytest.mark.usefixtures("school")
def test_cells_may_be_what_they_are_in_json(officer: TestClient) -> None:
    """A truth, a number, a list and a date come back as they stand in a file."""
    own = {"solo": True, "ride_cap_min": 45, "days": ["mon", "wed"], "vehicle_tags": ["tail_lift"], "phase": None}
    made = create(officer, row={**ROBIN, **own, "birth_date": "2015-04-23"})["row"]
    assert {name: made.get(name) for name in (*own, "birth_date")} == {
        "solo": "yes", "ride_cap_min": "45", "days": "mon wed", "vehicle_tags": "tail_lift", "phase": None,
        "birth_date": "2015-04-23",
    }  # fmt: skip


@pytest.mark.usefixtures("school")
def test_every_fault_comes_at_once(officer: TestClient, store: Store) -> None:
    """In the row, in a day, in a column that is not there, in the details; nothing is saved."""
    body = {
        "row": {**ROBIN, "phase": "nursery", "ride_cap_min": {"a": 1}, "shoe_size": 3},
        "passenger_days": [{"weekday": ["mon"], "leg": "noon"}],
        "details": {"upn": "wrong"},
    }
    faults = problem_of(officer.post(PATH, json=body, headers=new_key()), 422, "faults")["faults"]
    assert [(f["file"], f["row"], f["column"]) for f in faults] == [
        ("passengers", 1, "shoe_size"), ("passengers", 1, "ride_cap_min"), ("passengers", 1, "phase"),
        ("passenger_days", 1, "leg"), ("details", None, "upn"),
    ]  # fmt: skip
    assert n_passengers(store) == 0


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[]", b'{"row": 5}', b'{"row": {}, "more": 1}', b'{"row": {"phase": "\\ud800"}}',
     b'{"row": {"school_id": "S01", "restraint_type": "\\u0000"}, "details": {"address": "\\ud800"}}',
     b'{"row": {"school_id": "S01"}, "external_ids": {"Mosaic": "1"}}', b'{"row": {"ride_cap_min": NaN}}'],
)  # fmt: skip
def test_a_body_that_is_not_one_is_a_fault_and_no_error(officer: TestClient, store: Store, body: bytes) -> None:
    """Whatever comes, the answer is 422 in the form of a problem."""
    answer = officer.post(PATH, content=body, headers={**new_key(), "Content-Type": "application/json"})
    problem_of(answer, 422, "faults")
    assert n_passengers(store) == 0


@pytest.mark.usefixtures("school")
def test_the_same_key_and_body_give_the_same_answer(officer: TestClient, store: Store) -> None:
    """One passenger; the second answer says that it is a replay."""
    key = new_key()
    first, second = (officer.post(PATH, json=BODY, headers=key) for _ in range(2))
    assert (first.status_code, first.json(), first.headers["etag"]) == (
        second.status_code, second.json(), second.headers["etag"],
    )  # fmt: skip
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert n_passengers(store) == 1


@pytest.mark.usefixtures("school")
def test_the_same_key_with_another_body_is_refused(officer: TestClient, store: Store) -> None:
    """422, and nothing is made."""
    key = new_key()
    officer.post(PATH, json=BODY, headers=key)
    problem_of(officer.post(PATH, json={"row": ROBIN}, headers=key), 422, "key-reused")
    assert n_passengers(store) == 1


@pytest.mark.usefixtures("school")
def test_a_key_belongs_to_its_caller(app: FastAPI, officer: TestClient, store: Store) -> None:
    """Another system with the same key makes its own passenger, and never sees the officer's answer."""
    key = new_key()
    other = with_key(app, Permission.PASSENGERS_WRITE)
    ids = {client.post(PATH, json={"row": ROBIN}, headers=key).json()["id"] for client in (officer, other)}
    assert len(ids) == 2


@pytest.mark.usefixtures("school")
def test_a_key_whose_request_failed_may_be_used_again(officer: TestClient) -> None:
    """A fault is corrected and sent again under the same key."""
    key = new_key()
    problem_of(officer.post(PATH, json={"row": {"phase": "x"}}, headers=key), 422, "faults")
    assert officer.post(PATH, json=BODY, headers=key).status_code == 201


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize("key", [None, "short", "with space in it", "x" * 129])
def test_a_key_is_needed(officer: TestClient, key: str | None) -> None:
    """400, with the form of a key."""
    problem_of(officer.post(PATH, json=BODY, headers={"Idempotency-Key": key} if key else {}), 400, "key-needed")


@pytest.mark.usefixtures("school")
def test_while_the_first_runs_the_second_must_wait(
    officer: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim without an answer, as a request under way leaves it: 409. A minute later it may be taken over."""
    key = new_key()
    made = officer.post(PATH, json=BODY, headers=key).json()
    with store.change(_caller()) as work:
        row = work.session.scalars(select(IdempotencyKey)).one()
        row.status, row.sealed = None, None
    answer = officer.post(PATH, json=BODY, headers=key)
    problem_of(answer, 409, "still-running")
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.setattr(idempotency, "TAKE_OVER_AFTER", timedelta(seconds=0))
    body = {**BODY, "external_ids": {}}
    problem_of(officer.post(PATH, json=body, headers=key), 422, "key-reused")
    again = officer.post(PATH, json=BODY, headers=key)
    # The effect was there: the external id is taken, so that not even a takeover makes a second passenger.
    problem_of(again, 409, "already-there")
    assert made["id"]
    assert n_passengers(store) == 1


def _caller() -> Any:
    from tests.api.lists import OFFICER

    return OFFICER


@pytest.mark.usefixtures("school")
def test_ten_requests_at_once_with_one_key_make_one_passenger(officer: TestClient, store: Store) -> None:
    """Each is answered with the one passenger, or told to wait."""
    key = new_key()
    body = {"row": ROBIN}

    def send(_: int) -> Any:
        return officer.post(PATH, json=body, headers=key)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert n_passengers(store) == 1


@pytest.mark.usefixtures("school")
def test_what_fails_after_the_effect_leaves_nothing(
    officer: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Effect, answer and log are one transaction: when keeping the answer fails, there is no passenger either."""

    def broken(*_: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(idempotency, "_keep", broken)
    problem_of(officer.post(PATH, json=BODY, headers=new_key()), 500, "internal")
    assert n_passengers(store) == 0


@pytest.mark.usefixtures("school")
def test_an_update_needs_the_version_that_was_seen(officer: TestClient) -> None:
    """Without it 428; with an old one 409 and the one that stands; with the right one it is taken."""
    made = create(officer)
    address = f"{PATH}/{made['id']}"
    body = {"row": {**ROBIN, "pa_need": "shared"}}
    problem_of(officer.put(address, json=body), 428, "version-needed")
    assert officer.put(address, json=body, headers=seen(1)).json()["version"] == 2
    stale = problem_of(officer.put(address, json=body, headers=seen(1)), 409, "stale")
    assert stale["current_version"] == 2
    history = officer.get(f"{address}/history").json()
    assert [one["row"].get("pa_need") for one in history] == [None, "shared"]
    problem_of(officer.put(f"{PATH}/PNOBODY", json=body, headers=seen(1)), 404, "not-found")


@pytest.mark.usefixtures("school")
def test_a_leaver_leaves_once(officer: TestClient) -> None:
    """With key and version; sent again it is the same answer, not a second version."""
    made = create(officer)
    headers = {**new_key(), **seen(1)}
    address = f"{PATH}/{made['id']}/leave"
    answers = [officer.post(address, json={"last_day": "2026-12-18"}, headers=headers) for _ in range(2)]
    assert [(a.status_code, a.json()["version"], a.json()["ends_on"]) for a in answers] == [(200, 2, "2026-12-18")] * 2
    early = officer.post(address, json={"last_day": "2026-08-31"}, headers={**new_key(), **seen(2)})
    problem_of(early, 422, "faults")


@pytest.mark.usefixtures("school")
def test_lists_come_in_pages_and_by_what_is_asked(officer: TestClient) -> None:
    """Five passengers in pages of two; one awaits a decision; two have left by 2027."""
    for number in range(5):
        row = {**ROBIN, "status": "awaiting_decision"} if number == 0 else ROBIN
        create(officer, row=row, ends_on="2026-12-18" if number > 2 else None, details={})
    ids: list[str] = []
    after = ""
    for size in (2, 2, 1):
        page = officer.get(PATH, params={"limit": 2, "after": after}).json()
        assert len(page["records"]) == size
        ids += [record["id"] for record in page["records"]]
        after = page["next"]
    assert after == ""
    assert (len(ids), ids) == (5, sorted(set(ids)))
    assert len(officer.get(PATH, params={"status": "awaiting_decision"}).json()["records"]) == 1
    assert len(officer.get(PATH, params={"in_force_on": "2027-01-05"}).json()["records"]) == 3
    assert officer.get(PATH, params={"school_id": "S09"}).json()["records"] == []
    problem_of(officer.get(PATH, params={"limit": 0}), 422, "faults")


@pytest.mark.usefixtures("school")
def test_medical_notes_are_for_transport_officers(app: FastAPI, officer: TestClient) -> None:
    """A viewer sees the rest; a procurement officer and an administrator nothing; a key what its scopes say."""
    made = create(officer)
    address = f"{PATH}/{made['id']}/details"
    shown = {name: value for name, value in ROBIN_DETAILS.items() if name != "medical_notes"}
    assert signed_in(app, Role.VIEWER).get(address).json() == shown
    assert with_key(app, Permission.DETAILS_READ).get(address).json() == shown
    assert with_key(app, Permission.DETAILS_READ, Permission.MEDICAL_READ).get(address).json() == ROBIN_DETAILS
    for role in (Role.PROCUREMENT_OFFICER, Role.ADMINISTRATOR):
        problem_of(signed_in(app, role).get(address), 403, "not-allowed")


@pytest.mark.usefixtures("school")
def test_blanks_are_no_part_of_a_name(officer: TestClient) -> None:
    """Else a search for two blanks would list everybody by name."""
    create(officer)
    for part in ("  ", "\t\x1c", "\u2003\u2003", " a "):
        (fault,) = problem_of(officer.post(f"{PATH}/search", json={"part": part}), 422, "faults")["faults"]
        assert fault["message"] == "must hold 2 characters besides blanks"


@pytest.mark.usefixtures("school")
def test_values_that_no_key_opens_are_for_the_operator(officer: TestClient, store: Store) -> None:
    """As when keys were rotated under a running service: 503, which says that nothing is wrong with the request."""
    create(officer)
    other = Cipher(keys=replace(store.cipher.keys, encrypt=make_keys().encrypt))
    with store.change(OFFICER) as work:
        for detail in work.session.scalars(select(Detail)):
            detail.sealed = other.seal("detail/elsewhere/given_name", "x")
    problem_of(officer.post(f"{PATH}/search", json={"part": "rob"}), 503, "unavailable")


@pytest.mark.usefixtures("school")
def test_reading_is_logged_by_field_and_searches_without_their_words(officer: TestClient, store: Store) -> None:
    """Each of five ways to see a passenger leaves a line with who, and which fields or ids."""
    made = create(officer)
    officer.get(f"{PATH}/{made['id']}")
    officer.get(f"{PATH}/{made['id']}/details")
    officer.get(PATH)
    named = officer.post(f"{PATH}/search", json={"part": "rob"}).json()
    assert named == [{"passenger_id": made["id"], "name": "Robin Example"}]
    found = officer.post(f"{PATH}/look-up", json={"field": "upn", "value": ROBIN_DETAILS["upn"]}).json()
    assert found == {"passenger_ids": [made["id"]]}
    with store.read() as session:
        lines = session.scalars(select(AuditEvent).where(AuditEvent.action.in_(["read", "search", "look_up"])))
        said = [(one.action, one.kind, one.record_id, json.loads(one.content)) for one in lines]
    assert said == [
        ("read", "passenger", made["id"], {}),
        ("read", "details", made["id"], {"fields": sorted(ROBIN_DETAILS)}),
        ("read", "passenger", "list", {"ids": [made["id"]]}),
        ("search", "passenger", "list", {"field": "name", "ids": [made["id"]]}),
        ("look_up", "passenger", "list", {"field": "upn", "ids": [made["id"]]}),
    ]  # fmt: skip


@pytest.mark.usefixtures("school")
def test_duplicates_are_reported(officer: TestClient) -> None:
    """The same UPN twice."""
    ids = sorted(create(officer)["id"] for _ in range(2))
    reasons = {one["reason"] for one in officer.get(f"{PATH}/duplicates").json() if one["passenger_ids"] == ids}
    assert reasons == {"same UPN", "same name and address", "same name and UPRN"}


@pytest.mark.usefixtures("school")
def test_an_upload_creates_and_updates(officer: TestClient) -> None:
    """Two new passengers; the same list again updates both, under the ids they have."""
    first, second = upload(officer, CSV).json(), upload(officer, CSV).json()
    assert (first["n_created"], first["n_updated"]) == (2, 0)
    assert (second["n_created"], second["n_updated"]) == (0, 2)
    assert [p["passenger_id"] for p in first["passengers"]] == [p["passenger_id"] for p in second["passengers"]]
    assert [p["row"] for p in first["passengers"]] == [2, 3]
    assert officer.get(f"{PATH}/{first['passengers'][1]['passenger_id']}/details").json() == {"given_name": "Kim"}


@pytest.mark.usefixtures("school")
def test_a_workbook_is_taken_as_well(officer: TestClient) -> None:
    """The same list as XLSX."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(CSV.splitlines()):
            sheet.write_row(number, 0, line.split(","))
    done = upload(officer, data.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    assert done.json()["n_created"] == 2


@pytest.mark.usefixtures("school")
def test_an_upload_with_faults_changes_nothing_and_names_every_row(officer: TestClient, store: Store) -> None:
    """Faults of rows 3 and 4, and none of row 2; values of personal columns are not repeated."""
    data = "upn,school_id,phase,postcode\n,S01,primary,B66 3NX\nX-SECRET,S01,primary,B66 3NX\n,S09,nursery,B66\n"
    body = problem_of(upload(officer, data), 422, "faults")
    assert [(f["row"], f["column"]) for f in body["faults"]] == [(3, "upn"), (4, "phase"), (4, "postcode")]
    assert "X-SECRET" not in json.dumps(body)
    assert n_passengers(store) == 0


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "must have a header row"),
        ("school_id,colour\nS01,red\n", "no such column"),
        ("phase\nprimary\n", "the list must have this column"),
        ("school_id,school_id\nS01,S01\n", "stands twice"),
        ("school_id,source\nS01,mosaic\n", "must be given together"),
        ("school_id,starts_on\nS01,soon\n", "must be a date"),
        ("school_id\nS01,more\n", "has 2 cells; the header has 1"),
        ('school_id\n"S01\n', "every quote must be closed"),
        ("school_id\nS01\x00\n", "NUL byte"),
        ("school_id\n" + "S01\n" * 5001, "must have at most 5000"),
    ],
)  # fmt: skip
def test_an_upload_of_the_wrong_form_is_refused(officer: TestClient, data: str, message: str) -> None:
    """With what is wrong with it."""
    body = problem_of(upload(officer, data), 422, "faults")
    assert message in json.dumps(body["faults"])


@pytest.mark.usefixtures("school")
def test_a_workbook_that_would_burst_is_refused(officer: TestClient) -> None:
    """One cell at the far corner of the sheet; 200 MB of nothing, packed small; and no workbook at all."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    far = io.BytesIO()
    with xlsxwriter.Workbook(far) as book:
        book.add_worksheet().write(1_048_575, 16_383, "x")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    for data, message in (
        (far, "has cells beyond row"),
        (bomb, "unpacks to 200 MB"),
        (io.BytesIO(b"PK"), "cannot be opened"),
    ):
        body = problem_of(upload(officer, data.getvalue(), kind), 422, "faults")
        assert message in json.dumps(body["faults"])


def test_another_kind_of_file_is_refused(officer: TestClient) -> None:
    """415."""
    problem_of(upload(officer, "{}", "application/json"), 415, "wrong-type")
