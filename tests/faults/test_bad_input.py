"""What no sound phone sends, over HTTP to the real server.

Rule: refused with a coded problem, nothing stored of it, nobody named in the log, the rest unharmed.
"""

import base64
import random
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import LinkHash, RecordId
from schemas.problem import ProblemDetails
from schemas.wire import MAX_BODY_BYTES, MAX_LINKS, PROTOCOL, Applied, Held, Rejected, SyncResponse
from sync.chain import START, Tip, head_message, link_hash, next_link, seal_link
from sync.change import Clock, Content, Patch, seal
from tests.contract.people import record_id
from tests.faults.nursery import Nursery
from tests.faults.test_broken_uploads import named, submit
from tests.faults.test_order_and_pages import push, warga
from tests.faults.world import TEXT, World
from tests.server.phones import Phone as WirePhone

NAME, NIK = "Sutarmi Rahasia", "3314990101900001"
NUMBERS = iter(range(1, 100_000))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[World]:
    """One office for all: what one test sends must not harm the next."""
    made = World(tmp_path_factory.mktemp("salah"), nursery, 2)
    made.serve()
    yield made
    made.close()


@pytest.fixture
def phone(world: World) -> WirePhone:
    return world.wire_phone()


@pytest.fixture(autouse=True)
def unharmed(world: World) -> Iterator[None]:
    """After each test: the evidence stands, a fresh phone is served, and the log names nobody."""
    yield
    late = world.wire_phone(1)
    change = late.write(somebody())
    late.sync()
    assert world.rows("SELECT count(*) FROM changes WHERE id = :id", id=change) == [(1,)]
    assert world.faults() == []
    log = world.said()
    assert NAME not in log and NIK not in log and "Traceback" not in log
    assert not any(beat.person in log for beat in world.beats)


def somebody(**fields: Any) -> Patch:
    """A person whom nobody should find in a log."""
    return warga(next(NUMBERS) + 10_000, nama=NAME, nik=NIK, **fields)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem; its sentence is that of the texts, and names nobody."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    details = msgspec.json.decode(answer.content, type=ProblemDetails)
    assert details.status == answer.status_code
    assert details.detail and f"masalah.{details.code}" in TEXT
    assert NAME not in answer.text and NIK not in answer.text
    return details.status, details.code


def stored(world: World) -> tuple[Any, ...]:
    """How much the office holds of anything that a phone can push."""
    tables = ("changes", "links", "signatures", "records", "blob_refs")
    return tuple(world.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables)


