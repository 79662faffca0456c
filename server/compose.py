"""Put an office together from its data folder. Rule: what cannot be opened is said in one sentence.

DIR/office.db (and -wal, -shm while open)   the encrypted database
DIR/blobs/                                  photos, scans and signatures, encrypted
DIR/uploads/                                uploads under way, encrypted
DIR/kunci.kertas                            the keys, sealed to what is on paper
DIR/../keys/<DIR>.key                       the keys, elsewhere by --key
DIR/../keys/<DIR>.key.ca                    the authority of its TLS, with its key
DIR/../keys/<DIR>.key.musnah                what was destroyed, so that no restore brings it back
DIR/../keys/<DIR>.key.hp                    which phones joined, lost their rights or are to be wiped
"""

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from schemas.base import Data
from schemas.form import load_forms
from schemas.ids import Regency
from schemas.joining import authority_message
from schemas.text import load_text
from schemas.wire import SignedAuthority
from schemas.workflow import load_workflows
from server import restore_store
from server.backups.keeper import Keeper
from server.backups.making import Source
from server.backups.medium import disk_of
from server.beside_key import DamagedListError, UnreadableListError
from server.blobs import BlobStore
from server.certificates import (
    Authority,
    AuthorityError,
    authority_path,
    make_authority,
    write_authority,
)
from server.chain_keys import UnknownKeyError
from server.deps import Deps
from server.destruction import Destruction, DestructionList, KeysAwayError, destroyed_path
from server.devices import Devices
from server.disk import NoPromiseError, ensure_folder, sync_folder
from server.engine import (
    DamagedError,
    EngineError,
    FullError,
    LockedError,
    NewerDataError,
    NotInitialisedError,
    WrongKeyError,
)
from server.engines.examining import examined
from server.engines.sqlite import SqliteEngine, create, upgrade
from server.joining import Joinings
from server.key_file import KeyFile
from server.keys import KEY_BYTES, KeyFileError, Keys, default_path, make_keys, read_keys, write_keys
from server.office import Office
from server.own_authority import OwnAuthority
from server.paper_key import place_if_stale
from server.parsing.pool import Parsers
from server.parsing.typesetting import Typesetter
from server.phone_list import PhoneList, phones_path
from server.published import judged_with, take_published
from server.relisting import fill_cases, fill_lists, relist
from server.rotating import settle, standing
from server.services.device_words import DeviceWords
from server.services.handover import Handovers
from server.tus import Uploads
from server.verify import verify
from sync.rules import DomainRules

DATABASE = "office.db"
THREADS = 16
UNOPENED: dict[type[EngineError], str] = {
    WrongKeyError: "kunci_salah",
    LockedError: "basis_data_dipakai",
    NewerDataError: "data_lebih_baru",
    NotInitialisedError: "folder_bukan_kantor",
}
"""Why a database is not opened, and what is said of it."""


class Refused(Data, frozen=True, kw_only=True):
    """Why a data folder cannot be used: a key under `perintah` in the texts, and its fields."""

    say: str
    values: dict[str, str]


def now_ms() -> int:
    """Return the time in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Return milliseconds on a clock that nobody sets."""
    return time.monotonic_ns() // 1_000_000


def init_office(data: Path, key: Path | None, regency: Regency, name: str) -> Refused | None:
    """Make keys, database and folders of a new office."""
    key_path = key or default_path(data)
    refused = _unfit(data, key_path)
    if refused is not None:
        return refused
    try:
        ensure_folder(data)
        sync_folder(data)
        keys = make_keys(secrets.token_bytes(4 * KEY_BYTES + 16))
        write_keys(key_path, keys)
        write_authority(authority_path(key_path), make_authority(name, now_ms()))
    except FileExistsError:
        return Refused(say="kunci_ada", values={"kunci": str(key_path)})
    except NoPromiseError:
        return _refused("folder_tanpa_jaminan", data)
    except OSError:
        return _refused("folder_tidak_dapat_ditulis", data)
    create(data / DATABASE, keys.database, regency, name, now_ms())
    deps = open_office(data, key)
    if isinstance(deps, Refused):
        return deps
    deps.office.found()
    close_office(deps)
    return None


