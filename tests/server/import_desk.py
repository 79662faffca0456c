"""An office that takes lists in, as its page does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.wilayah import load_wilayah
from schemas.wire import Applied
from server.queries import records_of_kind
from server.services.importing import Importing
from server.tables.job import Job
from sync.change import Patch
from sync.store import Record
from tests.server.lists import NIK, workbook
from tests.server.web_office import Office, open_at, shut


class Desk:
    """An office that takes lists in."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.by = office.people["petugas"]
        self.importing = self.opened()

    def opened(self) -> Importing:
        deps = self.office.deps
        return Importing(
            deps.engine,
            deps.office,
            deps.parsers,
            deps.forms,
            load_wilayah(),
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        )

    def take(self, rows: list[list[object]], **more: Any) -> Job:
        job = self.importing.take(self.by, "danom.xlsx", workbook(rows, **more))
        assert isinstance(job, Job), job
        return job

    def check(self, job: Job, service: str = "bpnt") -> Job:
        assert self.importing.check(job.id, service, job.matched) == ()
        return self.after(job)

    def apply(self, job: Job) -> Job:
        assert self.importing.apply(job.id, self.by)
        return self.after(job)

    def after(self, job: Job) -> Job:
        self.importing.wait()
        found = self.importing.job(job.id)
        assert found is not None
        return found

    def all_in(self, rows: list[list[object]], service: str = "bpnt") -> Job:
        return self.apply(self.check(self.take(rows), service))

    def records(self) -> list[Record]:
        return self.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))

    def record(self, number: int) -> Record:
        [found] = [each for each in self.records() if each.fields.get("nik") == NIK.format(number)]
        return found

    def warga(self) -> dict[str, dict[str, Any]]:
        return {str(record.fields.get("nik")): record.fields for record in self.records()}

    def of(self, number: int) -> dict[str, Any]:
        return self.record(number).fields

    def mend_address(self, number: int) -> None:
        """Set an address to what somebody saw at the door."""
        new = {"alamat": "Dukuh Baru"}
        mended = Patch(record=self.record(number).id, kind="warga", base={"alamat": "Dukuh Ngrombo"}, new=new)
        self.office.deps.office.act(self.by, mended)

    def merge(self, gone: int, into: int | None) -> None:
        """Merge one of two into the other, or tell them apart again."""
        record, keep = self.record(gone), self.record(into).id if into else None
        base = {"digabung_ke": record.fields.get("digabung_ke")}
        patch = Patch(record=record.id, kind="warga", base=base, new={"digabung_ke": keep})
        assert isinstance(self.office.deps.office.act(self.by, patch), Applied)

    def destroy(self, number: int) -> None:
        self.office.deps.destruction.destroy(self.by, [], [self.record(number).id], "BA 1/2026")


def opened_desk(folder: Path) -> Iterator[Desk]:
    """Open an office at a desk, and shut both afterwards."""
    office = open_at(folder)
    desk = Desk(office)
    yield desk
    desk.importing.close()
    shut(office)
