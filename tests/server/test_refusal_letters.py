"""Letters about a card that was refused: why they say so, and which of them a step of the case is offered."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from schemas.wire import Applied
from server.queries import record
from server.services.letter_facts import Asked
from server.services.letters import Draft
from sync.change import Advance
from tests.server.room_office import log_in, serving_cheaply
from tests.server.test_letters import Desk, add_case
from tests.server.web_office import DESA, shut

Step = tuple[str, str, dict[str, str]]
"""Who takes it, its event and the answers."""
DAY = "2026-11-20"
CLOSED: Step = ("verifikator", "tutup", {"alasan": "Usulan tidak datang"})
OBJECTION: Step = ("petugas", "ajukan_keberatan", {"alasan": "Usulannya ada", "tanggal_keberatan": DAY})
WITHDRAWN: Step = ("petugas", "cabut_keberatan", {"tanggal_cabut": DAY})
STAYS: Step = (
    "kabid",
    "tolak_keberatan",
    {"alasan": "Desa membantah", "nomor_surat": "400.9/1/09/2026", "tanggal_surat": DAY},
)
GRANTED: Step = ("kabid", "terima_keberatan", {"alasan": "Tanda terimanya ada"})
WELL_OFF: tuple[Step, ...] = (
    ("petugas", "ke_jamkesda", {"tanggal_rujukan": DAY, "surat_sakit": "a" * 64}),
    ("petugas", "dinilai_mampu", {"tanggal_survei": DAY}),
)
NOT_OURS: tuple[Step, ...] = (
    ("petugas", "mulai_cek", {}),
    ("verifikator", "bukan_kewenangan", {"alasan": "Peserta mandiri"}),
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    shut(desk.office)


def case_after(desk: Desk, *steps: Step) -> RecordId:
    case = add_case(desk.office, desk.office.warga, DESA, desk.visit, "kis")
    for step in steps:
        take(desk, case, step)
    return case


def take(desk: Desk, case: RecordId, step: Step) -> None:
    who, event, answers = step
    known = desk.office.deps.engine.read(lambda tx: record(tx, case))
    assert known is not None and known.head is not None
    body = Advance(kasus=case, follows=known.head, event=event, answers=answers)
    assert isinstance(desk.office.deps.office.act(desk.office.people[who], body), Applied), event


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        pytest.param([CLOSED], "Usulan tidak datang", id="refused"),
        pytest.param([("petugas", "berkas_kurang", {"alasan": "Tanpa KK"})], "", id="not ended"),
        pytest.param([CLOSED, OBJECTION], "", id="objected"),
        pytest.param([CLOSED, OBJECTION, WITHDRAWN], "Usulan tidak datang", id="withdrawn"),
        pytest.param([CLOSED, OBJECTION, STAYS], "Desa membantah", id="refused again"),
        pytest.param([CLOSED, OBJECTION, STAYS, OBJECTION, WITHDRAWN], "Desa membantah", id="and withdrawn"),
        pytest.param([*NOT_OURS, OBJECTION, WITHDRAWN], "Peserta mandiri", id="not of this office"),
        pytest.param([CLOSED, OBJECTION, GRANTED, *WELL_OFF], "", id="ended anew without a reason"),
        pytest.param([CLOSED, ("verifikator", "buka_lagi", {"alasan": "Salah tekan"})], "", id="taken back"),
    ],
)
def test_a_letter_proposes_the_reason_of_the_refusal_alone(desk: Desk, steps: list[Step], why: str) -> None:
    about = Asked(kind="jawaban_kis", case=case_after(desk, *steps))
    begun = desk.site.letters.draft(desk.who("petugas"), about)
    assert isinstance(begun, Draft) and begun.facts.prefill["alasan"] == why


def test_a_step_is_offered_the_letter_that_was_made_since_the_step_before(desk: Desk) -> None:
    desk.block()
    case = case_after(desk, CLOSED)
    about = Asked(kind="jawaban_kis", case=case)
    refusal = desk.made("a", about)
    take(desk, case, OBJECTION)
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=30) as client:
        log_in(client, "kabid")

        def is_offered(number: str) -> bool:
            return f'name="isi.nomor_surat" value="{number}"' in client.get(f"/kasus/{case}").text

        assert is_offered("") and not is_offered(refusal.number), "that one answers no objection"
        answer, mistaken = desk.made("b", about), desk.made("c", about)
        assert is_offered(mistaken.number)
        assert desk.site.letter_shelf.cancel(desk.who("petugas"), mistaken.id, "Salah ketik") is None
        assert is_offered(answer.number)
