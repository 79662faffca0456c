"""The map as numbers."""

import pytest

from field_app.atlas import WIDEST, Ground, Seen, apart_m, fitted, gathered, thinned
from schemas.boundary import metres_per_degree

SEEN = Seen(x=100.0, y=200.0, metres_per_pixel=10.0, width=360.0, height=240.0)


def test_a_degree_is_as_many_metres_as_on_the_ellipsoid() -> None:
    ground = Ground(-7.42, 111.0)
    east, north = metres_per_degree(-7.42)
    assert ground.metres(-7.42, 111.0) == (0.0, 0.0)
    assert ground.metres(-7.41, 111.02) == pytest.approx((0.02 * east, 0.01 * north))


def test_all_points_of_a_fitted_view_lie_within_its_edge() -> None:
    points = [(0.0, 0.0), (9_000.0, 500.0), (4_000.0, 7_000.0)]
    seen = fitted(points, 360, 240, 56)
    drawn = [seen.on_screen(*point) for point in points]
    assert all(56 - 1e-6 <= x <= 304 + 1e-6 and 56 - 1e-6 <= y <= 184 + 1e-6 for x, y in drawn)
    assert min(y for _x, y in drawn) == pytest.approx(56)


def test_one_point_alone_is_shown_with_ground_round_it() -> None:
    assert fitted([(5.0, 5.0)], 360, 240, 20).metres_per_pixel == pytest.approx(10.0)


def test_what_lies_under_the_finger_stays_under_it_when_coming_closer() -> None:
    before = SEEN.on_screen(1_000.0, 900.0)
    closer = SEEN.closer(2.5, before)
    assert closer.on_screen(1_000.0, 900.0) == pytest.approx(before)
    assert closer.metres_per_pixel == pytest.approx(4.0)


def test_a_drag_takes_the_ground_along() -> None:
    x, y = SEEN.on_screen(400.0, 300.0)
    assert SEEN.dragged(30, -12).on_screen(400.0, 300.0) == pytest.approx((x + 30, y - 12))


def test_nobody_gets_lost_far_away() -> None:
    far = SEEN
    for _ in range(40):
        far = far.closer(0.5)
    assert far.metres_per_pixel == WIDEST


def test_what_a_finger_could_not_tell_apart_is_one_group_led_by_the_first() -> None:
    places = [(0.0, 0.0), (500.0, 0.0), (30.0, 20.0), (460.0, 0.0)]
    assert gathered(places, 56) == [(0, 2), (1, 3)]
    assert gathered(places, 10) == [(0,), (1,), (2,), (3,)]


def test_an_outline_is_drawn_with_as_many_points_as_can_be_seen() -> None:
    outline = [(float(x), 0.0) for x in range(100)]
    assert thinned(outline, 10.0) == [(float(x), 0.0) for x in range(0, 100, 10)]


def test_distances_are_of_the_ground() -> None:
    assert apart_m((0.0, 0.0), (3_000.0, 4_000.0)) == 5_000.0
