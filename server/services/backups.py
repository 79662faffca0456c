"""How the backups stand, in words. Rule: a problem says what to do, and only what was read back counts."""

from collections.abc import Callable

from schemas import format as written
from schemas.base import Data
from schemas.ids import DeviceId
from schemas.text import Text
from server import backup_store, device_store, restore_store
from server.backup_store import Copy, Plan, Try
from server.backups.keeper import Keeper, Running
from server.backups.medium import Trouble
from server.engine import Engine, Reader
from server.key_file import KeyFile
from server.phone_list import PhoneList
from server.reach_store import STALE_MS
from server.restore_store import Missing, Restore
from server.services.visits import names
from server.store import SqlOfficeStore

TEXTS = "kantor.cadangan"
DAY_MS = 24 * 3_600_000
HOUR_MS = 3_600_000
WARN_MS = 3 * DAY_MS
"""From this age on the newest verified copy is called too old."""


class Standing(Data, frozen=True, kw_only=True):
    """One thing and how it stands: a tone and an icon of the theme, a title, what to do."""

    tone: str
    icon: str
    title: str
    text: str = ""


class MediumView(Data, frozen=True, kw_only=True):
    """One medium in words; `problems` say what to do."""

    path: str
    state: Standing
    last: str
    age: str
    size: str
    problems: tuple[str, ...]


class RunningView(Data, frozen=True, kw_only=True):
    """A copy under way: where, which step, how far (0 to 100, or none yet)."""

    title: str
    step: str
    amount: str
    done: int
    total: int


class MissingView(Data, frozen=True, kw_only=True):
    """What has not come back since a restore."""

    about: str
    is_empty: bool
    counts: tuple[str, ...]
    phones: tuple[tuple[str, str], ...]


class BackupsView(Data, frozen=True, kw_only=True):
    """The whole page."""

    standing: Standing
    key: Standing | None
    second: Standing | None
    media: tuple[MediumView, ...]
    plan: str
    stream: Standing
    running: RunningView | None
    missing: MissingView | None
    can_start: bool


class _Facts(Data, frozen=True, kw_only=True):
    plan: Plan
    copies: list[Copy]
    tries: dict[str, Try]
    restore: Restore | None
    missing: Missing
    phones: tuple[tuple[str, str], ...]


