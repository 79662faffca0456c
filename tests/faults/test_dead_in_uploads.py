"""Servers killed in the middle of an upload. Rule: a photo is at the office whole and once, or asked for."""

import base64
import random
import socket

import httpx
import pytest

from field_app.phone import Phone
from field_app.views import Finalised
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.line import DOWN, UP
from tests.faults.nursery import KILLED, TORN
from tests.faults.test_broken_uploads import KEPT_BYTES, named, submit, wanted
from tests.faults.world import World, pending, sync, visit, words
from tests.server.test_uploads_at_once import kept_within

UPLOAD = {
    "renamed": (0, ["INSERT INTO blobs"]),
    "counted": (0, ["INSERT INTO uploads"]),
    "commit": (0, ["INSERT INTO uploads", "COMMIT"]),
    "kept": (6_000, ["INSERT INTO uploads"]),
    "gone-on-with": (6_000, ["INSERT INTO uploads", "COMMIT", "INSERT INTO blobs"]),
}
"""After how many bytes the line is cut first, so that the photo comes in two parts; and what it was doing."""


@pytest.mark.parametrize(("cut", "seen"), UPLOAD.values(), ids=UPLOAD.keys())
def test_a_server_that_dies_in_an_upload_asks_for_it_until_it_is_there(
    regency: Make, cut: int, seen: list[str]
) -> None:
    """Row 25. Killed between the bytes and the commit, of a photo that comes at once or in parts: it is there
    once, or asked for.
    """
    world = regency()
    phone = world.phone()
    sync(phone)
    world.kill()
    world.serve(*seen)
    done = visit(phone, world.beats[0], 1)
    if cut:
        world.line.cut(UP, cut)
    assert phone.worker.run_once() is not None
    assert world.wait() == KILLED
    assert world.lacks() != []
    assert words(phone) == ["terkirim"]
    world.serve()
    upload_arrives(world, phone, done)


def test_a_server_that_dies_with_the_receipt_on_the_line_is_sent_nothing_twice(regency: Make) -> None:
    """Row 25. The photo is there and the phone does not know: it asks first, and hears so."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    world.line.when_up(6_000, lambda: world.line.die(DOWN, 0))
    assert phone.worker.run_once() is not None
    world.kill()
    assert (world.lacks(), words(phone)) == ([], ["terkirim"])
    world.line.mend()
    world.serve()
    begun = world.line.carried[UP]
    upload_arrives(world, phone, done)
    assert world.line.carried[UP] - begun < 4_000


def upload_arrives(world: World, phone: Phone, done: Finalised) -> None:
    """Sync again: now the photo is there, once, and nothing is left over."""
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert world.rows("SELECT count(*) FROM blobs") == [(1,)]
    assert list((world.office / "uploads").iterdir()) == []
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_server_that_dies_in_a_slow_upload_keeps_what_had_come(regency: Make) -> None:
    """Row 25. Also before anybody was told where the upload is: what waited long enough is on the disk."""
    world = regency()
    phone = world.wire_phone()
    data = random.Random(1).randbytes(200_000)
    phone.write(submit(record_id(50), ("foto_rumah_depan", data)))
    phone.sync()
    about = base64.b64encode(named(data).encode()).decode()
    head = (
        f"POST /tus/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {phone.token}\r\n"
        "Tus-Resumable: 1.0.0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nUpload-Length: {len(data)}\r\n"
        f"Upload-Metadata: sha256 {about}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    assert world.line.office is not None
    with socket.create_connection(world.line.office) as line:
        line.sendall(head.encode() + data[:100_000])
        assert kept_within(world.office, 100_000)
        world.kill()
    world.serve()
    phone.http = world.browser()
    again = phone.begin_upload(data)
    kept = int(again.headers["upload-offset"])
    assert 100_000 - kept <= KEPT_BYTES
    assert phone.send(again.headers["location"], data[kept:], kept).status_code == 204
    assert (wanted(phone), world.lacks(), world.faults()) == ([], [], [])


@pytest.mark.parametrize("torn_at", [20_000, 70_000, 130_000])
def test_a_server_that_dies_in_a_write_of_photo_bytes_keeps_what_was_answered(
    regency: Make, torn_at: int
) -> None:
    """Row 25. A torn write in the file of an upload: what was durable before stays, and the rest follows."""
    world = regency()
    phone = world.wire_phone()
    data = random.Random(torn_at).randbytes(200_000)
    phone.write(submit(record_id(50), ("foto_rumah_depan", data)))
    phone.sync()
    place = phone.begin_upload(data).headers["location"]
    world.kill()
    # the log of the database may grow beyond the limit too: that death is as good
    world.serve(torn_at=torn_at)
    phone.http = world.browser()
    with pytest.raises(httpx.TransportError):
        phone.send(place, data[:150_000], 0)
    assert world.wait() == TORN
    world.serve()
    phone.http = world.browser()
    kept = int(phone.tus("HEAD", place).headers["upload-offset"])
    assert kept <= torn_at
    assert phone.send(place, data[kept:], kept).status_code == 204
    assert wanted(phone) == []
    assert (world.lacks(), world.faults()) == ([], [])
