import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reopening import REOPEN
from schemas.text import load_text
from schemas.workflow import (
    Advanced,
    Need,
    Refused,
    Workflow,
    WorkflowError,
    advance,
    allowed,
    begin,
    load_workflows,
    next_events,
)
from schemas.workflow_docs import render
from schemas.workflow_reading import read_workflow

WORKFLOWS = load_workflows()
DAY = date(2026, 11, 21)

PATHS = [
    ("bpnt_masalah", "tangani selesai_di_lapangan", "selesai"),
    ("bpnt_masalah", "tangani gugurkan", "gugur"),
    ("bpnt_masalah", "tangani ajukan terbitkan diterima selesaikan", "selesai"),
    ("bpnt_masalah", "tangani ajukan kembalikan ajukan tolak", "ditolak"),
    (
        "bpnt_masalah",
        "tangani ajukan terbitkan penyalur_mengembalikan terbitkan diterima penyalur_menolak",
        "ditolak",
    ),
    (
        "ktkpm",
        "ke_kecamatan ke_dinsos memenuhi setujui usulkan_sk terbit_sk ajukan_bppkad cairkan mulai_monev "
        "monev_lanjutan selesaikan",
        "selesai",
    ),
    ("ktkpm", "ke_kecamatan kembali_ke_desa ke_kecamatan ke_dinsos kembali_ke_desa mundur", "mundur"),
    ("ktkpm", "ke_kecamatan ke_dinsos minta_berkas lengkapi tidak_memenuhi setujui_penolakan", "ditolak"),
    (
        "ktkpm",
        "ke_kecamatan ke_dinsos tidak_memenuhi periksa_ulang memenuhi setujui usulkan_sk usul_dikembalikan "
        "usulkan_sk terbit_sk ajukan_bppkad bppkad_mengembalikan ajukan_bppkad cairkan retur",
        "sk_terbit",
    ),
    (
        "kis",
        "mulai_cek masuk usulkan ke_kemensos disetujui_kemensos aktifkan mutakhirkan",
        "selesai",
    ),
    (
        "kis",
        "mulai_cek tidak_masuk terima_usul_desa tidak_sesuai terima_usul_desa sesuai disetujui_daerah "
        "disetujui_kemensos aktifkan mutakhirkan",
        "selesai",
    ),
    ("kis", "mulai_cek ke_jamkesda jamkesda_disetujui", "jamkesda"),
    ("kis", "mulai_cek ke_jamkesda dinilai_mampu", "mandiri"),
    ("kis", "mulai_cek bukan_kewenangan", "mandiri"),
    (
        "kis",
        "berkas_kurang mulai_cek gangguan masuk cek_ulang masuk usulkan usul_ulang usulkan ditolak_pusat",
        "ditolak",
    ),
    ("kis", "mulai_cek tidak_masuk terima_usul_desa sesuai tidak_disetujui_daerah", "ditolak"),
    ("kis", "mulai_cek tidak_masuk tutup", "ditolak"),
    ("kis", "tutup ajukan_keberatan tolak_keberatan ajukan_keberatan terima_keberatan", "cek_dtks"),
    ("kis", "mulai_cek bukan_kewenangan ajukan_keberatan cabut_keberatan", "ditolak"),
    ("kis", "mulai_cek gugurkan", "gugur"),
    ("ewarong_temuan", "bina tegur terima_pernyataan usulkan_nonaktif putusan_bank", "selesai"),
    ("ewarong_temuan", "tegur usulkan_nonaktif bank_mengembalikan sudah_baik", "selesai"),
    ("ewarong_temuan", "bina gugurkan", "gugur"),
    ("ewarong_temuan", "bina batalkan", "tidak_terbukti"),
    ("pengaduan", "proses_informasi jawab selesaikan", "selesai"),
    ("pengaduan", "proses_pengaduan jawab belum_puas jawab selesaikan", "selesai"),
    ("pengaduan", "proses_pengawasan jawab selesaikan", "selesai"),
    ("pengaduan", "teruskan", "selesai"),
    ("pengaduan", "gugurkan", "gugur"),
]


def sample(need: Need) -> Any:
    match need.type:
        case "tanggal":
            return "2026-11-21"
        case "berkas":
            return "ab" * 32
        case "pilihan":
            return next(iter(need.options))
        case "uang":
            return 3_000_000
        case "nomor" | "teks":
            return "400.9/1/09/2026"