def test_noise_of_any_kind_is_no_message(world: World, phone: WirePhone) -> None:
    """Garbage, a message cut at any byte, one with a byte turned, and deflate that is none."""
    phone.write(somebody())
    body = encode(phone.quiet_request())
    before = stored(world)
    rng = random.Random(1)
    noise = [rng.randbytes(size) for size in (1, 10, 1_000, 100_000)]
    cut = [body[:size] for size in range(0, len(body), 1 + len(body) // 24)]
    for bad in noise + cut:
        status, problem = code(phone.post("/api/sync", bad, deflate=False))
        assert (status, problem) == (400, "pesan_tidak_terbaca"), bad[:20]
    for bad in (rng.randbytes(300), zlib.compress(body)[:-4], zlib.compress(body) + b"x", b""):
        answer = phone.post("/api/sync", bad, deflate=False, **{"content-encoding": "deflate"})
        assert code(answer)[0] == 400
    for place in range(0, len(body), 1 + len(body) // 40):
        turned = bytearray(body)
        turned[place] ^= 0xFF
        answer = phone.post("/api/sync", bytes(turned), deflate=False)
        assert 400 <= answer.status_code < 500 or stored(world) == before
    assert stored(world) == before
    assert len(phone.sync()) >= 1


def test_bombs_and_giants_are_refused_before_they_unfold(world: World, phone: WirePhone) -> None:
    """Oversized bodies, 200 MB deflated to 200 KB, nesting without end, more links than a request holds."""
    before = stored(world)
    assert code(phone.post("/api/sync", bytes(MAX_BODY_BYTES + 1), deflate=False))[0] == 413
    bomb = zlib.compress(bytes(200 * 1024 * 1024), 9)
    answer = phone.post("/api/sync", bomb, deflate=False, **{"content-encoding": "deflate"})
    assert code(answer) == (413, "pesan_terlalu_besar")
    twice = phone.post("/api/sync", zlib.compress(bomb), deflate=False, **{"content-encoding": "deflate"})
    assert code(twice) == (400, "pesan_tidak_terbaca")
    assert code(phone.post("/api/sync", b"\x91" * 200_000, deflate=False))[0] == 400
    quiet = phone.quiet_request()
    many = replace(quiet, links=[b"x"] * (MAX_LINKS + 1))
    assert code(phone.post("/api/sync", encode(many))) == (413, "pesan_terlalu_besar")
    assert stored(world) == before


def test_an_older_phone_is_answered_in_its_own_shape_and_a_newer_one_told_to_update(
    world: World, phone: WirePhone
) -> None:
    """Protocol 1 gets its fourteen members, a version of tomorrow or of none gets a word."""
    phone.write(somebody())
    request = phone.quiet_request()
    answer = phone.post("/api/sync", encode(replace(request, protocol=1)))
    assert answer.status_code == 200
    members = msgspec.msgpack.decode(answer.content)
    assert (members[0], len(members)) == (1, len(SyncResponse.__struct_fields__) - 2)
    as_list: list[Any] = msgspec.msgpack.decode(encode(replace(request, protocol=1)))
    short = msgspec.msgpack.encode(as_list[:-1])
    assert phone.post("/api/sync", short).status_code == 200, "version 1 had no member `gap`"
    for version in (0, -1, PROTOCOL + 1, 2**31):
        problem = code(phone.post("/api/sync", encode(replace(request, protocol=version))))
        assert problem == (400, "versi_protokol")
    assert phone.sync()


def test_forged_signatures_and_other_devices_chains_are_refused_whole(world: World, phone: WirePhone) -> None:
    """Signed by nobody, by another key, over another head, for another purpose; links of another device."""
    other = world.wire_phone(1)
    phone.write(somebody())
    other.write(somebody())
    mine, theirs = phone.quiet_request(), other.quiet_request()
    head = link_hash(mine.links[-1])
    forged = [
        b"",
        bytes(64),
        mine.signature[:-1],
        Ed25519PrivateKey.generate().sign(head_message(head)),
        phone.key.sign(head),
        phone.key.sign(head_message(LinkHash(bytes(32)))),
        theirs.signature,
    ]
    before = stored(world)
    for signature in forged:
        answer = phone.post("/api/sync", encode(replace(mine, signature=signature)))
        assert code(answer) == (403, "tanda_tangan_salah"), signature
    stolen = replace(theirs, device=phone.device)
    assert code(phone.post("/api/sync", encode(stolen))) == (403, "tautan_perangkat_lain")
    assert code(phone.post("/api/sync", encode(theirs))) == (403, "perangkat_berbeda")
    mixed = replace(mine, links=[*mine.links, *theirs.links], contents=[*mine.contents, *theirs.contents])
    assert code(phone.post("/api/sync", encode(mixed))) == (403, "tautan_perangkat_lain")
    assert stored(world) == before
    phone.sync()
    other.sync()


def test_chains_that_jump_or_lack_a_part_are_refused_or_held(world: World, phone: WirePhone) -> None:
    """Counters that jump, links in the wrong order, a link without content, content without a link."""
    for _ in range(4):
        phone.write(somebody())
    whole = phone.quiet_request()
    before = stored(world)

    def send(links: list[bytes], contents: list[bytes]) -> httpx.Response:
        signature = phone.key.sign(head_message(link_hash(links[-1]))) if links else b""
        request = replace(whole, links=links, contents=contents, signature=signature)
        return phone.post("/api/sync", encode(request))

    links, contents = whole.links, whole.contents
    for broken in ([links[0], links[2]], [links[1], links[0]], [links[0], links[0]]):
        assert code(send(broken, contents)) == (400, "rantai_putus")
    entry = phone.store.entries(phone.device, 0, 1)[0]
    for counter, problem in ((0, "tautan_tidak_terbaca"), (-5, "tautan_tidak_terbaca"), (7, "rantai_putus")):
        _, raw = seal_link(replace(entry.link, counter=counter))
        assert code(send([raw], contents)) == (400, problem)
    # a place that could be, after a link that has not come: kept, held, and never in the way of the chain
    for counter in (7, 2**62):
        _, raw = seal_link(replace(entry.link, counter=counter, prev=entry.hash))
        (result,) = decode(send([raw], contents).content, SyncResponse).results
        assert isinstance(result.outcome, Held)
    assert code(send([b"\xc1"], [])) == (400, "tautan_tidak_terbaca")
    assert code(send(links, contents[:-1])) == (400, "isi_kurang")
    swapped = [*contents[:-1], contents[-1] + b"x"]
    assert code(send(links, swapped)) == (400, "isi_kurang"), "bytes that are not those of the name"
    alone = send([], contents)
    assert alone.status_code == 200 and decode(alone.content, SyncResponse).results == []
    assert stored(world)[3:] == before[3:], "no record came of any of it"
    # its content is there already, held under the link that never fits: the true link needs no other
    (result,) = decode(send(links[:1], []).content, SyncResponse).results
    assert isinstance(result.outcome, Applied)
    phone.sync()
    tips = world.rows("SELECT counter FROM tips WHERE device = :device", device=phone.device)
    assert tips == [(4,)]


def test_a_request_that_was_recorded_and_is_sent_again_does_nothing(world: World, phone: WirePhone) -> None:
    """Replayed by whom it may: with the token it is a repeat, without it nothing; a nonce is good once."""
    other = world.wire_phone(1)
    phone.write(somebody())
    body = encode(phone.quiet_request())
    first = phone.post("/api/sync", body)
    after = stored(world)
    again = phone.post("/api/sync", body)
    results = [decode(one.content, SyncResponse).results for one in (first, again)]
    assert results[0] == results[1] != []
    assert code(other.post("/api/sync", body)) == (403, "perangkat_berbeda")
    stale = phone.post("/api/sync", body, authorization="Bearer " + "x" * 43)
    assert code(stale) == (401, "perlu_masuk")
    assert stored(world) == after


def test_one_bad_change_among_good_ones_is_refused_alone(world: World, phone: WirePhone) -> None:
    """Unreadable, of an unknown kind, of wrong types, in another's name, far too deep: each in one batch."""
    clock = Clock(wall_ms=1, elapsed_ms=1, boot="b", server_ms=0)
    person = phone.enrolment.person

    def sealed(body: Any, author: str = person) -> bytes:
        return seal(Content(salt=random.randbytes(16), author=author, clock=clock, body=body))[1]  # type: ignore[arg-type]

    good = [sealed(somebody()) for _ in range(3)]
    bad = [
        b"\xc1 no content",
        msgspec.msgpack.encode(["salt", person, 5, ["unknown", {}]]),
        sealed(somebody(layanan="bpnt", rt={"deep": [1]})),
        sealed(somebody(), author="f" * 32),
        msgspec.msgpack.encode([bytes(16), person, [1, 1, "b", 0], ["patch"]]) + b"\x91" * 3_000,
        sealed(Patch(record=RecordId("not-an-id"), kind="raja", base={}, new={"x": 1})),
    ]
    order = [good[0], bad[0], bad[1], good[1], bad[2], bad[3], bad[4], bad[5], good[2]]
    tip, links = START, []
    for content in order:
        link = next_link(tip, phone.device, sha256(content).digest(), LinkHash(bytes(32)))  # type: ignore[arg-type]
        name, raw = seal_link(link)
        tip = Tip(counter=link.counter, hash=name)
        links.append(raw)
    request = replace(
        phone.quiet_request(),
        links=links,
        contents=order,
        signature=phone.key.sign(head_message(tip.hash)),
    )
    results = push(phone, request).results
    kinds = ["ok" if isinstance(result.outcome, Applied) else "no" for result in results]
    assert kinds == ["ok", "no", "no", "ok", "no", "no", "no", "no", "ok"]
    problems = [one.outcome.problem for one in results if isinstance(one.outcome, Rejected)]
    assert len(problems) == 6 and all(f"masalah.{problem}" in TEXT for problem in problems)
    assert world.rows("SELECT count(*) FROM changes WHERE raw = :raw", raw=bad[0]) == [(1,)], (
        "kept as it came"
    )


def test_uploads_that_are_not_what_they_say_leave_nothing(world: World, phone: WirePhone) -> None:
    """Other bytes than the name, longer, another's upload, a name that is none, lengths that are none."""
    data = random.Random(1).randbytes(20_000)
    record = record_id(5_000)
    phone.write(submit(record, ("foto_rumah_depan", data)))
    phone.sync()
    place = phone.begin_upload(data).headers["location"]
    other = world.wire_phone(1)
    assert code(other.send(place, data, 0))[0] == 404
    assert code(phone.send(place, data + b"x", 0)) == (413, "unggah_lebih_panjang")
    answer = phone.send(place, bytes(len(data)), 0)
    assert code(answer) == (422, "unggah_isi_berbeda")

    def announce(length: str, metadata: str) -> tuple[int, str]:
        return code(phone.tus("POST", "/tus/", upload_length=length, upload_metadata=metadata))

    sound = "sha256 " + base64.b64encode(named(data).encode()).decode()
    assert announce("x", sound)[0] == announce("-5", sound)[0] == announce("9" * 20, sound)[0] == 400
    assert announce("99999999999", sound)[0] == 413
    for metadata in ("", "sha256", "sha256 !!", "sha256 " + base64.b64encode(b"../../x").decode()):
        assert announce("5", metadata) == (400, "unggah_sidik_tidak_disebut")
    assert phone.tus("HEAD", "/tus/../../etc/passwd").status_code in (404, 405)
    assert world.rows("SELECT count(*) FROM blobs") == [(0,)]
    assert not [path for path in (world.office / "blobs").rglob("*") if path.is_file()]
    place = phone.begin_upload(data).headers["location"]
    assert phone.send(place, data, 0).status_code == 204
    assert world.rows("SELECT blob FROM blobs") == [(named(data),)]