class Backups:
    """What the page and the first page show."""

    def __init__(
        self,
        engine: Engine,
        keeper: Keeper,
        key_file: KeyFile,
        phones: PhoneList,
        office: DeviceId,
        text: Text,
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._keeper, self._key_file, self._office = engine, keeper, key_file, office
        self._phones, self._text, self._now_ms = phones, text, now_ms

    def ask(self) -> str:
        """Ask for copies now; return the key of the sentence that answers."""
        if not self._engine.read(backup_store.plan).copies:
            return "tanpa_tujuan"
        return "diminta" if self._keeper.ask() else "tidak_jalan"

    def standing(self) -> Standing:
        """Say in one sentence whether the office is safe: first of all, whether it can be opened again."""
        copies = self._engine.read(self._copies)
        found = self._key() or self._standing(copies)
        if found.tone != "good":
            return found
        return self._beside_key() or self._second(copies) or found

    def view(self) -> BackupsView:
        """Return all that the page shows."""
        facts = self._engine.read(self._facts)
        plan = facts.plan
        every = self._say("jadwal", jam=plan.every_ms // HOUR_MS, jumlah=plan.keep)
        return BackupsView(
            standing=self._standing(facts.copies),
            key=self._key() or self._beside_key(),
            second=self._second(facts.copies),
            media=tuple(self._media(facts)),
            plan=every if plan.copies else self._say("tanpa_rencana"),
            stream=self._stream(plan),
            running=self._running(),
            missing=self._missing(facts),
            can_start=bool(plan.copies) and self._keeper.is_started,
        )

    def _key(self) -> Standing | None:
        """Say what is wrong with the key file, or with what must be written beside it."""
        trouble = self._key_file.trouble() or ("hp_tak_tercatat" if self._phones.is_failing else None)
        if trouble is None:
            return None
        said = self._say(f"{trouble}_arti", kunci=self._key_file.path)
        return Standing(tone="bad", icon="key", title=self._say(trouble), text=said)

    def _beside_key(self) -> Standing | None:
        """Warn where whoever takes one disk has a backup and what opens it."""
        beside = ", ".join(self._keeper.beside_key)
        if not beside:
            return None
        said = self._text("cadangan.perintah.disk_kunci", folder=beside, kunci=self._key_file.path)
        return Standing(tone="bad", icon="key", title=self._say("kunci_di_cadangan"), text=said)

    def _facts(self, reader: Reader) -> _Facts:
        missing = restore_store.missing(reader, self._office)
        counters = restore_store.known_counters(reader)
        devices = {device.id: device for device in device_store.devices(reader)}
        owners = names(SqlOfficeStore.reading(reader), {devices[name].person for name in missing.phones})
        return _Facts(
            plan=backup_store.plan(reader),
            copies=self._copies(reader),
            tries=backup_store.tries(reader)
            | {ended.tried.path: ended.tried for ended in self._keeper.unnoted},
            restore=restore_store.last_restore(reader),
            missing=missing,
            phones=tuple(
                (
                    owners.get(devices[name].person, devices[name].model),
                    self._say("hp_ada_sampai", nomor=counters.get(name, 0)),
                )
                for name in missing.phones
            ),
        )

    def _copies(self, reader: Reader) -> list[Copy]:
        """Return the newest copy of each medium, also where that is not on record yet."""
        unnoted = [ended.copy for ended in self._keeper.unnoted if ended.copy is not None]
        return [*backup_store.newest_copies(reader), *unnoted]

    def _standing(self, copies: list[Copy]) -> Standing:
        if not copies:
            return Standing(
                tone="bad", icon="warning", title=self._say("belum"), text=self._say("belum_arti")
            )
        apart = [copy for copy in copies if not copy.beside_data]
        newest = max(apart or copies, key=self._recency)
        age = self._age(newest.begun_ms)
        if not 0 <= self._now_ms() - newest.begun_ms < WARN_MS:
            return Standing(
                tone="bad", icon="warning", title=self._say("basi", umur=age), text=self._say("basi_arti")
            )
        if not apart:
            title, text = self._say("sedisk"), self._say("sedisk_arti")
            return Standing(tone="bad", icon="warning", title=title, text=text)
        when = written.date_and_clock(newest.verified_ms)
        return Standing(
            tone="good",
            icon="approved",
            title=self._say("baik", umur=age),
            text=self._say("baik_arti", waktu=when),
        )

    def _second(self, copies: list[Copy]) -> Standing | None:
        """Warn where all copies of the last time would be lost with one disk."""
        since_ms = self._now_ms() - STALE_MS
        disks = {copy.disk for copy in copies if not copy.beside_data and copy.begun_ms > since_ms}
        if len(disks) != 1:
            return None
        return Standing(
            tone="notice", icon="info", title=self._say("satu_disk"), text=self._say("satu_disk_arti")
        )

    def _media(self, facts: _Facts) -> list[MediumView]:
        newest: dict[str, Copy] = {}
        for copy in sorted(facts.copies, key=self._recency):  # disks that take turns count from one each
            newest[copy.path] = copy
        paths = [*facts.plan.copies, *(path for path in newest if path not in facts.plan.copies)]
        return [self._medium(path, newest.get(path), facts) for path in paths]

    def _recency(self, copy: Copy) -> tuple[bool, int]:
        """Order copies by their time; one of the future, as of a clock that ran ahead, comes first."""
        return copy.begun_ms <= self._now_ms(), copy.begun_ms

    def _medium(self, path: str, copy: Copy | None, facts: _Facts) -> MediumView:
        tried = facts.tries.get(path)
        problems: list[str] = []
        if tried is not None and tried.trouble is not None:
            when = self._say("dicoba", waktu=written.date_and_clock(tried.at_ms))
            problems.append(f"{when}. {self._trouble(tried.trouble)}")
        if copy is not None and copy.problem:
            problems.append(self._text(f"cadangan.masalah.{copy.problem}"))
        if copy is not None and copy.beside_data:
            problems.append(self._text("cadangan.perintah.disk_sama", folder=path))
        return MediumView(
            path=path,
            state=self._state(path, copy, facts, bool(problems)),
            last=written.date_and_clock(copy.begun_ms) if copy else self._say("belum_ada"),
            age=self._age(copy.begun_ms) if copy else "",
            size=f"{written.size(copy.size_bytes)} · {self._say('berkas', jumlah=written.number(copy.blobs))}"
            if copy
            else "",
            problems=tuple(problems),
        )

    def _state(self, path: str, copy: Copy | None, facts: _Facts, has_problem: bool) -> Standing:
        if has_problem:
            return Standing(tone="bad", icon="error", title=self._say("masalah"))
        if copy is None:
            return Standing(tone="notice", icon="hourglass", title=self._say("belum_ada"))
        if path not in facts.plan.copies:
            return Standing(tone="quiet", icon="info", title=self._say("tidak_dijadwalkan"))
        is_late = not 0 <= self._now_ms() - copy.begun_ms < facts.plan.every_ms + 2 * HOUR_MS
        if is_late:
            return Standing(tone="notice", icon="late", title=self._say("terlambat"))
        return Standing(tone="good", icon="approved", title=self._say("utuh"))

    def _stream(self, plan: Plan) -> Standing:
        if not plan.stream:
            said = self._say("aliran_mati_arti")
            return Standing(tone="quiet", icon="info", title=self._say("aliran_mati"), text=said)
        state = self._keeper.stream
        if not self._keeper.is_started:
            return Standing(tone="notice", icon="info", title=self._say("aliran_lain"))
        if state.trouble is not None:
            said = self._trouble(state.trouble)
            return Standing(tone="bad", icon="error", title=self._say("aliran_gagal"), text=said)
        said = self._say("aliran_sejak", waktu=written.date_and_clock(state.written_ms or self._now_ms()))
        return Standing(tone="good", icon="approved", title=self._say("aliran_jalan"), text=said)

    def _running(self) -> RunningView | None:
        running: Running | None = self._keeper.running
        if running is None:
            if not self._keeper.is_asked:
                return None
            return RunningView(title=self._say("sebentar"), step="", amount="", done=0, total=0)
        done, total = written.number(running.done), written.number(running.total)
        return RunningView(
            title=self._say("berjalan", folder=running.path),
            step=self._text(f"cadangan.langkah.{running.step}") if running.step else "",
            amount=self._say("kemajuan", selesai=done, semua=total) if running.total else "",
            done=running.done,
            total=running.total,
        )

    def _missing(self, facts: _Facts) -> MissingView | None:
        if facts.restore is None:
            return None
        missing, counts = facts.missing, list[str]()
        if missing.phones:
            counts.append(self._say("hp_belum", jumlah=len(missing.phones)))
        if missing.blobs:
            counts.append(self._say("berkas_belum", jumlah=missing.blobs))
        if missing.heads:
            counts.append(self._say("kepala_hilang", jumlah=missing.heads))
        return MissingView(
            about=self._say(
                "belum_kembali_arti",
                waktu=written.date_and_clock(facts.restore.at_ms),
                salinan=written.date_and_clock(facts.restore.begun_ms),
            ),
            is_empty=missing.is_empty,
            counts=tuple(counts),
            phones=facts.phones,
        )

    def _age(self, at_ms: int) -> str:
        days = (written.local_date(self._now_ms()) - written.local_date(at_ms)).days
        if days <= 0:
            return self._say("hari_ini")
        return self._say("kemarin") if days == 1 else self._say("hari_lalu", hari=days)

    def _trouble(self, trouble: Trouble) -> str:
        return self._text(f"cadangan.masalah.{trouble.code}", **trouble.values)

    def _say(self, key: str, **values: object) -> str:
        return self._text(f"{TEXTS}.{key}", **values)
