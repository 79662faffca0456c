"""The audit trail: every row of it follows from the log. Rule: what hides an act from a search is a fault."""

from server import trail_store
from server.engine import Reader, batches
from server.trail import trace
from server.verifying.findings import Notes, Progress

BATCH = 2_000


def check_trail(reader: Reader, findings: Notes, progress: Progress) -> None:
    """Make each row of the trail anew, as far as the trail goes, and compare.

    Of what was destroyed nothing can be made anew: there, only that it stands in its place is looked at.
    """
    end = trail_store.end(reader)
    [(total,)] = reader.query("SELECT count(*) FROM trail WHERE kabupaten = :kabupaten")
    progress.step("jejak", total)
    about: dict[bytes, set[str]] = {}
    for change, name in reader.query("SELECT change, about FROM trail_about WHERE kabupaten = :kabupaten"):
        about.setdefault(change, set()).add(name)
    codes = set(reader.query("SELECT code, record FROM trail_codes WHERE kabupaten = :kabupaten"))
    seen = 0
    for found in batches(
        reader,
        "SELECT c.id, c.received_ms, c.seq, c.raw, t.at_ms, t.seq, t.author, t.kind, t.open"
        " FROM changes c LEFT JOIN trail t ON t.kabupaten = c.kabupaten AND t.change = c.id"
        " WHERE c.kabupaten = :kabupaten AND c.seq > :seq AND (c.seq <= :end OR t.change IS NOT NULL)"
        " ORDER BY c.seq LIMIT :limit",
        BATCH,
        {"seq": (2, 0)},
        {"end": end},
    ):
        for change, received_ms, at, raw, *stored in found:
            seen += stored[0] is not None
            told = trace(raw)
            # what waited and was decided since the trail last went by stands there as it was
            is_right = at > end or stored[:2] == [received_ms, at]
            if raw is not None:
                row = [told.author, told.kind, int(told.open)]
                is_right = is_right and stored[2:] == row and about.pop(change, set()) == set(told.about)
                is_right = is_right and (not told.code or (told.code, told.about[0]) in codes)
            else:
                about.pop(change, None)
            if not is_right:
                findings.fault("jejak_berbeda", catatan=change.hex())
        progress.advance(len(found))
    if seen != total or about:
        findings.fault("jejak_lebih")