def open_office(data: Path, key: Path | None, *, restoring: bool = False) -> Deps | Refused:
    """Open an office: migrate what is older, refuse what is newer, build every part.

    `restoring`: the lists beside the key file are not applied yet, as logs are to be applied before.
    """
    opened = unlock(data, key)
    if isinstance(opened, Refused):
        return opened
    keys, path = opened
    if not os.access(data, os.W_OK | os.X_OK) or not os.access(path, os.W_OK):
        return _refused("folder_tidak_dapat_ditulis", data)
    try:
        sync_folder(data)
    except NoPromiseError:
        # What is acknowledged here would not survive a power cut: nothing may be acknowledged.
        return _refused("folder_tanpa_jaminan", data)
    key_path = key or default_path(data)
    # Where the keys lie on what cannot be written, how they stand is found out again each time.
    with suppress(OSError):
        keys = settle(key_path, path)
    try:
        regency, name = upgrade(path, keys.database)
    except tuple(UNOPENED) as error:
        return _refused(UNOPENED[type(error)], data)
    with suppress(OSError, KeyFileError):
        place_if_stale(data, key_path)  # only of keys that open this office
    try:
        deps = _build(data, key_path, keys, regency, name)
    except AuthorityError:
        return Refused(say="wewenang_rusak", values={"berkas": str(authority_path(key_path))})
    try:
        with suppress(FullError):  # it is done at the next opening
            fill_cases(deps.engine)
            fill_lists(deps.engine)
        if restoring:
            return deps
        deps.office.turn()
        with suppress(OSError, KeysAwayError):
            deps.destruction.complete_list()
        deps.destruction.apply_list()
        deps.phones.apply()
        deps.phones.follow()
        with suppress(FullError):  # it is done at the next opening
            relist(deps.engine)
    except UnknownKeyError:
        close_office(deps)
        return _refused("kunci_salah", data)
    except (DamagedListError, UnreadableListError) as error:
        close_office(deps)
        return unusable_list(error)
    except EngineError:
        close_office(deps)
        raise
    return deps


def unlock(data: Path, key: Path | None) -> tuple[Keys, Path] | Refused:
    """Return the keys and the database file of a data folder, without opening or changing anything."""
    if not data.is_dir():
        return _refused("folder_tidak_ada", data)
    path = data / DATABASE
    if not path.is_file():
        return _refused("folder_bukan_kantor", data)
    keys = keys_at(key or default_path(data))
    return keys if isinstance(keys, Refused) else (standing(keys, path), path)


def unsound(data: Path, key: Path | None) -> Refused | None:
    """Say why an office that was not closed in order is not to be opened: its file and the log beside it are
    not of one time, as where somebody put only the file back, or a page is broken.

    Whoever opens it to write would mix the two for good, so they are looked at before; nothing is changed.
    """
    opened = unlock(data, key)
    log = data / f"{DATABASE}-wal"
    if isinstance(opened, Refused) or not (log.is_file() and log.stat().st_size):
        return None
    try:
        with examined(opened[1], opened[0].database) as database:
            is_sound = database.is_sound()
    except DamagedError:
        is_sound = False
    except EngineError:
        return None  # which is said when it is opened
    return None if is_sound else _refused("basis_data_rusak", data)


def keys_at(path: Path) -> Keys | Refused:
    """Read a key file, or say why that cannot be done."""
    try:
        return read_keys(path)
    except KeyFileError as error:
        return Refused(say=error.say, values={"kunci": str(path)})


def unusable_list(error: DamagedListError | UnreadableListError) -> Refused:
    """Return what to say of a list beside the key file that is damaged, or that nobody can read."""
    if isinstance(error, DamagedListError):
        return Refused(say=error.say, values={"berkas": str(error.path)})
    path = Path(error.filename)
    try:
        owner = path.owner()
    except (OSError, KeyError):  # KeyError: a user of another computer
        owner = "?"
    return Refused(say="daftar_tak_terbaca", values={"berkas": str(path), "pemilik": owner})


