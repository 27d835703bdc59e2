"""Passengers on pages: found, shown to those who may see them, uploaded after a look."""

from __future__ import annotations

import io

from fastapi import FastAPI
from sqlalchemy import select

from api.auth.permissions import Role
from api.store.models import AuditEvent
from api.store.passengers import PASSENGER
from api.store.records import Filter, list_records
from api.store.store import Store
from tests.api.lists import ROBIN_DETAILS, add_passenger, add_school
from tests.api.page_visits import Visitor, hidden, visitor, words_of

GOOD = "source,external_id,given_name,family_name,school_id,phase,postcode\nmosaic,1,Kim,Sample,S01,primary,B66 3NX\n"
BAD = GOOD.replace("primary", "kindergarten").replace("B66 3NX", "nowhere")


def upload(who: Visitor, text: str, status: int = 200, name: str = "list.csv") -> str:
    files = {"list": (name, io.BytesIO(text.encode()), "text/csv")}
    page: str = who.send("/passengers/upload", {}, status, of="/passengers/upload", files=files).text
    return page


def n_passengers(store: Store) -> int:
    with store.read() as session:
        return len(list_records(session, store.cipher, PASSENGER, Filter()))


def test_one_passenger_with_needs_places_and_history(app: FastAPI) -> None:
    """What changed stands under the day on which it changed; the newest first."""
    store = app.state.store
    add_school(store)
    robin = add_passenger(store, row={"pa_need": "shared", "solo": "yes"}, details=ROBIN_DETAILS)
    who = visitor(app, Role.TRANSPORT_OFFICER)
    page = words_of(who.see(f"/passengers/{robin.record_id}"))
    for words in ("Robin Example", "The Meadows", "Shared passenger assistant", "B66 3NX", "inhaler in bag"):
        assert words in page
    assert "No plan that holds carries them" in page
    fields = {"last_day": "2030-07-20", "version": "1"}
    address = f"/passengers/{robin.record_id}"
    assert who.send(f"{address}/leave", fields, of=address).headers["location"] == f"{address}?done=left"
    after = words_of(who.see(address))
    assert "until 20 July 2030" in after
    assert after.index("Ends on") < after.index("First saved")


def test_a_last_day_that_is_none_is_said_at_its_field(app: FastAPI) -> None:
    """And so is one that comes too late to the record: somebody else was first."""
    store = app.state.store
    add_school(store)
    address = f"/passengers/{add_passenger(store).record_id}"
    who = visitor(app, Role.TRANSPORT_OFFICER)
    page = who.send(f"{address}/leave", {"last_day": "soon", "version": "1"}, 422, of=address).text
    assert 'id="last_day-error"' in page
    assert 'href="#last_day"' in page
    late = who.send(f"{address}/leave", {"last_day": "2030-07-20", "version": "7"}, 409, of=address).text
    assert "Somebody else was first" in late


def test_medical_notes_are_for_transport_officers(app: FastAPI) -> None:
    """A viewer sees the name, and not that there are notes."""
    store = app.state.store
    add_school(store)
    address = f"/passengers/{add_passenger(store, details=ROBIN_DETAILS).record_id}"
    assert "inhaler" in visitor(app, Role.TRANSPORT_OFFICER).see(address)
    page = visitor(app, Role.VIEWER).see(address)
    assert "Robin Example" in page
    assert "inhaler" not in page


def test_a_name_that_is_looked_for_stands_in_no_address_and_no_log(app: FastAPI) -> None:
    """Found by part of a name, by our id in small letters, and by another system's id."""
    store = app.state.store
    add_school(store)
    robin = add_passenger(store, details=ROBIN_DETAILS, external_ids={"mosaic": "4477"})
    add_passenger(store, details={"given_name": "Kim", "family_name": "Sample"})
    who = visitor(app, Role.TRANSPORT_OFFICER)
    for part in ("exam", robin.record_id.lower(), "mosaic:4477"):
        page = who.send("/passengers/search", {"part": part}, 200, of="/passengers").text
        assert "Robin Example" in page
        assert "Kim Sample" not in page
        assert "1 passenger found" in words_of(page)
    assert "Nobody found" in who.send("/passengers/search", {"part": "zzz"}, 200, of="/passengers").text
    assert 'id="part-error"' in who.send("/passengers/search", {"part": "x"}, 200, of="/passengers").text
    with store.read() as session:
        lines = [line.content for line in session.scalars(select(AuditEvent).where(AuditEvent.action == "search"))]
    assert len(lines) == 5
    assert not any("exam" in line or "4477" in line for line in lines)