def walk(workflow: Workflow, steps: str) -> Advanced:
    now = begin(workflow)
    for code in steps.split():
        event = workflow.event(code)
        assert event is not None, code
        moved = advance(
            workflow, now.state, code, event.who[0], {n.name: sample(n) for n in event.needs if n.required}
        )
        assert isinstance(moved, Advanced), (code, moved)
        now = moved
    return now


@pytest.mark.parametrize(("workflow", "steps", "end"), PATHS)
def test_each_path_leads_where_the_standard_says(workflow: str, steps: str, end: str) -> None:
    assert walk(WORKFLOWS.get(workflow), steps).state == end


def test_every_event_of_every_workflow_is_walked() -> None:
    walked = {(workflow, code) for workflow, steps, _ in PATHS for code in steps.split()}
    assert walked == {(w.id, event.code) for w in WORKFLOWS.all() for event in w.events}


@pytest.mark.parametrize(
    ("workflow", "steps", "due"),
    [
        ("kis", "mulai_cek masuk", "2026-12-21"),
        ("kis", "mulai_cek masuk usulkan", "2026-12-21"),
        ("kis", "mulai_cek masuk usulkan ke_kemensos", "2027-05-21"),
        ("kis", "mulai_cek tidak_masuk terima_usul_desa", "2026-12-05"),
        ("kis", "mulai_cek masuk usulkan ke_kemensos disetujui_kemensos aktifkan", "2027-05-21"),
        ("kis", "berkas_kurang", "2026-12-05"),
        ("pengaduan", "proses_informasi", "2026-11-27"),
        ("pengaduan", "proses_pengaduan", "2026-12-10"),
        ("pengaduan", "proses_pengawasan", "2027-02-12"),
        ("pengaduan", "proses_informasi jawab selesaikan", None),
    ],
)
def test_each_state_has_its_deadline(workflow: str, steps: str, due: str | None) -> None:
    found = walk(WORKFLOWS.get(workflow), steps).due(DAY)
    assert (found and found.isoformat()) == due


def test_a_holiday_moves_a_deadline_in_working_days() -> None:
    entered = walk(WORKFLOWS.get("pengaduan"), "proses_informasi")
    assert entered.due(DAY, {date(2026, 11, 25)}) == date(2026, 11, 30)


@pytest.mark.parametrize(("step", "days"), [("proses_informasi", 5), ("proses_pengawasan", 60), (REOPEN, 14)])
def test_how_long_a_case_may_stay_is_known_again_from_its_last_step(step: str, days: int) -> None:
    stands = allowed(WORKFLOWS.get("pengaduan"), "diproses", [{"event": "lama"}, {"event": step}])
    assert (stands.state, stands.deadline_days, stands.working_days) == ("diproses", days, True)


def test_a_month_ends_on_its_last_day() -> None:
    assert walk(WORKFLOWS.get("kis"), "mulai_cek masuk usulkan").due(date(2027, 1, 31)) == date(2027, 2, 28)


def test_a_role_sees_only_its_own_steps() -> None:
    workflow = WORKFLOWS.get("bpnt_masalah")
    assert [event.code for event in next_events(workflow, "ditangani_pendamping", "pendamping")] == [
        "selesai_di_lapangan",
        "ajukan",
    ]
    assert next_events(workflow, "menunggu_dinas", "pendamping") == ()
    assert next_events(workflow, "selesai", "kabid") == ()
    assert next_events(workflow, "tidak_ada", "kabid") == ()


@pytest.mark.parametrize("role", ["pengawas", "admin"])
def test_who_only_reads_never_moves_a_kasus(role: str) -> None:
    for workflow in WORKFLOWS.all():
        assert not [event for state in workflow.states for event in next_events(workflow, state, role)]


@pytest.mark.parametrize(
    ("state", "event", "role", "problem"),
    [
        ("tidak_ada", "tangani", "pendamping", "workflow_state_unknown"),
        ("dicatat", "tidak_ada", "pendamping", "workflow_event_unknown"),
        ("selesai", "tangani", "pendamping", "workflow_not_here"),
        ("dicatat", "tangani", "petugas", "workflow_role"),
    ],
)
def test_a_step_that_cannot_be_taken_says_why(state: str, event: str, role: str, problem: str) -> None:
    found = advance(WORKFLOWS.get("bpnt_masalah"), state, event, role, {})
    assert found == Refused(problem=problem)


def test_missing_needs_are_named_and_optional_ones_are_not() -> None:
    found = advance(
        WORKFLOWS.get("bpnt_masalah"), "ditangani_pendamping", "ajukan", "pendamping", {"bukti": []}
    )
    assert found == Refused(problem="workflow_need_missing", missing=("tindakan_pendamping",))


