"""A proxy that gives old answers again, lets no PATCH through, or passes on small or whole requests only."""

import pytest

from field_app.phone import Phone
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.middleman import Answer
from tests.faults.test_between import HTML, Stand, between, fails  # noqa: F401 - who stands on the line
from tests.faults.world import World, pending, sync, visit, words

ENOUGH = 12
"""Syncs until a photo must have found its way."""


def with_photos(regency: Make, *photos: int) -> tuple[World, Phone]:
    """Begin with a phone that has been at the office, and has photos of one visit to send since."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, world.beats[0], *photos)
    return world, phone


def sync_on(phone: Phone) -> None:
    """Sync as often as the phone would by itself, until all is well."""
    for _ in range(ENOUGH):
        if phone.worker.run_once() is None:
            return
    raise AssertionError("it never came to rest")


def all_is_there(world: World, phone: Phone) -> bool:
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    return (world.lacks(), world.faults()) == ([], [])


def test_a_proxy_that_gives_old_answers_again_neither_hides_nor_loses_anything(
    regency: Make,
    between: Stand,  # noqa: F811
) -> None:
    """Row 41. The answer of before the visit comes again and again."""
    world = regency()
    phone = world.phone()
    proxy = between(world)
    kept: list[Answer] = []

    def keep(_method: str, path: str, answer: Answer) -> Answer:
        kept.extend([answer] if path == "/api/sync" else [])
        return answer

    proxy.back = keep
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    proxy.front = lambda _method, path: kept[-1] if path == "/api/sync" else None
    for _ in range(3):
        fails(phone)
        assert (words(phone), pending(phone)) == (["menunggu_kirim"], (1, 1))
    proxy.front = lambda _method, _path: None
    sync(phone)
    assert world.versions(done.visit) == [done.change.hex()]
    assert all_is_there(world, phone)


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_photo_that_was_cut_goes_on_past_a_proxy_that_lets_no_patch_through(
    regency: Make,
    between: Stand,  # noqa: F811
    status: int,
) -> None:
    """Row 42. The rest of it goes as a POST that says what it means."""
    world, phone = with_photos(regency, 1)
    proxy = between(world)
    lost: list[str] = []

    def front(method: str, path: str) -> Answer | None:
        if method == "PATCH":
            return Answer(status, HTML, b"<html>Not allowed</html>")
        if path == "/tus/" and not lost:
            lost.append(path)
            raise ConnectionAbortedError
        return None

    proxy.front = front
    sync_on(phone)
    assert lost and all_is_there(world, phone)


@pytest.mark.parametrize("status", [413, 400])
def test_a_photo_finds_its_way_past_a_proxy_that_lets_only_small_requests_through(
    regency: Make,
    between: Stand,  # noqa: F811
    status: int,
) -> None:
    """Row 43. It says so of all that is larger, or names another reason; also where others wait behind."""
    world, phone = with_photos(regency, 1, 2, 3)
    proxy = between(world)
    proxy.most_bytes, proxy.too_large = 20_000, status
    sync_on(phone)
    assert all_is_there(world, phone)


def test_photos_find_their_way_where_a_proxy_passes_on_whole_requests_over_a_line_that_is_cut(
    regency: Make,
    between: Stand,  # noqa: F811
) -> None:
    """Row 43. Of a request that was cut not one byte reaches the office."""
    world, phone = with_photos(regency, 1, 2, 3)
    between(world)
    world.line.cut(UP, *[19_000] * 500)
    sync_on(phone)
    assert world.line.cuts and all_is_there(world, phone)


def test_a_proxy_that_takes_off_what_a_phone_logs_in_with_is_told_as_what_it_is(
    regency: Make,
    between: Stand,  # noqa: F811
) -> None:
    """Row 71. Each login goes well, and nothing after it: no session is over."""
    world, phone = with_photos(regency, 1)
    proxy = between(world)
    proxy.takes_off = "authorization"
    for _ in range(2):
        failure = phone.worker.run_once()
        assert failure is not None and failure.say == "lapangan.masuk_tertahan"
        assert pending(phone) == (1, 1)

    def but_for_photos(_method: str, path: str) -> None:
        proxy.takes_off = "authorization" if path.startswith("/tus") else ""

    proxy.front = but_for_photos
    failure = phone.worker.run_once()
    assert failure is not None and failure.say == "lapangan.masuk_tertahan"
    assert pending(phone) == (0, 1)
    proxy.front, proxy.takes_off = lambda _method, _path: None, ""
    sync(phone)
    assert all_is_there(world, phone)
