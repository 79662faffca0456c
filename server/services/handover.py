"""Sync without a network, at the office: taking hand-over files in, and answering them.

Rule: nothing is taken of a file before all of it is known to be what its phone signed. What is then taken
goes the way of every sync, so that a file may come twice, late, in any order and between syncs.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from msgspec.structs import replace

from schemas.base import Data
from schemas.device_word import kept_info
from schemas.handover import (
    FILE_ID_BYTES,
    KEY_BYTES,
    MOST_RECEIPTS,
    Asked,
    Header,
    OfficeKey,
    Question,
    Received,
    Record,
    Turned,
    key_message,
)
from schemas.ids import NO_LINK, BlobId, DeviceId, PersonId
from schemas.problem import TEXTS, Problem
from schemas.text import Text
from schemas.wire import PROTOCOL, Conflict, Cursor, Rejected, SyncRequest, WireTip
from server import device_store, handover_store
from server.device_store import Device
from server.engine import Engine, Reader, Writer
from server.handover_store import Handover
from server.keys import Keys
from server.office import Office, verifier
from server.sealing import Gcm, open_key, seal_key
from server.store import SqlOfficeStore
from server.tus import Uploads
from sync import answering
from sync.answering import Photo, incoming, question
from sync.applying import readable
from sync.chain import Tip
from sync.change import SealedSubmit, Submit
from sync.losses import DESTROYED
from sync.sealed_file import UnfitFileError, key_name, read_header, read_records, seal_info, write_file

GONE = "berkas_dimusnahkan"
START = WireTip(counter=0, hash=NO_LINK)


class Counts(Data, frozen=True, kw_only=True):
    """What became of a file's changes and photos: new, there before; of the changes also what is not applied.
    `visits` are versions of visits: what a phone, and what is said here, calls *data*.

    `waiting` are changes above a gap: an earlier file, or a sync, has to come first. `destroyed` are of what
    the office destroyed, or about it: nobody looks at them again, as at those that are `refused`.
    """

    changes: int = 0
    changes_before: int = 0
    visits: int = 0
    visits_before: int = 0
    conflicts: int = 0
    refused: int = 0
    destroyed: int = 0
    waiting: int = 0
    photos: int = 0
    photos_before: int = 0


class Taken(Data, frozen=True, kw_only=True):
    """A file was taken in. `problems` are those of single messages or photos; the rest is in, unless the file
    itself was cut after it had been checked (`serah_sebagian`): then what is counted is in.
    """

    device: Device
    file: bytes
    number: int
    made_ms: int
    counts: Counts
    problems: tuple[Problem, ...]


class Written(Data, frozen=True, kw_only=True):
    """An answer was written; `name` is what its file should be called."""

    name: str


class Handovers:
    """Takes in and answers, blocking. `now_ms` gives UTC ms, `randomness(n)` n random bytes."""

    def __init__(
        self,
        engine: Engine,
        office: Office,
        uploads: Uploads,
        keys: Keys,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._uploads = engine, office, uploads
        self._now_ms, self._randomness = now_ms, randomness
        self._sign = office.sign
        self._private = {key_name(key.public_key().public_bytes_raw()): key for key in keys.exchange_keys()}
        self.public_key = keys.exchange_bytes()

    def office_key(self) -> OfficeKey:
        """Return the key to which phones seal what they hand over, with the office's word for it."""
        return OfficeKey(public_key=self.public_key, signature=self._sign(key_message(self.public_key)))

    def take(self, file: BinaryIO, by: PersonId) -> Taken | Problem:
        """Check a file that can be read twice, then take it in. Raises OSError, EngineError."""
        try:
            return self._take(file, by)
        except UnfitFileError as error:
            return Problem(code=error.problem)

    def answer(self, device: DeviceId, file: bytes | None, out: BinaryIO) -> Written | Problem:
        """Write the answer to a device's file; None is the one taken in last, without any all from zero."""
        found, asked = self._engine.read(
            lambda tx: (device_store.device(tx, device), handover_store.question_of(tx, device, file))
        )
        if found is None:
            return Problem(code="serah_hp_tidak_dikenal")
        if len(found.handover_key) != KEY_BYTES:
            return Problem(code="serah_kunci_hp_belum_ada")
        name, asking = asked or (b"", _from_zero(device))
        key = self._randomness(KEY_BYTES)

        def work(reader: Reader) -> str | None:
            store = SqlOfficeStore.reading(reader)
            header = self._header(found, store.last_seq(), key)
            if header is None:
                return None
            records = self._answer(reader, name, asking)
            for piece in write_file(header, Gcm(key), records, self._sign):
                out.write(piece)
            return f"sambang-{device[:8]}-jawaban-{header.number}.smb"

        written = self._engine.read(work)
        return Written(name=written) if written else Problem(code="serah_kunci_hp_belum_ada")

    def open_kept_key(self, sealed: bytes, device: DeviceId) -> bytes | None:
        """Open the key of a vault that a wiped phone kept for this office."""
        info = kept_info(device)
        opened = (open_key(sealed, private, info) for private in self._private.values())
        return next((key for key in opened if key is not None), None)

    def take_items(
        self, device: DeviceId, items: Iterable[SyncRequest | Photo]
    ) -> tuple[Counts, tuple[Problem, ...]]:
        """Take in messages and photos of a device, wherever they were kept; one bad one blocks no other.

        Raises UnfitFileError where items end that way before anything was taken; later that is a problem.
        """
        counts, problems = Counts(), list[Problem]()
        try:
            for item in items:
                is_photo = isinstance(item, Photo)
                done = self._store(device, item, counts) if is_photo else self._push(item, counts)
                if isinstance(done, Problem):
                    problems.append(done)
                else:
                    counts = done
        except UnfitFileError:
            if counts == Counts():
                raise
            problems.append(Problem(code="serah_sebagian"))
        return counts, tuple(problems)

    def _take(self, file: BinaryIO, by: PersonId) -> Taken | Problem:
        header = read_header(file.read)
        if header.direction != "to_office":
            return Problem(code="serah_jawaban")
        # a phone may have sealed to a key of before: what it recorded is read all the same
        private = self._private.get(header.key)
        if header.office != self._office.device or private is None:
            return Problem(code="serah_kantor_lain")
        device = self._engine.read(lambda tx: device_store.device(tx, header.device))
        if device is None:
            return Problem(code="serah_hp_tidak_dikenal")
        key = open_key(header.sealed, private, seal_info(header))
        if key is None:
            return Problem(code="serah_berubah")

        def contents() -> tuple[Asked, Iterator[SyncRequest | Photo]]:
            records = read_records(file.read, header, Gcm(key), verifier(device.public_key))
            return question(records), incoming(records, header.device)

        _, items = contents()
        for _ in items:
            pass  # read to its end once: only there it shows whether it is whole, and whose it is
        file.seek(0)
        if read_header(file.read) != header:
            return Problem(code="serah_berubah")
        return self._take_in(header, device, *contents(), by)

    def _take_in(
        self,
        header: Header,
        device: Device,
        asked: Asked,
        items: Iterator[SyncRequest | Photo],
        by: PersonId,
    ) -> Taken:
        first = list[SyncRequest]()

        def noted() -> Iterator[SyncRequest | Photo]:
            for item in items:
                if isinstance(item, SyncRequest) and not first:
                    first.append(item)
                yield item

        counts, problems = self.take_items(device.id, noted())
        about = first[0] if first else SyncRequest(protocol=PROTOCOL, device=device.id, cursor=Cursor())
        kept = Handover(
            device=device.id,
            file=header.file,
            number=header.number,
            made_ms=header.made_ms,
            taken_ms=self._now_ms(),
            taken_by=by,
            data=counts.visits,
            photos=counts.photos,
        )
        asking = Question(request=replace(about, links=[], contents=[], signature=b""), asked=asked)

        def note(writer: Writer) -> None:
            handover_store.put_handover(writer, kept, asking)
            device_store.put_handover_key(writer, device.id, asked.answer_key)

        self._engine.write(note).result()
        return Taken(
            device=device,
            file=header.file,
            number=header.number,
            made_ms=header.made_ms,
            counts=counts,
            problems=problems,
        )

    def _push(self, request: SyncRequest, counts: Counts) -> Counts | Problem:
        """Take in one message by the very way of `/api/sync`."""
        run = self._engine.read(lambda reader: self._office.check(reader, request))
        if isinstance(run, Problem) or not run.entries:
            return run if isinstance(run, Problem) else counts
        entries = run.entries
        visits = {entry.link.change for entry in entries if _is_visit(entry.content)}

        def work(writer: Writer) -> Counts | Problem:
            store = SqlOfficeStore.writing(writer)
            before = store.changes(entry.link.change for entry in entries)
            results = self._office.push(writer, request, run)
            if isinstance(results, Problem):
                return results
            outcomes = [result.outcome for result in results]
            gone = sum(isinstance(each, Rejected) and each.problem == DESTROYED for each in outcomes)
            tips = [Tip(counter=entry.link.counter, hash=entry.hash) for entry in entries]
            links = store.entries_at(request.device, tips).values()
            return replace(
                counts,
                changes=counts.changes + len(results) - len(before),
                changes_before=counts.changes_before + len(before),
                visits=counts.visits + len(visits - before.keys()),
                visits_before=counts.visits_before + len(visits & before.keys()),
                conflicts=counts.conflicts + sum(isinstance(each, Conflict) for each in outcomes),
                refused=counts.refused + sum(isinstance(each, Rejected) for each in outcomes) - gone,
                destroyed=counts.destroyed + gone,
                waiting=counts.waiting + sum(not link.known for link in links),
            )

        return self._engine.write(work).result()

    def _store(self, device: DeviceId, photo: Photo, counts: Counts) -> Counts | Problem:
        done = self._uploads.take(device, BlobId(photo.blob), photo.size_bytes, photo.pieces)
        if isinstance(done, Problem):
            return done
        if done:
            return replace(counts, photos=counts.photos + 1)
        return replace(counts, photos_before=counts.photos_before + 1)

    def _header(self, device: Device, number: int, key: bytes) -> Header | None:
        """Return the header of an answer; None when the phone's key is none that can be sealed to."""
        header = Header(
            direction="to_device",
            office=self._office.device,
            key=key_name(device.handover_key),
            device=device.id,
            file=self._randomness(FILE_ID_BYTES),
            number=number,
            made_ms=self._now_ms(),
        )
        try:
            return replace(header, sealed=seal_key(key, device.handover_key, seal_info(header)))
        except ValueError:
            return None

    def _answer(self, reader: Reader, file: bytes, question: Question) -> Iterator[Record]:
        store, device = SqlOfficeStore.reading(reader), question.request.device
        if turns := self._office.turns(reader):
            word = self.office_key()
            yield Turned(turns=turns, public_key=word.public_key, signature=word.signature)
        yield from answering.answer(
            store,
            question,
            file=file,
            caller=self._office.callers(reader)(device),
            office_head=self._office.head(store),
            now_ms=self._now_ms(),
        )
        blobs = [bytes.fromhex(blob) for blob in handover_store.receipts(reader, device)]
        for start in range(0, len(blobs), MOST_RECEIPTS):
            yield Received(blobs=blobs[start : start + MOST_RECEIPTS])


