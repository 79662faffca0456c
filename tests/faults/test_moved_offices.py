"""The office moves: in the midst of what a phone says to it, to TLS, another port or another authority; or to
another address, of which the phone heard before or did not.

Rule: the phone follows by itself, only where the office's own signature leads it, and sends on from where it
stood. To an address of which it never heard the worker leads it, and the office must be there.
"""

import os
import signal
from concurrent.futures import Future

import pytest

from field_app.phone import Phone
from field_app.views import Refused
from schemas.addresses import signed_address
from schemas.problem import Problem
from server.__main__ import main
from server.certificates import authority_path
from server.keys import default_path
from tests.faults.conftest import Make
from tests.faults.line import UP, Line
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


def looked(phone: Phone, address: str) -> Refused | None:
    """Bring an address, and let the worker look there."""
    refused = phone.new_address.go(address)
    if refused is None:
        phone.worker.run_once()
        assert not phone.new_address.looks
        return phone.new_address.refused
    return refused


class Lodger:
    """A phone whose office is behind a line of its own, which can be torn out of the wall."""

    def __init__(self, world: World, options: tuple[str, ...]) -> None:
        self.world, self.options = world, options
        world.serve(options=options)
        self.line = Line()
        self.line.office = world.line.office
        scheme = world.line.address.partition("://")[0]
        self.phone = world.phone_at(world.folder / "hp-0")
        with world.hand() as deps:
            code = deps.joinings.new_code(world.beats[0].person, pinned=bool(options))
            assert not isinstance(code, Problem)
            address = f"{scheme}:{self.line.address.partition(':')[2]}"
            let_in(self.phone, deps, address, code.code, PIN)
        sync(self.phone)

    @property
    def direct(self) -> str:
        """Where the office is without any line."""
        assert self.world.line.office is not None
        scheme = self.world.line.address.partition("://")[0]
        return "{}://{}:{}".format(scheme, *self.world.line.office)

    def printed(self, address: str) -> str:
        """What the code on the office's page says."""
        with self.world.hand() as deps:
            return signed_address(address, deps.office.sign).printed()

    def move(self) -> None:
        """Serve at another port from now on; the way of before is gone."""
        self.line.close()
        os.kill(self.world.server, signal.SIGTERM)
        assert self.world.wait() == 0
        self.world.serve(options=self.options)

    def all_is_there(self) -> None:
        """What was recorded came, and the phone finds the office by itself when it is started again."""
        sync(self.phone)
        assert (words(self.phone), pending(self.phone)) == (["diterima"], (0, 0))
        self.phone.lock()
        self.phone = self.world.again(self.world.folder / "hp-0")
        sync(self.phone)
        assert self.phone.owner.address in (self.direct, self.direct.replace("127.0.0.1", "localhost"))
        assert (self.world.lacks(), self.world.faults()) == ([], [])


def test_an_office_that_said_where_it_may_be_is_found_there_when_its_address_is_gone(regency: Make) -> None:
    """Row 96."""
    lodger = Lodger(regency(served=False), (*TLS, "--name", "localhost"))
    visit(lodger.phone, lodger.world.beats[0], 1)
    lodger.line.close()
    for _ in range(2):
        assert lodger.phone.worker.run_once() is not None, "its login was for the line that is gone"
    lodger.all_is_there()


@pytest.mark.parametrize("options", [(), TLS], ids=["plain", "tls"])
def test_a_phone_that_never_heard_of_the_new_address_is_led_there_by_its_worker(
    regency: Make, options: tuple[str, ...]
) -> None:
    """Row 96. Until then its work waits, and no other office gets it."""
    lodger = Lodger(regency(served=False), options)
    phone, before = lodger.phone, lodger.phone.new_address.present
    visit(phone, lodger.world.beats[0], 1)
    lodger.move()
    assert phone.worker.run_once() is not None
    assert phone.worker.run_once() is not None and pending(phone) == (1, 1)

    other = regency(served=False)
    other.serve(options=options)
    assert other.line.office is not None
    for elsewhere, say in (
        ("di meja depan", "bukan_alamat"),
        (before, "tidak_menjawab"),
        (other.line.address, "tidak_terbukti"),
        (lodger.printed(other.line.address), "tidak_terbukti"),
        (lodger.printed(lodger.direct.replace("https:", "http:")), "tidak_terbukti" if options else ""),
    ):
        refused = looked(phone, elsewhere)
        assert (refused.say if refused else "") == (f"lapangan.pindah.{say}" if say else ""), elsewhere
    if options:
        assert phone.new_address.present == before
        assert looked(phone, lodger.direct) is None, "TLS shows whose it is: no signature is needed"
    lodger.all_is_there()
