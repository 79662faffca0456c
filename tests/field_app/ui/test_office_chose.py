"""What the office decides while she looks on, by touch on the real phone: a conflict, a visit sent back."""

import pytest

from field_app.phone import Phone
from field_app.ui.widgets.facts import SyncRow
from field_app.ui.widgets.rows import TaskRow
from field_app.views import Finalised
from schemas.ids import ChangeId
from sync.change import Patch, Resolve
from tests.field_app.conftest import SetTime
from tests.field_app.test_phone_and_office import (
    WARGA,
    enrolled,  # noqa: F401 - a phone with one task
    enrolled_conflict_change,
    start_visit,
)
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.returning import rows, send_back, sent_visit
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture

WAITS = "Menunggu keputusan kantor"


def in_conflict(phone: Phone, office: Running) -> None:  # noqa: F811
    """One visit whose name of the person is another at the office by now."""
    draft = start_visit(phone)
    phone.visits.save(draft.id, "bpnt_kpm", "nama", "Warga Uji Benar")
    body = Patch(record=WARGA, kind="warga", base={"nama": "Warga Uji"}, new={"nama": "Warga Uji Kantor"})
    office.deps.office.act(office.deps.office.person, body)
    assert isinstance(phone.visits.finalise(draft.id), Finalised)
    assert phone.worker.run_once() is None


def resolve(phone: Phone, office: Running) -> None:  # noqa: F811
    [conflict] = phone.visits.conflicts()
    head = ChangeId(bytes.fromhex(enrolled_conflict_change(phone)))
    body = Resolve(conflict=conflict.id, follows=head, values={"nama": "Warga Uji Benar"})
    office.deps.office.act(office.deps.office.person, body)


def open_visit(driver: Driver) -> None:
    driver.tap(rows(driver)[0])
    assert driver.shell.name == "task"


def test_a_conflict_that_the_office_ends_is_told_where_she_looks(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    in_conflict(enrolled, office)
    driver.open(enrolled, now_ms=time.now_ms)
    assert driver.sees("1 isian menunggu kantor")
    open_visit(driver)
    assert driver.texts().count(WAITS) == 2
    resolve(enrolled, office)
    assert enrolled.worker.run_once() is None
    driver.wait_for(lambda: driver.sees("Kantor memakai catatan Anda"))
    assert driver.sees("Diterima") and not driver.sees(WAITS)
    driver.shell.back()
    driver.settle()
    assert driver.sees("1 isian diputuskan kantor"), "and that it was decided is told on the first screen"
    driver.shell.go("conflicts")
    driver.settle()
    assert driver.sees("Semua sudah diputuskan kantor.") and not driver.sees("sampai kantor memilih")


def test_a_visit_that_comes_back_while_she_reads_it_leads_to_the_reasons(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    done = sent_visit(enrolled)
    driver.open(enrolled, now_ms=time.now_ms)
    open_visit(driver)
    assert driver.sees("Diterima")
    send_back(office, enrolled, done.visit, **{"bpnt_kpm.catatan": "Siapa yang ditemui?"})
    driver.wait_for(lambda: driver.sees("Siapa yang ditemui?"))
    assert driver.sees("Perlu diperbaiki")
    driver.press("Perbaiki")
    assert driver.shell.name == "repair" and driver.sees("Mulai perbaikan")


def test_news_that_change_nothing_leave_what_she_reads_where_it_is(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    time: SetTime,
) -> None:
    sent_visit(enrolled)
    driver.open(enrolled, now_ms=time.now_ms)
    open_visit(driver)
    before = list(driver.screen.ids.page.body.children)
    driver.screen.heard()
    driver.settle()
    assert driver.screen.ids.page.body.children == before


@pytest.mark.parametrize("screen", ["home", "sync"])
def test_a_long_state_takes_the_whole_row_before_its_words_shrink(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
    screen: str,
) -> None:
    in_conflict(enrolled, office)
    driver.open(enrolled, now_ms=time.now_ms, scale=1.6)
    driver.shell.go(screen)
    driver.settle()
    rows = (widget for widget in driver.walk() if isinstance(widget, SyncRow | TaskRow))
    row = next(row for row in rows if any(piece.text == WAITS for piece in row.pieces))
    [piece] = [piece for piece in row.pieces if piece.text == WAITS]
    assert piece.width > 0.85 * row.measure(WAITS, "caption")[0]
    assert piece.x > 0 and piece.x + piece.width < row.width