def sentences(text: Text, outcome: Taken | Problem) -> list[str]:
    """Say what became of a file and what to do next: first the sum, then what is to be seen to."""
    if isinstance(outcome, Problem):
        return [text(f"{TEXTS}.{outcome.code}", **outcome.values)]
    counts = outcome.counts
    is_new = counts.changes or counts.photos
    said = [
        text(
            "serah_terima.diambil" if is_new else "serah_terima.tidak_ada_yang_baru",
            data=counts.visits,
            data_lama=counts.visits_before,
            foto=counts.photos,
            foto_lama=counts.photos_before,
        )
    ]
    for name in ("waiting", "conflicts", "refused", "destroyed"):
        if count := getattr(counts, name):
            said.append(text(f"serah_terima.{name}", jumlah=count))
    codes = {problem.code: problem for problem in outcome.problems}
    for problem in codes.values():
        is_gone = problem.code == GONE  # its sentence is one about a photo that is sent by itself
        key = "serah_terima.foto_dimusnahkan" if is_gone else f"{TEXTS}.{problem.code}"
        said.append(text(key, **problem.values))
    return said


def _is_visit(raw: bytes | None) -> bool:
    content = readable(raw) if raw else None
    return content is not None and isinstance(content.body, Submit | SealedSubmit)


def _from_zero(device: DeviceId) -> Question:
    """Return what a phone asks that never handed anything over."""
    request = SyncRequest(protocol=PROTOCOL, device=device, cursor=Cursor())
    asked = Asked(acknowledged=START, head=START, parts=[], answer_key=bytes(KEY_BYTES))
    return Question(request=request, asked=asked)
