"""Papers are set in a child that can do nothing else, and what stands on them is data."""

import subprocess
import sys

import pytest

from server import children
from server.children import ROOT
from server.parsing.messages import Thumbnail, Typeset, frame
from server.parsing.paper import Fact, Paper, Section, Table
from server.parsing.typesetting import CHILDREN, ONE_THREAD, Typesetter
from tests.server.pdf_text import pdf_text


def paper(title: str = "Laporan bukti", rows: int = 2, note: str = "") -> Paper:
    table = Table(head=("Siapa", "Apa"), widths=(1.0, 2.0), rows=(("Kabid", "melihat"),) * rows)
    facts = (Fact(label="Sidik", value="abcd 1234", mono=True),)
    return Paper(
        title=title,
        office="Dinas Sosial Uji",
        made="26-11-2026",
        made_ms=1_790_000_000_000,
        footer="kaki",
        note=note,
        sections=(Section(title="Bagian", facts=facts, table=table),),
        signers=("Kepala bidang", "Pengawas"),
    )


def test_a_paper_becomes_an_archival_pdf_that_says_all_of_it() -> None:
    made = Typesetter().pdf(paper(note="Perhatian"))
    assert made is not None and made.startswith(b"%PDF-") and b"pdfaid" in made
    told = pdf_text(made)
    for word in ("DinasSosialUji", "Laporanbukti", "Perhatian", "abcd1234", "melihat", "Pengawas", "1/1"):
        assert word in told


def test_the_same_paper_is_the_same_bytes() -> None:
    assert Typesetter().pdf(paper()) == Typesetter().pdf(paper())


def test_what_somebody_wrote_is_shown_and_never_run() -> None:
    for said in (
        '#read("/etc/hostname")',
        "*a* _b_ $x$",
        "#panic()",
        '"]} #let x = 1',
        "// x /* y",
        "\\u{41}",
    ):
        made = Typesetter().pdf(paper(said))
        assert made is not None and "".join(said.split()) in pdf_text(made), said


def test_signs_that_no_font_has_still_make_a_paper() -> None:
    made = Typesetter().pdf(paper("中 \x01 \U0001f600 nama"))
    assert made is not None and "nama" in pdf_text(made)


def test_a_paper_that_takes_too_long_is_given_up_and_the_next_is_set() -> None:
    assert Typesetter(seconds=0.0).pdf(paper()) is None
    assert Typesetter().pdf(paper()) is not None


PROBE = """
import os, socket, sys; sys.path.insert(0, {root!r})
from server.parsing import typesetter
from server.parsing.messages import NotOne
def probe(task, *compilers):
    for attempt in (lambda: open("/etc/hostname"), socket.socket, os.fork, lambda: os.listdir("/"),
                    lambda: os.execv("/bin/true", ["true"])):
        try:
            attempt()
        except OSError:
            continue
        return NotOne()
    return answer(task, *compilers)
answer, typesetter._answer = typesetter._answer, probe
typesetter.main()
"""


def test_the_child_reaches_neither_files_nor_a_network_nor_another_program() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE.format(root=str(ROOT))],
        input=frame(Typeset(paper=paper())),
        capture_output=True,
        check=False,
        env=ONE_THREAD,
    )
    assert b"%PDF-" in done.stdout, done.stderr


LIMITED = """
import sys; sys.path.insert(0, {root!r})
from server.parsing import typesetter
typesetter.MOST_MEMORY = 250 * 1024 * 1024
typesetter.main()
"""


def test_a_paper_that_needs_more_memory_than_it_may_have_ends_its_child() -> None:
    for rows, is_set in ((1_000, True), (30_000, False)):
        done = subprocess.run(
            [sys.executable, "-I", "-c", LIMITED.format(root=str(ROOT))],
            input=frame(Typeset(paper=paper(rows=rows))),
            capture_output=True,
            check=False,
            env=ONE_THREAD,
        )
        assert (b"%PDF-" in done.stdout) == is_set, done.stderr[-400:]
        assert (done.returncode == 0) == is_set


def test_a_child_that_cannot_start_gives_no_paper_and_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    typesetter = Typesetter()
    with monkeypatch.context() as broken:
        broken.setattr(children, "START", "raise SystemExit(1)")
        assert [typesetter.pdf(paper()) for _ in range(CHILDREN + 1)] == [None] * (CHILDREN + 1)
    assert typesetter.pdf(paper()) is not None, "no turn was lost"


def test_the_child_sets_papers_and_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE.format(root=str(ROOT))],
        input=frame(Thumbnail(data=b"x")),
        capture_output=True,
        check=False,
        env=ONE_THREAD,
    )
    assert b"not_one" in done.stdout
