"""Media and copies for the tests of backup and restore: real folders, real files, the real office."""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from schemas.ids import BlobId
from schemas.text import load_text
from server.backups.keeper import Keeper
from server.backups.making import Made, Source, make_copy
from server.backups.medium import Medium, Trouble, prepare
from server.backups.restoring import Restored, Wanted, restore
from server.compose import DATABASE, Refused, close_office, open_office
from server.deps import Deps
from server.engine import Writer
from server.keys import Keys, default_path, read_keys
from server.store import SqlOfficeStore
from server.verify import verify
from sync.rules import DomainRules


class Quiet:
    """Progress that nobody watches; `at(step)` is called when a step begins."""

    def step(self, name: str, total: int) -> None:
        self.at(name)

    def advance(self, count: int = 1) -> None:
        pass

    def at(self, name: str) -> None:
        pass


def source_of(deps: Deps, data: Path, own_disk: str = "", key: Path | None = None) -> Source:
    return Source(
        engine=deps.engine,
        database=data / DATABASE,
        keys=read_keys(key or default_path(data)),
        blobs=deps.blobs,
        disk_of=lambda path: "own" if path == data or path.name == own_disk else path.name,
        now_ms=deps.now_ms,
        randomness=deps.randomness,
    )


def with_disks(
    deps: Deps,
    data: Path,
    *,
    age_days: int = 90,
    own_disk: str = "",
    one_disk: bool = False,
    disks: Mapping[str, str] = MappingProxyType({}),
) -> Deps:
    """The same office, to which each folder is a disk, as they are all on one here; `own_disk` is its own.

    `disks` say where else something lies.
    """
    source = source_of(deps, data, own_disk)
    named = source.disk_of
    source = replace(
        source, disk_of=lambda path: disks.get(path.name) or named(path), key_path=default_path(data)
    )
    if one_disk:
        source = replace(source, disk_of=lambda path: "own" if path == data else "usb")
    return replace(deps, keeper=Keeper(source, age_days=age_days))


def keys_of(data: Path) -> Keys:
    return read_keys(default_path(data))


def medium_at(path: Path, data: Path, deps: Deps) -> Medium:
    made = prepare(path, keys_of(data).device, deps.randomness)
    assert isinstance(made, Medium), made
    return made


def copied(deps: Deps, data: Path, medium: Medium, keep: int = 7) -> Made:
    made = make_copy(source_of(deps, data), medium, keep, Quiet())
    assert isinstance(made, Made), made
    return made


def restored(
    medium: Medium, data: Path, key: Path, *also: Medium, until_ms: int | None = None
) -> Restored | Trouble | Refused:
    wanted = Wanted(
        data=data,
        key=key,
        keys=read_keys(key),
        media=[medium, *also],
        until_ms=until_ms,
    )
    return restore(wanted, Quiet())


@contextmanager
def opened(data: Path, key: Path) -> Iterator[Deps]:
    deps = open_office(data, key)
    assert isinstance(deps, Deps), deps
    try:
        yield deps
    finally:
        close_office(deps)


def faults(deps: Deps, data: Path, key: Path) -> list[str]:
    """What `verify` says of an office."""
    rules = DomainRules(deps.forms, deps.workflows)
    return verify(data, data / DATABASE, read_keys(key), lambda _: rules, load_text(), Quiet()).faults


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def spoil(path: Path) -> None:
    """Change one byte of a file, whatever it was."""
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def another_office(medium: Medium) -> None:
    """Make a medium somebody else's."""
    mark = json.loads((medium.path / "sambang-medium.json").read_bytes())
    (medium.path / "sambang-medium.json").write_bytes(json.dumps({**mark, "office": "0" * 32}).encode())


def add_blobs(deps: Deps, count: int, seed: int, size_bytes: int = 40_000) -> list[BlobId]:
    """Store blobs that differ, as if the office itself had sent them."""
    rng, added = random.Random(seed), list[BlobId]()
    for _ in range(count):
        data = rng.randbytes(size_bytes)
        blob = BlobId(sha256(data).hexdigest())
        assert deps.blobs.put(blob, [data], "x")
        added.append(blob)

    def work(writer: Writer) -> None:
        for blob in added:
            SqlOfficeStore.writing(writer).blob_received(blob, size_bytes, deps.office.device, deps.now_ms())

    deps.engine.write(work).result()
    return added
