"""A second program that was written from docs/protocol.md speaks with the real server."""

import io
import os
from collections.abc import Iterator
from hashlib import sha256

import pytest

from schemas.ids import DeviceId
from schemas.problem import Problem
from sync.change import Body, Patch
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running, office  # noqa: F401 - the running office as a fixture
from tests.server.letting_in import compare
from tests.server.other_client import OtherClient

OTHER_DESA = "33.14.01.2002"
WARGA, TUGAS, VISIT = (record_id(number) for number in (1, 500, 50))
PERSON = {
    "nama": "Sutarmi", "nik": "3314990101900001", "pekerjaan": "Tani", "kode_desa": DESA, "layanan": ["bpnt"],
    "bank": "bni", "no_rekening": "0000000001",
}  # fmt: skip


def act(office: Running, body: Body) -> None:  # noqa: F811
    office.deps.office.act(office.deps.office.person, body)


@pytest.fixture
def client(office: Running) -> Iterator[OtherClient]:  # noqa: F811
    """A phone of somebody with one warga and a task to visit them, joined and logged in."""
    person = office.person()
    act(office, Patch(record=WARGA, kind="warga", base={}, new=PERSON))
    task = {"petugas": person, "sasaran": WARGA, "sasaran_kind": "warga", "form": "bpnt_kpm", "state": "baru"}
    act(office, Patch(record=TUGAS, kind="tugas", base={}, new={**task, "kode_desa": DESA}))
    made = OtherClient(office.client())
    made.join(office.code(person), lambda words: compare(office.deps, words))
    made.login()
    yield made
    assert office.faults() == []


def submit(client: OtherClient, photo: bytes) -> bytes:
    """Write a visit with one photo."""
    evidence = [
        sha256(photo).hexdigest(),
        "bpnt_kpm",
        "foto_rumah_depan",
        len(photo),
        "image/jpeg",
        "",
        1,
        None,
    ]
    forms, place = {"bpnt_kpm": [1, {"pekerjaan": "Tani"}]}, [-7.42, 111.02, 8.0, 1, False, "gps"]
    return client.write("submit", VISIT, None, WARGA, "bpnt_kpm", forms, [evidence], place, TUGAS)


def test_it_pulls_everything_that_it_may_hold_and_the_digests_agree(client: OtherClient) -> None:
    assert client.sync() == 1
    mine, desa = f"mine/{client.person}", f"desa/{DESA}/bpnt"
    seen = client.seen(WARGA)
    assert seen[mine]["nik"] == PERSON["nik"]
    assert {name for name in PERSON if name not in seen[desa]} == {"nik", "bank", "no_rekening"}
    assert seen[desa]["nik_akhir"] == "0001"
    assert client.sync() == 1, "with nothing to say it is quiet in one round"


def test_what_it_writes_is_applied_parked_or_refused(client: OtherClient, office: Running) -> None:  # noqa: F811
    client.sync()
    applied = client.write("patch", WARGA, "warga", {"pekerjaan": "Tani"}, {"pekerjaan": "Buruh"})
    refused = client.write("patch", WARGA, "warga", {}, {"status_kpm": "x"})
    client.sync()
    act(office, Patch(record=WARGA, kind="warga", base={"nama": "Sutarmi"}, new={"nama": "Sutarmi Dewi"}))
    parked = client.write("patch", WARGA, "warga", {"nama": "Sutarmi"}, {"nama": "Sutarni"})
    client.sync()
    assert client.outcomes[applied][0] == "applied"
    assert client.outcomes[refused] == ["rejected", "hanya_kantor", "status_kpm"]
    kind, [conflict], merged = client.outcomes[parked]
    assert (kind, merged) == ("conflict", [])
    [shown] = client.seen(conflict).values()
    assert shown["fields"]["nama"] == {"base": "Sutarmi", "theirs": "Sutarmi Dewi", "mine": "Sutarni"}


def test_a_visit_and_its_photo_are_received(client: OtherClient) -> None:
    client.sync()
    photo = os.urandom(40_000)
    change = submit(client, photo)
    client.sync()
    assert client.outcomes[change][0] == "applied"
    assert client.wanted == [sha256(photo).hexdigest()]
    assert client.upload(photo, 15_000) == len(photo)
    client.sync()
    assert client.wanted == []
    [visit] = client.seen(VISIT).values()
    assert visit["state"] == "diterima"


def test_what_leaves_its_area_goes_and_a_new_area_is_caught_up(
    client: OtherClient,
    office: Running,  # noqa: F811
) -> None:
    client.sync()
    far = record_id(2)
    act(office, Patch(record=far, kind="warga", base={}, new={**PERSON, "kode_desa": OTHER_DESA}))
    act(
        office,
        Patch(record=WARGA, kind="warga", base={"kode_desa": DESA}, new={"kode_desa": "33.14.01.2003"}),
    )
    client.sync()
    assert list(client.seen(WARGA)) == [f"mine/{client.person}"] and client.seen(far) == {}
    area = Patch(
        record=client.person, kind="petugas", base={"wilayah": [DESA]}, new={"wilayah": [OTHER_DESA]}
    )
    act(office, area)
    client.sync()
    assert list(client.seen(far)) == [f"desa/{OTHER_DESA}/bpnt"]
    assert not any(part == f"desa/{DESA}/bpnt" for part, _ in client.rows)


def test_rows_that_differ_are_fetched_again(client: OtherClient) -> None:
    client.sync()
    sound = client.digest(None)
    client.rows.pop((f"desa/{DESA}/bpnt", WARGA))
    assert client.digest(None) != sound
    client.sync()
    assert client.digest(None) == sound


def test_a_file_carries_a_visit_and_its_photo_and_is_answered(client: OtherClient, office: Running) -> None:  # noqa: F811
    photo = os.urandom(150_000)
    change = submit(client, photo)
    handovers = office.deps.handovers
    taken = handovers.take(io.BytesIO(client.hand_over(photo)), office.deps.office.person)
    assert not isinstance(taken, Problem), taken
    answer = io.BytesIO()
    written = handovers.answer(DeviceId(client.device), None, answer)
    assert not isinstance(written, Problem), written
    client.take_answer(answer.getvalue())
    assert client.outcomes[change][0] == "applied"
    assert client.wanted == [] and client.known == 1
    assert len(client.seen(WARGA)) == 2
    assert client.sync() == 1


def test_a_run_without_a_sound_signature_is_refused_by_its_code(client: OtherClient) -> None:
    client.write("patch", WARGA, "warga", {"pekerjaan": "Tani"}, {"pekerjaan": "Buruh"})
    request = client.request()
    request[5] = bytes(64)
    with pytest.raises(PermissionError, match="tanda_tangan_salah"):
        client.call("/api/sync", request)
