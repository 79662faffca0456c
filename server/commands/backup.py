"""`backup`: copy the office to other disks, or plan copies. Rule: exit code 0 only if all were verified."""

import argparse
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from schemas import format as written
from schemas.text import Text
from server import backup_store
from server.backup_store import Plan
from server.backups.making import Made
from server.backups.medium import Trouble, beside_key, disk_of, open_medium, prepare, unfit_place
from server.commands.progress import RichProgress, progress_bar
from server.commands.shared import add_folder_options, opened, refuse, say_trouble
from server.compose import Refused, unlock
from server.deps import Deps
from server.keys import default_path

HELP = "cadangkan data kantor ke disk lain, atau atur jadwalnya"
FAILED = 1
HOUR_MS = 3_600_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument(
        "--to", type=Path, action="append", default=[], metavar="MEDIA",
        help="media tujuan, boleh beberapa kali; tanpa ini dipakai media dalam jadwal",
    )  # fmt: skip
    parser.add_argument("--keep", type=int, metavar="N", help="simpan N salinan terakhir (biasanya 7)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--prepare", type=Path, metavar="MEDIA", help="siapkan folder di disk sebagai media")
    what.add_argument("--every", type=int, metavar="JAM", help="simpan jadwal ke media --to; 0 menghapusnya")
    parser.add_argument(
        "--stream", type=Path, metavar="MEDIA", help="bersama --every: alirkan perubahan ke media ini"
    )


def run(args: argparse.Namespace, text: Text) -> int:
    """Do what was asked; return the exit code."""
    if args.prepare is not None:
        return _prepare(args, text)
    with opened(args) as deps:
        if isinstance(deps, Refused):
            return refuse(text, deps)
        if args.every is not None:
            return _plan(deps, args, text)
        return _copy(deps, args, text)


def _prepare(args: argparse.Namespace, text: Text) -> int:
    opened = unlock(args.data, args.key)
    if isinstance(opened, Refused):
        return refuse(text, opened)
    path: Path = args.prepare.absolute()
    made = unfit_place(path, args.data, _key(args)) or prepare(path, opened[0].device, secrets.token_bytes)
    if isinstance(made, Trouble):
        return say_trouble(text, made)
    print(text("cadangan.perintah.media_siap", folder=made.path))
    _warn(text, args, [made.path])
    return 0


def _key(args: argparse.Namespace) -> Path:
    return args.key or default_path(args.data)


def _plan(deps: Deps, args: argparse.Namespace, text: Text) -> int:
    if args.every == 0:
        deps.engine.write(lambda writer: backup_store.put_plan(writer, Plan())).result()
        print(text("cadangan.perintah.tanpa_jadwal"))
        return 0
    keep = args.keep if args.keep is not None else Plan().keep
    if args.every < 0 or keep < 1 or not args.to:
        return say_trouble(text, Trouble(code="jadwal_salah"))
    paths: list[Path] = [path.absolute() for path in args.to]
    stream = args.stream.absolute() if args.stream is not None else None
    for path in [*paths, *filter(None, [stream])]:
        opened = unfit_place(path, args.data, _key(args)) or open_medium(path, deps.office.device)
        if isinstance(opened, Trouble):
            return say_trouble(text, opened)
    plan = Plan(
        copies=tuple(str(path) for path in paths),
        stream=str(stream or ""),
        every_ms=args.every * HOUR_MS,
        keep=keep,
    )
    deps.engine.write(lambda writer: backup_store.put_plan(writer, plan)).result()
    print(text("cadangan.perintah.jadwal", jam=args.every, tujuan=", ".join(plan.copies), jumlah=keep))
    if stream is not None:
        print(text("cadangan.perintah.aliran", folder=stream))
    _warn(text, args, paths, stream)
    return 0


def _copy(deps: Deps, args: argparse.Namespace, text: Text) -> int:
    plan = deps.engine.read(backup_store.plan)
    paths = [str(path.absolute()) for path in args.to] or list(plan.copies)
    if not paths:
        return say_trouble(text, Trouble(code="tanpa_tujuan"))
    keep = args.keep if args.keep is not None else plan.keep
    if keep < 1:
        return say_trouble(text, Trouble(code="jadwal_salah"))
    with progress_bar() as bar:
        ended = deps.keeper.copy_to(paths, keep, RichProgress(bar, text, "cadangan.langkah"))
    for path, made in ended.items():
        if isinstance(made, Made):
            _say_made(text, path, made)
        else:
            say_trouble(text, made)
    _warn(text, args, [Path(path) for path, made in ended.items() if isinstance(made, Made)])
    if deps.keeper.unnoted:
        print(text("cadangan.perintah.tidak_tercatat"), file=sys.stderr)
        return FAILED
    return 0 if all(isinstance(made, Made) for made in ended.values()) else FAILED


def _say_made(text: Text, path: str, made: Made) -> None:
    manifest = made.manifest
    print(
        text(
            "cadangan.perintah.selesai",
            nomor=manifest.number,
            folder=path,
            ukuran=written.size(manifest.size_bytes + manifest.blob_bytes),
            baru=made.fresh,
            ganti=made.mended,
        )
    )
    if manifest.absent:
        print(text("cadangan.perintah.berkas_hilang", jumlah=len(manifest.absent)), file=sys.stderr)


def _warn(text: Text, args: argparse.Namespace, paths: Sequence[Path], stream: Path | None = None) -> None:
    """Say where one disk would take more than one thing along: if it breaks, or if somebody takes it."""
    data, key, disks = args.data, _key(args), [disk_of(path) for path in paths]
    for path, disk in zip(paths, disks, strict=True):
        if disk == disk_of(data):
            print(text("cadangan.perintah.disk_sama", folder=path), file=sys.stderr)
    for path in (*paths, *filter(None, [stream])):
        if beside_key(path, data, key, disk_of):
            print(text("cadangan.perintah.disk_kunci", folder=path, kunci=key), file=sys.stderr)
    if len(paths) > 1 and len(set(disks)) == 1:
        print(text("cadangan.perintah.satu_disk"), file=sys.stderr)
