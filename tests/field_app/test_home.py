"""The first screen's groups of tasks, and people found by name or number."""

import random
from typing import Any

from field_app.views import DraftView
from schemas.ids import RecordId
from tests.field_app.field import DESA, EWARONG, FIELDS, NIK, TASK, TUGAS, WARGA, Field


def test_tasks_stand_in_one_group_by_their_date(field: Field) -> None:
    dates = {"4": "2026-11-20", "5": "2026-11-21", "6": "2026-11-22", "7": "", "8": "besok"}
    rows = {RecordId(n * 32): ("tugas", TASK | {"jatuh_tempo": day}) for n, day in dates.items()}
    field.pull(rows | {WARGA: ("warga", FIELDS), RecordId("9" * 32): ("tugas", TASK | {"state": "selesai"})})
    home = field.visits.home()
    assert [len(group) for group in (home.overdue, home.today, home.upcoming)] == [1, 1, 3]
    assert home.overdue[0].nama == "Warga Uji"


def test_people_are_found_by_name_and_by_the_end_of_their_nik(field: Field) -> None:
    reduced = {"nama": "Soeparmi", "nik_akhir": "7788", "kode_desa": DESA, "layanan": ["bpnt"]}
    shop = {"nama_ewarong": "Warung Rejeki", "kode_desa": "33.14.02.2001"}
    field.pull(
        {
            WARGA: ("warga", FIELDS),
            RecordId("b" * 32): ("warga", reduced),
            EWARONG: ("ewarong", shop),
            TUGAS: ("tugas", TASK),
        }
    )

    def found(text: str, **more: Any) -> list[str]:
        return [hit.nama for hit in field.visits.search(text, **more)]

    assert found("suparmi") == found("7788") == found("997788") == ["Soeparmi"]
    assert found(NIK[-5:]) == found("war uji") == ["Warga Uji"]
    assert found("99") == found("zzz") == found("?!") == []
    assert found("rejeki") == ["Warung Rejeki"]
    assert found("", kode_desa=DESA) == ["Soeparmi", "Warga Uji"]
    assert [hit.has_task for hit in field.visits.search("uji")] == [True]


def test_a_search_of_thousands_reads_few_of_them(field: Field) -> None:
    """The bench measures the budget of 30 ms for 20,000; SQLite's steps tell an index from a scan."""
    rng = random.Random(2)
    first, last = ("Sutarmi", "Wagiyem", "Sugeng", "Marsih"), ("Rahayu", "Utomo", "Lestari")
    rows = {
        RecordId(f"{number:032x}"): (
            "warga",
            {
                "nama": f"{rng.choice(first)} {rng.choice(last)}",
                "nik_akhir": f"{number:04}",
                "kode_desa": DESA,
            },
        )
        for number in range(3_000)
    }
    field.pull(rows)
    hundreds: list[int] = []
    with field.vault.read() as connection:
        connection.set_progress_handler(lambda: hundreds.append(100), 100)
    for text in ("s", "rahayu", "sutarmi les", "2876", "zz", ""):
        hundreds.clear()
        assert (len(field.visits.search(text)) > 0) is (text != "zz")
        assert sum(hundreds) < len(rows), text


def test_a_clock_that_was_ahead_is_not_the_last_visit_once_the_visit_was_corrected(field: Field) -> None:
    field.time.pass_s(3 * 3600)
    done = field.visit()
    field.time.pass_s(-3 * 3600)
    row = {"state": "dikembalikan", "versions": [{"change": done.change.hex()}]}
    field.pull({done.visit: ("kunjungan", row)}, acknowledged=field.store.head())
    begun = field.visits.start_correction(done.visit)
    assert isinstance(begun, DraftView)
    field.finish(begun.id)
    assert field.visits.task(TUGAS).last_visit == field.time.now_ms()
