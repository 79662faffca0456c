"""Letters become archival papers in a child, and what somebody wrote on them is never run."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from server.parsing.letter import Grid, Letter, Pairs, Paragraph, Photos, Signer
from server.parsing.lettersetter import DOT
from server.parsing.messages import Answer
from server.parsing.pool import Child
from server.parsing.typesetting import Typesetter
from tests.server.pdf_text import pdf_text


def letter(said: str = "Isi surat") -> Letter:
    return Letter(
        name="Surat uji",
        office="Dinas Sosial Uji",
        head=("PEMERINTAH UJI", "DINAS SOSIAL"),
        address="Jalan Uji 1",
        day="Uji, 26 November 2026",
        made_ms=1_790_000_000_000,
        facts=(("Nomor", "400.9/12/09/2026"),),
        to_title="Yth.",
        to=("Pimpinan",),
        body=(
            Paragraph(text=said),
            Pairs(rows=(("Nama", "Sutarmi"), ("Tanggal", ""))),
            Grid(head=("Desa", "Jumlah"), widths=(2.0, 1.0), rows=(("Sine", "12"),), right=(1,)),
            Photos(items=((DOT, "Rumah depan"),)),
        ),
        signer=Signer(above="Kepala", name="", below=("NIP 1",)),
        copies_title="Tembusan:",
        copies=("Camat",),
    )


@pytest.fixture
def typesetter() -> Iterator[Typesetter]:
    found = Typesetter(looks_ahead=True)
    yield found
    found.close()


def test_a_letter_is_an_archival_pdf_that_says_all_of_it_with_its_photo() -> None:
    made = Typesetter().letter(letter())
    assert made is not None and b"<pdfaid:part>2</pdfaid:part>" in made and b"/Subtype/Image" in made
    told = pdf_text(made)
    for word in ("DINASSOSIAL", "400.9/12/09/2026", "Pimpinan", "Isisurat", "Sutarmi", "Sine12", "1.Camat"):
        assert word in told, word
    assert b"/FontFile2" in made and b"/FontFile " not in made


def test_the_same_letter_is_the_same_bytes_and_a_heading_takes_the_place_of_whom_it_is_to() -> None:
    assert Typesetter().letter(letter()) == Typesetter().letter(letter())
    made = Typesetter().letter(replace(letter(), title="Berita Acara", number="Nomor: 3"))
    assert made is not None
    told = pdf_text(made)
    assert "BERITAACARA" in told and "Nomor:3" in told and "Pimpinan" not in told


def test_what_somebody_wrote_on_a_letter_is_shown_and_never_run() -> None:
    for said in ('#read("/etc/hostname")', '#image("/etc/passwd")', "*a* $x$ #panic()", '#include "x.typ"'):
        made = Typesetter().letter(letter(said))
        assert made is not None and "".join(said.split()) in pdf_text(made), said


def test_a_picture_that_is_none_makes_no_letter_and_the_next_is_set() -> None:
    broken = replace(letter(), body=(Photos(items=((b"no picture", "x"),)),))
    assert Typesetter().letter(broken) is None
    assert Typesetter().letter(letter()) is not None


def test_the_child_for_the_next_letter_waits_and_sets_that_one_only(
    typesetter: Typesetter, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = list[int]()
    plain = Child.ask

    def ask(self: Child, said: bytes, seconds: float) -> Answer | None:
        used.append(self._process.pid)
        return plain(self, said, seconds)

    monkeypatch.setattr(Child, "ask", ask)
    waiting = list[int]()
    for _ in range(3):
        assert typesetter.letter(letter()) == typesetter.letter(letter())
        assert typesetter._ready is not None and typesetter._ready.is_there()
        waiting.append(typesetter._ready._process.pid)
    assert len(set(used)) == 6 and used[2::2] == waiting[:-1] and waiting[-1] not in used


def test_a_letter_is_set_also_when_the_child_that_waited_for_it_is_gone(typesetter: Typesetter) -> None:
    assert typesetter.letter(letter()) is not None
    assert typesetter._ready is not None
    typesetter._ready._process.kill()
    typesetter._ready._process._process.wait()
    assert typesetter.letter(letter()) is not None


def test_nothing_waits_any_more_when_the_office_closes(typesetter: Typesetter) -> None:
    assert typesetter.letter(letter()) is not None
    waiting = typesetter._ready
    assert waiting is not None and waiting.is_there()
    typesetter.close()
    assert not waiting.is_there()
    assert typesetter.letter(letter()) is not None and typesetter._ready is None
