"""A custody report as a paper. Rule: it says what the file beside it says, and names that file's hash."""

from collections.abc import Sequence
from hashlib import sha256

from schemas import format as written
from schemas.text import Text
from server.parsing.paper import Fact, Paper, Section, Table
from server.proof.report import Act, Report

TEXTS = "bukti_tercetak"


def grouped(digits: str) -> str:
    """Write hexadecimal digits in groups of eight, which an eye can compare."""
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))


def moment(utc_ms: int) -> str:
    """Write a time as it stands in a table."""
    return f"{written.short_date(written.local_date(utc_ms))} {written.clock(utc_ms)}"


def custody_paper(report: Report, file: bytes, text: Text, answers: Sequence[Section] = ()) -> Paper:
    """Return a report's paper. `file` is the report as JSON, `answers` what was answered, if it may stand."""
    words = _Words(report, text)
    return Paper(
        title=words.say("judul"),
        office=report.office.name,
        made=words.say("dibuat", waktu=written.date_and_clock(report.made_ms)),
        made_ms=report.made_ms,
        footer=words.say("kaki", id=report.visit),
        note=words.say(f"catatan_{report.contents}"),
        sections=(
            words.about(file),
            words.acts(),
            *answers,
            words.photos(),
            words.devices(),
            words.chains(),
            words.witnesses(),
            Section(title=words.say("cara"), text=words.say("cara_arti", kunci=report.office.key)),
        ),
    )


class _Words:
    """The sections of one report."""

    def __init__(self, report: Report, text: Text) -> None:
        self._report, self._text = report, text

    def say(self, key: str, **values: object) -> str:
        """Give a text of this paper."""
        return self._text(f"{TEXTS}.{key}", **values)

    def about(self, file: bytes) -> Section:
        """Say what it is a report of."""
        report = self._report
        state = f"status.{report.state}"
        return Section(
            title=self.say("tentang"),
            facts=(
                self._fact("kunjungan", report.visit, mono=True),
                self._fact("keadaan", self._text(state) if state in self._text else report.state),
                self._fact("kunci_kantor", grouped(report.office.key), mono=True),
                self._fact("sidik_berkas", grouped(sha256(file).hexdigest()), mono=True),
            ),
        )

    def acts(self) -> Section:
        """Say who did what, within which bounds of time, and where it stands."""
        head = ("perbuatan", "oleh", "antara", "tempat", "sidik")
        return Section(
            title=self.say("perbuatan_judul"),
            text=self.say("perbuatan_arti"),
            table=Table(
                head=tuple(self.say(f"kolom.{name}") for name in head),
                widths=(1.3, 1.4, 2.0, 1.3, 2.4),
                rows=tuple(self._act(act) for act in self._report.acts),
            ),
        )

    def photos(self) -> Section:
        """List every blob that a version names."""
        rows = tuple(
            (photo.field, written.size(photo.size_bytes), grouped(photo.sha256))
            for photo in self._report.photos
        )
        head = tuple(self.say(f"kolom.{name}") for name in ("isian", "ukuran", "sidik"))
        table = Table(head=head, widths=(2.0, 0.8, 4.0), rows=rows) if rows else None
        return Section(title=self.say("foto"), text="" if rows else self.say("tanpa_foto"), table=table)

    def devices(self) -> Section:
        """Say whose phones wrote, by which key, and when the office let them in."""
        joined = {act.about: act.not_after_ms for act in self._report.acts if act.kind == "pendaftaran"}
        head = tuple(self.say(f"kolom.{name}") for name in ("perangkat", "milik", "terdaftar", "kunci"))
        rows = tuple(
            (one.device[:8], self._name(one.person), moment(joined.get(one.device, 0)), grouped(one.key))
            for one in self._report.devices
        )
        return Section(
            title=self.say("perangkat"), table=Table(head=head, widths=(0.9, 1.4, 1.6, 3.4), rows=rows)
        )

    def chains(self) -> Section:
        """Give the signed heads that cover all of it."""
        office = self._report.office.device
        head = tuple(self.say(f"kolom.{name}") for name in ("perangkat", "tautan", "ujung"))
        rows = tuple(
            (
                self.say("kantor") if chain.device == office else chain.device[:8],
                written.number(len(chain.links)),
                grouped(chain.head),
            )
            for chain in self._report.chains
        )
        return Section(
            title=self.say("rantai"),
            text=self.say("rantai_arti"),
            table=Table(head=head, widths=(1.0, 0.8, 4.0), rows=rows),
        )

    def witnesses(self) -> Section:
        """Say which phones were shown the office's chain, which contradict it, and which copies there are."""
        report = self._report
        facts = [
            self._fact("saksi", self.say("saksi_nilai", hp=one.device[:8], nomor=one.office_counter))
            for one in report.witnesses
        ]
        facts += [
            self._fact(
                "pertentangan",
                self.say("pertentangan_nilai", hp=one.device[:8], waktu=moment(one.noticed_ms)),
            )
            for one in report.contradictions
        ]
        facts += [
            self._fact(
                "cadangan", self.say("cadangan_nilai", nomor=copy.number, waktu=moment(copy.verified_ms))
            )
            for copy in report.backups
        ]
        nobody = "" if facts else self.say("tanpa_saksi")
        return Section(title=self.say("saksi_judul"), text=nobody, facts=tuple(facts))

    def _act(self, act: Act) -> tuple[str, ...]:
        return (
            self.say(f"jenis.{act.kind}"),
            self._name(act.by),
            self.say("antara", awal=moment(act.not_before_ms), akhir=moment(act.not_after_ms))
            if act.not_before_ms
            else self.say("sebelum", akhir=moment(act.not_after_ms)),
            self.say("tempat", perangkat=act.device[:8], nomor=written.number(act.counter)),
            grouped(act.change),
        )

    def _name(self, person: str) -> str:
        if person == self._report.office.device:
            return self.say("kantor")
        return self._report.people.get(person) or person[:8]

    def _fact(self, key: str, value: str, *, mono: bool = False) -> Fact:
        return Fact(label=self.say(f"fakta.{key}"), value=value, mono=mono)
