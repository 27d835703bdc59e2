"""The marks of the map: no school hides under another."""

from __future__ import annotations

from itertools import combinations

from api.report.route_map import N_COLOURS, Marker, set_apart


def mark(x: int, y: int, group: int = 0) -> Marker:
    """A numbered square of 80 units, or a grey one of 40."""
    label = str(group + 1) if group < N_COLOURS else ""
    return Marker(x=x, y=y, label=label, title=f"School {group}", group=group)


def test_marks_that_touch_nothing_stay() -> None:
    """Squares of 80 units side by side."""
    marks = [mark(0, 0), mark(80, 0, 1), mark(0, 60, N_COLOURS)]
    assert set_apart(marks) == marks


def test_the_larger_school_stays_and_the_smaller_is_moved_just_clear() -> None:
    """30 units to the right of the first: on to 80, in steps of 20 from where it was."""
    assert set_apart([mark(0, 0), mark(30, 0, 1)]) == [mark(0, 0), mark(90, 0, 1)]


def test_schools_at_one_spot_are_all_seen() -> None:
    """Five numbered and four grey marks on the same point: no two overlap."""
    marks = set_apart([mark(500, 500, group) for group in (0, 1, 2, 3, 4, 7, 7, 7, 7)])
    for a, b in combinations(marks, 2):
        reach = (40 if a.label else 20) + (40 if b.label else 20)
        assert max(abs(a.x - b.x), abs(a.y - b.y)) >= reach


def test_a_mark_without_a_free_spot_stays_at_its_gate() -> None:
    """A hundred on one point: some hide, none is put anywhere far."""
    marks = set_apart([mark(0, 0)] * 100)
    assert all(max(abs(m.x), abs(m.y)) <= 160 for m in marks)
    assert marks.count(mark(0, 0)) > 1