@pytest.mark.parametrize(
    ("event", "state", "name", "value"),
    [
        ("cairkan", "bppkad", "tanggal_cair", "21-11-2026"),
        ("cairkan", "bppkad", "tanggal_cair", "2026-02-30"),
        ("cairkan", "bppkad", "jumlah_cair", "3000000"),
        ("cairkan", "bppkad", "jumlah_cair", True),
        ("cairkan", "bppkad", "jumlah_cair", -1),
        ("terbit_sk", "usul_sk", "sk", "surat.pdf"),
        ("terbit_sk", "usul_sk", "sk", [1]),
        ("terbit_sk", "usul_sk", "nomor_sk", "9" * 101),
        ("selesaikan", "monev_uep", "usaha_jalan", "laris"),
        ("terbit_sk", "usul_sk", "tidak_diminta", "x"),
        ("setujui", "persetujuan", "catatan", 3),
    ],
)
def test_a_need_of_the_wrong_shape_is_named(event: str, state: str, name: str, value: Any) -> None:
    workflow = WORKFLOWS.get("ktkpm")
    step = workflow.event(event)
    assert step is not None
    answers = {need.name: sample(need) for need in step.needs} | {name: value}
    found = advance(workflow, state, event, "kabid" if "kabid" in step.who else "verifikator", answers)
    assert found == Refused(problem="workflow_need_invalid", invalid=(name,))


def test_every_step_takes_a_note_and_several_files() -> None:
    workflow = WORKFLOWS.get("ktkpm")
    answers = {
        "nomor_sk": "1",
        "tanggal_sk": "2026-11-21",
        "sk": ["ab" * 32, "cd" * 32],
        "catatan": "dua lampiran",
    }
    assert isinstance(advance(workflow, "usul_sk", "terbit_sk", "kabid", answers), Advanced)


def test_a_verification_needs_a_second_person() -> None:
    workflow = WORKFLOWS.get("ktkpm")
    for state, event in (("persetujuan", "setujui"), ("persetujuan_tolak", "setujui_penolakan")):
        assert advance(workflow, state, event, "verifikator", {}, same_person=True) == Refused(
            problem="workflow_two_people"
        )
        assert isinstance(advance(workflow, state, event, "verifikator", {}), Advanced)


def test_every_refusal_has_its_sentence() -> None:
    text = load_text()
    source = Path(advance.__code__.co_filename).read_text("utf-8")
    problems = set(re.findall(r'problem="(\w+)"', source))
    assert len(problems) == 8
    for problem in problems:
        assert text(f"problem.{problem}").endswith(".")


@given(st.data())
def test_any_walk_stays_among_the_declared_states(data: st.DataObject) -> None:
    workflow = data.draw(st.sampled_from(WORKFLOWS.all()))
    state = workflow.start
    for _ in range(data.draw(st.integers(0, 12))):
        codes = [event.code for event in workflow.events]
        role = data.draw(
            st.sampled_from(["pendamping", "verifikator", "petugas", "kabid", "pengawas", "admin", "x"])
        )
        event = workflow.event(data.draw(st.sampled_from(codes)))
        assert event is not None
        filled = data.draw(st.booleans())
        answers = {
            need.name: sample(need) if filled else data.draw(st.none() | st.text(max_size=3))
            for need in event.needs
        }
        match advance(workflow, state, event.code, role, answers):
            case Advanced(state=reached):
                assert event in next_events(workflow, state, role)
                assert reached in workflow.states
                state = reached
            case Refused() as refused:
                assert not filled or event not in next_events(workflow, state, role), refused


GOOD = """
id = "uji"
version = 1
title = "Uji"
service = "bpnt"
privacy = "biasa"
start = "awal"
[states.awal]
label = "Awal"
days_allowed = 3
source = ["J"]
[states.akhir]
label = "Akhir"
final = true
source = ["J"]
[events.selesai]
label = "Selesai"
from = ["awal"]
to = "akhir"
who = ["kabid"]
when = { hasil = "baik" }
needs = [{ name = "hasil", label = "Hasil", type = "pilihan", options = { baik = "Baik" } }]
source = ["J"]
"""


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


UNREACHED = """
[states.lepas]
label = "Lepas"
final = true
source = ["J"]
"""

BACK_FROM_THE_END = """
[events.lagi]
label = "Lagi"
from = ["akhir"]
to = "awal"
who = ["kabid"]
source = ["J"]
"""

WHY = 'needs = [{ name = "alasan", label = "Mengapa?", type = "teks" }]'


