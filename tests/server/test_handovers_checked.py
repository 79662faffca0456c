"""What is kept of a hand-over file answers its own phone, under a key that it named, or `verify` says so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.base import encode
from schemas.handover import Asked, Question
from schemas.ids import NO_LINK, DeviceId, PersonId
from schemas.wire import PROTOCOL, Cursor, SyncRequest, WireTip
from server.device_store import Device, add_device
from server.engine import Writer
from server.engines.sqlite import SqliteEngine
from server.verifying.findings import Notes
from server.verifying.handovers import check_handovers
from tests.server.offices import make_engine

PHONE, OTHER = DeviceId("a" * 32), DeviceId("b" * 32)
KEY, FOREIGN = bytes([1]) * 32, bytes([2]) * 32
NOWHERE = WireTip(counter=0, hash=NO_LINK)
QUESTION = Question(
    request=SyncRequest(protocol=PROTOCOL, device=PHONE, cursor=Cursor(), links=[], contents=[]),
    asked=Asked(acknowledged=NOWHERE, head=NOWHERE, parts=[], answer_key=KEY),
)
OF_ANOTHER = replace(QUESTION, request=replace(QUESTION.request, device=OTHER))
WITH_CHANGES = replace(QUESTION, request=replace(QUESTION.request, links=[b"link"]))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = make_engine(tmp_path)
    phone = Device(
        id=PHONE, person=PersonId("c" * 32), public_key=bytes(32), model="Uji", enrolled_ms=1,
        revoked_ms=None, handover_key=KEY,
    )  # fmt: skip
    engine.write(lambda tx: add_device(tx, phone)).result()
    yield engine
    engine.close()


def found(engine: SqliteEngine, **kept: Any) -> list[str]:
    """Keep a file, as it was taken in but for this; return what is found."""
    file = {"device": PHONE, "file": bytes(16), "question": encode(QUESTION), "photos": 0, **kept}

    def keep(tx: Writer) -> None:
        tx.execute(
            "INSERT INTO handovers (kabupaten, device, file, number, made_ms, taken_ms, taken_by, changes,"
            " photos, question) VALUES (:kabupaten, :device, :file, 1, 1, 1, '', 0, :photos, :question)",
            file,
        )

    engine.write(keep).result()
    notes = Notes()
    engine.read(lambda tx: check_handovers(tx, notes))
    assert notes.counts["serah_terima"] == 1
    return [fault.key for fault in notes.found]


def test_a_file_of_a_phone_that_joined_is_in_order(engine: SqliteEngine) -> None:
    assert found(engine) == []


@pytest.mark.parametrize(
    "bent",
    [
        {"question": encode(OF_ANOTHER)},
        {"question": encode(WITH_CHANGES)},
        {"question": b"\xc1"},
        {"device": OTHER, "question": encode(OF_ANOTHER)},
        {"file": bytes(15)},
        {"photos": -1},
    ],
    ids=[
        "another's question",
        "changes",
        "unreadable",
        "a phone that never joined",
        "no file",
        "fewer than none",
    ],
)
def test_what_is_kept_of_a_file_and_was_bent_is_found(engine: SqliteEngine, bent: dict[str, Any]) -> None:
    assert found(engine, **bent) == ["serah_berubah"]


def test_a_key_put_in_the_place_of_the_phones_is_found(engine: SqliteEngine) -> None:
    """Whoever has it would read the answers that go to the phone by file."""
    engine.write(
        lambda tx: tx.execute(
            "UPDATE devices SET handover_key = :key WHERE kabupaten = :kabupaten", {"key": FOREIGN}
        )
    ).result()
    assert found(engine) == ["serah_kunci_lain"]
