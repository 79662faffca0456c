"""Verify an office: every page, chain, signature, change, row, blob, file. Rule: it repairs nothing.

What is compared with what: pages with their HMACs; links and contents with their hashes; heads with
signatures by keys from the office's chain; all that is held with a replay of the log; blobs with their names;
files with the database.
"""

from collections.abc import Callable
from pathlib import Path

from schemas.text import Text
from server.blobs import BlobStore
from server.engine import DamagedError, EngineError, Reader
from server.engines.sqlite import Inspection, inspected
from server.keys import Keys
from server.migrate import migrations
from server.paper_key import SEALED
from server.verifying.chains import check_chains
from server.verifying.comparing import compare
from server.verifying.files import check_blobs, check_folder, check_uploads
from server.verifying.findings import Findings, Progress
from server.verifying.handovers import check_handovers
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
    """Check a whole data folder. It may be served meanwhile; what is written after the start is not seen.

    `judging` gives the rules by which changes are judged again, from what the office published itself.
    """
    findings = Findings(text)
    progress.step("halaman", 1)
    bad = first_bad_frame(_beside(database, "-wal"))
    if bad is not None:
        findings.fault("catatan_tulis", bingkai=bad)
    mine = {database, _beside(database, "-wal"), _beside(database, "-shm"), data / SEALED}
    try:
        with inspected(database, keys.database) as (inspection, reader):
            progress.advance()
            if _is_readable(inspection, findings) and reader is not None:
                mine |= _check_contents(reader, data, keys, judging(reader), findings, progress)
                check_folder(data, mine, findings)
    except DamagedError:
        findings.fault("terputus")
    except EngineError:
        findings.fault("tidak_terbuka")
    return findings


def _is_readable(inspection: Inspection, findings: Findings) -> bool:
    findings.counts["halaman"] = inspection.page_count
    for line in inspection.pages:
        findings.fault("halaman", apa=line)
    for line in inspection.structure:
        findings.fault("susunan", apa=line)
    if not inspection.pages and inspection.version != migrations()[-1][0]:
        findings.fault("versi")
        return False
    return not inspection.pages and not inspection.structure


def _check_contents(
    reader: Reader, data: Path, keys: Keys, rules: Rules, findings: Findings, progress: Progress
) -> set[Path]:
    """Check what the database and the folder hold; return the files that belong to the database."""
    destroyed = check_chains(reader, keys.device, keys.public_bytes(), findings, progress)
    replayed = replay(reader, keys.device, rules, destroyed, findings, progress)
    compare(reader, replayed, findings, progress)
    check_trail(reader, findings, progress)
    check_handovers(reader, findings)
    blobs = BlobStore(data / "blobs", *keys.blob_masters())
    mine = check_blobs(reader, blobs, findings, progress)
    return mine | check_uploads(reader, data / "uploads", keys.upload_masters(), findings)


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(database.name + ending)