def close_office(deps: Deps) -> None:
    """Finish what is under way and close cleanly."""
    deps.keeper.stop()
    deps.pool.shutdown()
    deps.parsers.close()
    deps.typesetter.close()
    deps.engine.close()


def _build(data: Path, key_path: Path, keys: Keys, regency: Regency, name: str) -> Deps:
    engine = SqliteEngine(
        data / DATABASE, keys.database, regency, now_ms=now_ms, randomness=secrets.token_bytes
    )
    own_authority = OwnAuthority(engine, key_path, name, now_ms)
    try:
        authority = own_authority.found()
    except AuthorityError:
        engine.close()
        raise
    certificate = authority.certificate if isinstance(authority, Authority) else b""
    forms, workflows, text = load_forms(), load_workflows(), load_text()
    engine.read(lambda reader: take_published(reader, forms, text))
    office = Office(
        engine,
        keys,
        DomainRules(forms, workflows),
        now_ms=now_ms,
        elapsed_ms=elapsed_ms,
        randomness=secrets.token_bytes,
        boot=secrets.token_hex(8),
        restored=engine.read(restore_store.last_restore) is not None,
    )
    blobs = BlobStore(data / "blobs", *keys.blob_masters())
    key_file = KeyFile(key_path, keys)
    destroyed = DestructionList(key_file, keys, secrets.token_bytes)
    uploads = Uploads(
        engine, blobs, data / "uploads", keys.upload_masters(), now_ms=now_ms, randomness=secrets.token_bytes
    )
    source = Source(
        engine=engine,
        database=data / DATABASE,
        keys=keys,
        blobs=blobs,
        disk_of=disk_of,
        now_ms=now_ms,
        randomness=secrets.token_bytes,
        key_path=key_path,
    )
    return Deps(
        engine=engine,
        keeper=Keeper(source),
        office=office,
        office_name=name,
        devices=Devices(engine, office, now_ms=now_ms, randomness=secrets.token_bytes),
        joinings=Joinings(
            engine,
            office,
            name,
            keys.exchange_bytes(),
            SignedAuthority(
                certificate=certificate,
                signature=keys.private_key().sign(authority_message(certificate)),
            ),
            now_ms=now_ms,
            randomness=secrets.token_bytes,
        ),
        device_words=DeviceWords(engine, office, keys, now_ms),
        blobs=blobs,
        destruction=Destruction(engine, office, blobs, destroyed),
        phones=PhoneList(engine, office, key_file, keys, secrets.token_bytes),
        uploads=uploads,
        handovers=Handovers(engine, office, uploads, keys, now_ms=now_ms, randomness=secrets.token_bytes),
        parsers=Parsers(),
        typesetter=Typesetter(looks_ahead=True),
        forms=forms,
        workflows=workflows,
        text=text,
        factor_key=keys.factor_key(),
        key_file=key_file,
        own_authority=own_authority,
        authority=authority,
        pool=ThreadPoolExecutor(THREADS, thread_name_prefix="office"),
        now_ms=now_ms,
        randomness=secrets.token_bytes,
        verify=lambda progress: verify(
            data, data / DATABASE, keys, judged_with(forms, workflows, text), text, progress
        ),
    )


def _unfit(data: Path, key_path: Path) -> Refused | None:
    if data.exists() and not data.is_dir():
        return _refused("folder_tidak_dapat_ditulis", data)
    if data.exists() and any(data.iterdir()):
        return _refused("sudah_ada", data)
    if key_path.absolute().is_relative_to(data.absolute()):
        return Refused(say="kunci_di_dalam", values={})
    beside = (authority_path(key_path), destroyed_path(key_path), phones_path(key_path))
    taken = next((path for path in (key_path, *beside) if path.exists()), None)
    if taken is not None:
        return Refused(say="kunci_ada", values={"kunci": str(taken)})
    return None


def _refused(say: str, data: Path) -> Refused:
    return Refused(say=say, values={"folder": str(data)})
