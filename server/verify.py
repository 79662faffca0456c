"""Verify an office: every page, chain, signature, change, row, blob, file. Rule: it repairs nothing.

What is compared with what: pages with their HMACs; links and contents with their hashes; heads with
signatures by keys from the office's chain; all that is held with a replay of the log; blobs with their names;
files with the database.
"""

from collections.abc import Callable
from pathlib import Path

from schemas.text import Text
from server.blobs import BlobStore
from server.engine import Reader
from server.engines.examining import Examined, examined
from server.keys import Keys
from server.migrate import migrations
from server.paper_key import SEALED
from server.verifying import garbage
from server.verifying.beside import beside
from server.verifying.chains import office_word
from server.verifying.comparing import compare
from server.verifying.files import check_blobs, check_folder, check_uploads
from server.verifying.findings import Findings, Progress
from server.verifying.handovers import check_handovers
from server.verifying.messages import Task
from server.verifying.replay import replay
from server.verifying.trail import check_trail
from server.verifying.wal import first_bad_frame
from sync.rules import Rules


def verify(
    data: Path,
    database: Path,
    keys: Keys,
    judging: Callable[[Reader], Rules],
    text: Text,
    progress: Progress,
) -> Findings:
    """Check a whole data folder. It may be served meanwhile: each part looks at one moment of it.

    `judging` gives the rules by which changes are judged again, from what the office published itself.
    """
    findings = Findings(text)
    progress.step("halaman", 1)
    bad = first_bad_frame(_grown(database, "-wal"))
    if bad is not None:
        findings.fault("catatan_tulis", bingkai=bad)
    mine = {database, _grown(database, "-wal"), _grown(database, "-shm"), data / SEALED}
    with findings.reading(), garbage.seldom(), examined(database, keys.database) as opened:
        is_readable = _is_readable(opened, findings)
        progress.advance()
        if is_readable:
            reader = opened.reader()
            rules = judging(reader)
            mine |= _check_contents(reader, data, database, keys, rules, findings, progress)
            check_folder(data, mine, findings)
    return findings


def _is_readable(database: Examined, findings: Findings) -> bool:
    """Say whether its pages are whole and it is of this program's version: nothing else is read before."""
    pages = database.pages()
    findings.counts["halaman"] = database.page_count()
    for line in pages:
        findings.fault("halaman", apa=line)
    newest = migrations()[-1][0]
    version = newest if pages else database.version()
    if version != newest:
        findings.fault("versi_lama" if version < newest else "versi_baru")
    return not pages and version == newest


def _check_contents(
    reader: Reader,
    data: Path,
    database: Path,
    keys: Keys,
    rules: Rules,
    findings: Findings,
    progress: Progress,
) -> set[Path]:
    """Check what the database and the folder hold; return the files that belong to the database.

    Chains of many pages are checked by a process of their own while this one replays what they carry.
    """
    task = Task(
        database=str(database.absolute()),
        key=keys.database,
        office=keys.device,
        office_keys=keys.chain_bytes(),
    )
    with beside(task, findings.counts["halaman"]) as chains:
        destroyed = office_word(reader, keys.device).destroyed
        replayed = replay(reader, keys.device, rules, destroyed, findings, progress)
        compare(reader, replayed, findings, progress)
        check_trail(reader, findings, progress)
        check_handovers(reader, findings)
        blobs = BlobStore(data / "blobs", *keys.blob_masters())
        mine = check_blobs(reader, blobs, findings, progress)
        mine |= check_uploads(reader, data / "uploads", keys.upload_masters(), findings)
        chains.finish(findings, progress)
    return mine


def _grown(database: Path, ending: str) -> Path:
    return database.with_name(database.name + ending)
