"""A file for the office is still on its way while the office destroys somebody that it is about: what is told
at the office, and on the phone when the answer is read.
"""

from pathlib import Path

from field_app.phone import Phone
from field_app.views import AnswerRead
from schemas.ids import BlobId, ChangeId, RecordId
from server.services.handover import Taken, sentences
from sync.change import Destroyed
from tests.field_app.test_handover_round import answer, hand_over, phone, stick, visit, waiting  # noqa: F401
from tests.field_app.test_phone_and_office import TUGAS, WARGA, status
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture

KEPT, GONE = "disimpan untuk diperiksa", "sudah dimusnahkan kantor"


def destroy(office: Running, changes: list[ChangeId], blobs: list[BlobId], *records: RecordId) -> None:  # noqa: F811
    body = Destroyed(
        changes=dict.fromkeys(changes, b""), blobs=blobs, records=list(records), basis="BA 1/2026"
    )
    office.deps.office.act(office.deps.office.person, body)


def said_of(office: Running, path: Path) -> list[str]:  # noqa: F811
    with path.open("rb") as file:
        taken = office.deps.handovers.take(file, office.deps.office.person)
    assert isinstance(taken, Taken), taken
    return sentences(office.deps.text, taken)


def test_a_visit_to_somebody_who_was_destroyed_meanwhile_is_taken_and_both_sides_are_told(
    office: Running,  # noqa: F811
    phone: Phone,  # noqa: F811
    stick: Path,  # noqa: F811
) -> None:
    done = visit(phone)
    data, photos = waiting(phone)
    path = hand_over(phone, stick)
    destroy(office, [], [], WARGA, TUGAS)
    taken, about = said_of(office, path)
    assert taken.startswith(f"Diambil: {data} data baru") and f"{photos} foto baru" in taken
    assert GONE in about and KEPT not in about, "what is about nobody lies in no quarantine"
    read = phone.handover.read(answer(office, phone, stick))
    assert isinstance(read, AnswerRead) and (read.data, read.photos, read.out_of_step) == (1, photos, False)
    assert waiting(phone) == (0, 0) and status(phone) == ["diterima"]
    view = phone.visits.visit(done.visit)
    assert "dimusnahkan" in phone.text(view.problem) and "akan diputuskan" in phone.text(view.problem)
    assert phone.visits.search("warga") == () and phone.visits.home().today == ()
    nothing, about = said_of(office, path)
    assert nothing.startswith("Tidak ada yang baru") and GONE in about, "so it is when the file comes again"


def test_a_visit_that_was_destroyed_since_does_not_come_back_with_its_file(
    office: Running,  # noqa: F811
    phone: Phone,  # noqa: F811
    stick: Path,  # noqa: F811
) -> None:
    done = visit(phone)
    path = hand_over(phone, stick)
    said_of(office, path)
    bench = phone.visits._bench
    changes = [entry.link.change for entry in bench.store.entries(phone.owner.device, 0, 9)]
    destroy(office, changes, [blob.id for blob in bench.blobs.unsent()], WARGA, TUGAS, done.visit)
    nothing, about, of_photos = said_of(office, path)
    assert nothing.startswith("Tidak ada yang baru")
    assert "Sebagian data" in about and GONE in about and KEPT not in about
    assert "foto" in of_photos and GONE in of_photos, "a photo is meant, and not the file that she carried"
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone) == (0, 0) and status(phone) == ["dimusnahkan"]
    assert phone.visits.visit(done.visit).photos == ()
    assert bench.drafts.answers(phone.visits.visit(done.visit).version) == {}