def test_the_list_goes_on_where_the_page_ends(app: FastAPI) -> None:
    """51 passengers: fifty, and one behind the link; each stands once."""
    store = app.state.store
    add_school(store)
    ids = {add_passenger(store).record_id for _ in range(51)}
    who = visitor(app, Role.VIEWER)
    first = who.see("/passengers")
    link = first.rpartition('href="/passengers?')[2].partition('"')[0].replace("&amp;", "&")
    second = who.see(f"/passengers?{link}")
    shown = [[one for one in ids if f'"/passengers/{one}"' in page] for page in (first, second)]
    assert [len(one) for one in shown] == [50, 1]
    assert {*shown[0], *shown[1]} == ids


def test_a_mistaken_upload_is_shown_with_every_fault_and_saves_nothing(app: FastAPI) -> None:
    """Row, column and what is allowed, both faults at once; the phase and the postcode."""
    add_school(app.state.store)
    who = visitor(app, Role.TRANSPORT_OFFICER)
    page = words_of(upload(who, BAD, 422))
    assert "Nothing was saved: 2 faults in the list" in page
    assert "2 phase kindergarten Must be one of primary, secondary, post16" in page
    assert "2 postcode nowhere" in page
    assert n_passengers(app.state.store) == 0
    assert "Nothing was saved: 1 fault" in upload(who, "nothing", 422)
    assert "Choose a file" in who.send("/passengers/upload", {}, 422, of="/passengers/upload").text


def test_a_good_upload_is_looked_at_and_then_saved(app: FastAPI) -> None:
    """The look saves nothing and logs nothing; a second time the same list updates."""
    store = app.state.store
    add_school(store)
    who = visitor(app, Role.TRANSPORT_OFFICER)
    page = upload(who, GOOD)
    assert "makes 1 new passenger and updates 0" in words_of(page)
    assert n_passengers(store) == 0
    fields = {"sealed": hidden(page, "sealed"), "why": "autumn list"}
    who.send("/passengers/upload/save", fields, of="/passengers/upload")
    assert n_passengers(store) == 1
    with store.read() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.kind == "passenger"))
        assert (line.action, line.why) == ("create", "autumn list")
    assert "makes 0 new passengers and updates 1" in words_of(upload(who, GOOD))


def test_nobody_saves_a_list_that_they_did_not_look_at(app: FastAPI) -> None:
    """What another officer looked at, or what was changed on the way, is not taken."""
    store = app.state.store
    add_school(store)
    who, other = visitor(app, Role.TRANSPORT_OFFICER), visitor(app, Role.TRANSPORT_OFFICER)
    sealed = hidden(upload(who, GOOD), "sealed")
    for visiting, given in ((other, sealed), (who, sealed[:-8] + "AAAAAAAA"), (who, "%%%"), (who, "")):
        page = visiting.send("/passengers/upload/save", {"sealed": given}, 422, of="/passengers/upload").text
        assert "choose the file again" in page
    assert n_passengers(store) == 0


def test_what_people_write_is_shown_as_text(app: FastAPI) -> None:
    """A name with a tag in it stays a name."""
    store = app.state.store
    add_school(store)
    robin = add_passenger(store, details={"given_name": "<script>x</script>", "family_name": "O'Neil & Co"})
    page = visitor(app, Role.VIEWER).see(f"/passengers/{robin.record_id}")
    assert "<script>x" not in page
    assert "&lt;script&gt;x&lt;/script&gt; O&#39;Neil &amp; Co" in page