def added(end: str) -> Callable[[str], str]:
    return lambda text: text + end


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (replaced('start = "awal"', 'start = "mana"'), "start mana is no state"),
        (replaced('to = "akhir"', 'to = "mana"'), "mana is no state"),
        (replaced('who = ["kabid"]', "who = []"), "needs roles that may act"),
        (replaced('who = ["kabid"]', 'who = ["pengawas"]'), "needs roles that may act"),
        (replaced('who = ["kabid"]', 'who = ["bupati"]'), "event selesai"),
        (replaced('from = ["awal"]', "from = []"), "a state to start from"),
        (replaced('source = ["J"]', "source = []"), "a source"),
        (replaced("final = true", "final = true\ndays_allowed = 3"), "a final state has no deadline"),
        (replaced("days_allowed = 3", "days_allowed = 0"), "at least one"),
        (replaced("days_allowed = 3", "days_allowed = 3\nmonths_allowed = 1"), "days or months"),
        (replaced("days_allowed = 3", "working_days = true"), "working_days without"),
        (replaced("final = true", ""), "leads to no end"),
        (replaced('hasil = "baik"', 'hasil = "buruk"'), "no option of a required need"),
        (replaced('label = "Hasil"', 'label = "Hasil", required = false'), "no option of a required need"),
        (replaced(', options = { baik = "Baik" }', ""), "has options"),
        (replaced('name = "hasil"', 'name = "Hasil!"'), "snake_case name"),
        (replaced('title = "Uji"', 'judul = "Uji"'), "judul"),
        (replaced("version = 1", "version = 2"), "<id>.<version>.toml"),
        (added(UNREACHED), "lepas is never reached"),
        (added(BACK_FROM_THE_END), "event lagi: leads out of an end"),
        (added(BACK_FROM_THE_END + WHY.replace("lasan", "lasannya")), "event lagi: leads out of an end"),
        (added(BACK_FROM_THE_END + WHY.replace(" }", ", required = false }")), "leads out of an end"),
        (added((BACK_FROM_THE_END + WHY).replace('to = "awal"', 'to = "akhir"')), "leads out of an end"),
        (replaced("events.selesai", "events.buka_lagi"), "event buka_lagi: is every case's"),
    ],
)
def test_a_mistake_in_a_workflow_is_refused_and_named(change: Callable[[str], str], mistake: str) -> None:
    assert read_workflow(GOOD, "uji.1.toml").start == "awal"
    with pytest.raises(WorkflowError, match=re.escape(mistake)):
        read_workflow(change(GOOD), "uji.1.toml")


def test_an_end_may_be_left_with_a_reason() -> None:
    read = read_workflow(GOOD + BACK_FROM_THE_END + WHY, "uji.1.toml")
    assert [event.to for event in read.events] == ["akhir", "awal"]


def test_an_answer_that_contradicts_the_step_is_refused() -> None:
    workflow = read_workflow(GOOD.replace('baik = "Baik"', 'baik = "Baik", buruk = "Buruk"'), "uji.1.toml")
    found = advance(workflow, "awal", "selesai", "kabid", {"hasil": "buruk"})
    assert found == Refused(problem="workflow_condition", invalid=("hasil",))
    assert isinstance(advance(workflow, "awal", "selesai", "kabid", {"hasil": "baik"}), Advanced)


def test_an_older_version_stays_readable(tmp_path: Path) -> None:
    (tmp_path / "uji.1.toml").write_text(GOOD, "utf-8")
    (tmp_path / "uji.2.toml").write_text(GOOD.replace("version = 1", "version = 2"), "utf-8")
    workflows = load_workflows(tmp_path)
    assert workflows.ids() == ("uji",)
    assert (workflows.get("uji").version, workflows.get("uji", 1).version) == (2, 1)
    with pytest.raises(KeyError):
        workflows.get("tidak_ada")


def test_cases_of_violence_are_secret() -> None:
    assert WORKFLOWS.get("ktkpm").privacy == "rahasia"


def test_the_page_about_workflows_is_current() -> None:
    root = Path(__file__).parents[2]
    for path, content in render().items():
        assert (root / path).read_text("utf-8") == content, f"{path} is old: run make docs"


def test_the_page_draws_every_step() -> None:
    page = render()["docs/workflows.md"]
    for workflow in WORKFLOWS.all():
        arrows = sum(len(event.from_) for event in workflow.events)
        section = page.split(f"\n## {workflow.id}\n")[1].split("\n## ")[0]
        ends = sum(state.final for state in workflow.states.values())
        assert section.count(" --> ") == arrows + ends + 1
        assert all(f"`{event.code}`" in section for event in workflow.events)
