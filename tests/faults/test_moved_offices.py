"""The office moves in the midst of what a phone says to it: to TLS, to another port, to another authority.

Rule: the phone follows by itself, only where the office's own signature leads it, and sends on from where it
stood.
"""

import os
import signal
from concurrent.futures import Future

import pytest

from schemas.problem import Problem
from server.__main__ import main
from server.certificates import authority_path
from server.keys import default_path
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.world import PIN, World, pending, picture, sync, visit, words
from tests.server.letting_in import let_in

TLS = ("--tls", "--name", "127.0.0.1")
WHERE = {"sync": 200, "photo": 15_000, "next-photo": 70_000}
"""So many bytes of the phone came when the office moved."""


def move(world: World) -> None:
    """Serve over TLS from now on, at another port; an office that does already gets another authority."""
    world.line.office = None
    world.line.hang_up()
    os.kill(world.server, signal.SIGTERM)
    assert world.wait() == 0
    if world.line.address.startswith("https"):
        authority_path(default_path(world.office)).unlink()
        assert main(["authority", "--data", str(world.office), "--new"]) == 0
    world.serve(options=TLS)


@pytest.mark.parametrize("before", [(), TLS], ids=["to-tls", "to-another-authority"])
@pytest.mark.parametrize("after_bytes", WHERE.values(), ids=WHERE.keys())
def test_a_phone_follows_an_office_that_moves_while_it_speaks_and_sends_no_photo_twice(
    regency: Make, before: tuple[str, ...], after_bytes: int
) -> None:
    """Row 83. What had come counts at the new address too, but for less than one photo on the way."""
    world = regency(served=False)
    world.serve(options=before)
    phone = world.phone_at(world.folder / "hp-0")
    with world.hand() as deps:
        code = deps.joinings.new_code(world.beats[0].person, pinned=bool(before))
        assert not isinstance(code, Problem)
        let_in(phone, deps, world.line.address, code.code, PIN)
    sync(phone)
    known = phone.owner
    done = visit(phone, world.beats[0], 1, 2, 3)
    moved: Future[None] = Future()
    world.line.when_up(after_bytes, lambda: moved.set_result(move(world)))
    begun = world.line.carried[UP]
    assert phone.worker.run_once() is not None
    moved.result(30)
    assert words(phone) == ["menunggu_kirim" if after_bytes == WHERE["sync"] else "terkirim"]
    phone.worker.run_once()  # it may find only now that nobody answers as before
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    photos = sum(len(picture(seed)) for seed in (1, 2, 3))
    assert world.line.carried[UP] - begun < photos + 40_000
    phone.lock()
    phone = world.again(world.folder / "hp-0")
    assert (phone.owner.address, phone.owner.office_key) == (world.line.address, known.office_key)
    assert phone.owner.authority not in (b"", known.authority)
    assert world.versions(done.visit) == [done.change.hex()]
    assert world.rows("SELECT count(*) FROM blobs") == [(3,)]
    assert (world.lacks(), world.faults()) == ([], [])
