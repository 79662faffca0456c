"""What tests of visits that come back share: one is sent, sent back, and begun anew; the rows of a list."""

from field_app.phone import Phone
from field_app.ui.widgets.rows import TaskRow
from field_app.views import DraftView, Finalised
from schemas.ids import ChangeId, RecordId
from server.store import SqlOfficeStore
from tests.field_app.test_phone_and_office import decide, record_visit, start_visit
from tests.field_app.ui.driver import Driver
from tests.server.conftest import Running


def sent_visit(phone: Phone) -> Finalised:
    """A visit that the office has, with its photos."""
    done = record_visit(phone, start_visit(phone))
    assert phone.worker.run_once() is None
    return done


def head_of(office: Running, visit: RecordId) -> ChangeId:
    """The last word on a visit, which the next decision follows."""
    found = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([visit]))
    head = found[visit].head
    assert head is not None
    return head


def send_back(office: Running, phone: Phone, visit: RecordId, **reasons: str) -> None:
    """The office asks for these fields or blobs again, and the phone hears of it."""
    decide(office, visit, head_of(office, visit), "kembalikan", **reasons)
    assert phone.worker.run_once() is None


def correction(phone: Phone, visit: RecordId) -> DraftView:
    """The draft in which a returned visit is mended."""
    begun = phone.visits.start_correction(visit)
    assert isinstance(begun, DraftView)
    return begun


def rows(driver: Driver) -> list[TaskRow]:
    """The rows of tugas and visits on the screen, from the top."""
    return [widget for widget in driver.walk() if isinstance(widget, TaskRow)]
