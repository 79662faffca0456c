"""The real office's side of sync on memory stores, as a link of the worker: no HTTP, no signatures."""

import base64
import random
from typing import Any

from field_app.link import Failure, Reply
from schemas.ids import NO_LINK, BlobId, DeviceId, PersonId, RecordId
from schemas.wire import SyncRequest, SyncResponse
from sync.change import Body, Patch
from sync.intake import Run, take_in
from sync.memory import MemoryOffice
from sync.scope import Caller, parts_of_person
from sync.server import receive
from tests.contract.people import OpenRules, Writer
from tests.field_app.field import DESA, DEVICE, PERSON

NOW = 1_795_257_000_000


class NearOffice:
    """An office that one phone reaches. `restore_empty` is a restore from far too old a copy."""

    def __init__(self) -> None:
        self.desk = Writer(1, office=True)
        self.now = NOW
        self.logged_in = True
        self.requests: list[SyncRequest] = []
        self.received: list[BlobId] = []
        self.cut: list[Failure] = []
        self._rng = random.Random(7)
        self.restore_empty()

    def restore_empty(self) -> None:
        self.office = MemoryOffice(lambda: self._rng.randbytes(8))
        self.desk = Writer(1, office=True)
        area = {
            "wilayah": [DESA],
            "layanan": ["bpnt"],
            "peran": ["pendamping"],
            "nama": "Uji",
            "kode": "P017",
        }
        self.act(Patch(record=RecordId(PERSON), kind="petugas", base={}, new=area))

    def act(self, body: Body) -> None:
        """Do something at the office, in its own chain."""
        entry = self.desk.write(body)
        run = Run(entries=[entry], signature=b"")
        take_in(self.office, run, self.desk.caller(), self._caller, OpenRules(), self.now)
        self.office.commit()

    def holes(self) -> list[tuple[int, int]]:
        found = [record for record in self.office.record_table.values() if record.kind == "celah"]
        return sorted((record.fields["awal"], record.fields["akhir"]) for record in found)

    def visits(self) -> set[RecordId]:
        return {name for name, record in self.office.record_table.items() if record.kind == "kunjungan"}

    def _caller(self, device: DeviceId) -> Caller:
        if device == self.desk.device:
            return self.desk.caller()
        fields = self.office.record_table[RecordId(PERSON)].fields
        parts = parts_of_person(PersonId(PERSON), fields)
        return Caller(device=device, person=PERSON, parts=parts, verify=lambda *_: True)

    # -- as a link ---------------------------------------------------------------------------------------

    def close(self) -> None: ...

    def forget_token(self) -> None: ...

    def login(self, device: str, sign: Any) -> None: ...

    def prepare(self, request: SyncRequest) -> None:
        pass

    def sync(self, request: SyncRequest) -> SyncResponse | Failure:
        self.requests.append(request)
        answer = receive(
            self.office, request, caller=self._caller(DEVICE), callers=self._caller, rules=OpenRules(),
            office_head=NO_LINK, now_ms=self.now,
        )  # fmt: skip
        self.office.commit()
        if not isinstance(answer, SyncResponse):
            return Failure(kind="kantor", say=f"masalah.{answer.problem}", status=400)
        return answer

    def send(self, method: str, path: str, headers: dict[str, str], content: Any = None) -> Reply | Failure:
        if self.cut:
            return self.cut.pop(0)
        made: dict[str, str] = {}
        if method == "POST":
            path = "/tus/" + base64.b64decode(headers["upload-metadata"].split()[1]).decode()
            made = {"location": path}
            if content is None:
                held = self.office.received.get((BlobId(path.rpartition("/")[2]), DEVICE), 0)
                return Reply(status=201, headers={"upload-offset": str(held), **made})
        blob = BlobId(path.rpartition("/")[2])
        sent = len(b"".join(content)) + int(headers.get("upload-offset", "0"))
        self.received.append(blob)
        self.office.blob_received(blob, sent, DEVICE, self.now)
        return Reply(status=201 if made else 204, headers={"upload-offset": str(sent), **made})
