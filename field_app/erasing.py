"""What leaves the vault: forgotten, destroyed, or found to be unreadable. Rule: links stay for ever.

All SQL that takes recorded work away stands here; each function joins its caller's transaction. The vault
overwrites what is deleted (secure_delete), and `EMPTY_WAL` asks the worker to empty the WAL afterwards.
"""

from collections.abc import Iterable, Mapping, Sequence

import sqlcipher3.dbapi2 as sqlcipher
from msgspec.structs import replace

from field_app.draft import Seen
from schemas.base import decode, encode
from schemas.ids import BlobId, ChangeId, RecordId
from schemas.wire import Outcome, Rejected
from sync.losses import DESTROYED

EMPTY_WAL = "kosongkan_wal"
"""The name of a small value: there is something in the WAL that must not stay there."""


def erase_destroyed(connection: sqlcipher.Connection, outcomes: Mapping[ChangeId, Outcome]) -> None:
    """Take away all that these answers say the office destroyed: contents, answers, photos, thumbnails."""
    changes = [
        change
        for change, outcome in outcomes.items()
        if isinstance(outcome, Rejected) and outcome.problem == DESTROYED
    ]
    for change in changes:
        connection.execute("DELETE FROM contents WHERE change = ?", (change,))
        # the version itself, and what was begun from it and is not finished
        versions = connection.execute(
            "SELECT id, subject FROM drafts WHERE change = ?1 OR (follows = ?1 AND change IS NULL)", (change,)
        ).fetchall()
        for draft, subject in versions:
            _empty_version(connection, draft)
            if subject is not None:
                _forget_last_answers(connection, RecordId(subject))
        for (draft,) in connection.execute(
            "SELECT id FROM sealed_drafts WHERE follows = ?", (change,)
        ).fetchall():
            take_sealed_draft(connection, draft)
    if changes:
        _ask_for_empty_wal(connection)


def take_put_away(connection: sqlcipher.Connection, until_ms: int) -> None:
    """Take away for good all drafts that were put away at this time or before."""
    plain = connection.execute(
        "SELECT id FROM drafts WHERE change IS NULL AND discarded_ms <= ?", (until_ms,)
    ).fetchall()
    sealed = connection.execute(
        "SELECT id FROM sealed_drafts WHERE discarded_ms <= ?", (until_ms,)
    ).fetchall()
    for (draft,) in plain:
        _empty_version(connection, draft)
        connection.execute("DELETE FROM drafts WHERE id = ?", (draft,))
    for (draft,) in sealed:
        take_sealed_draft(connection, draft)
    if plain:
        _ask_for_empty_wal(connection)


def take_sealed_draft(connection: sqlcipher.Connection, draft: str) -> None:
    """Take all rows of a sealed draft away, and note that its key and the WAL are still to be erased."""
    connection.execute("DELETE FROM sealed_answers WHERE draft = ?", (draft,))
    connection.execute("DELETE FROM sealed_photos WHERE draft = ?", (draft,))
    connection.execute("DELETE FROM sealed_drafts WHERE id = ?", (draft,))
    connection.execute("INSERT OR IGNORE INTO sealed_erasing (draft) VALUES (?)", (draft,))


def forget(connection: sqlcipher.Connection, changes: Sequence[ChangeId], blobs: Iterable[BlobId]) -> None:
    """Free the contents of these changes and the bytes of these blobs; thumbnails and links stay."""
    connection.executemany("DELETE FROM contents WHERE change = ?", [(change,) for change in changes])
    connection.executemany(
        "INSERT OR IGNORE INTO gone_contents (change, why) VALUES (?, 'dilupakan')",
        [(change,) for change in changes],
    )
    connection.executemany(
        "UPDATE blobs SET gone = 'dilupakan' WHERE id = ? AND state = 'diterima' AND gone = ''",
        [(blob,) for blob in blobs],
    )
    connection.executemany(
        "UPDATE blob_bytes SET bytes = x'' WHERE id = ? AND id IN (SELECT id FROM blobs WHERE gone <> '')",
        [(blob,) for blob in blobs],
    )


def lose(connection: sqlcipher.Connection, change: ChangeId) -> None:
    """Note that this change can never be sent: unreadable, or forgotten and then asked for again."""
    connection.execute(
        "INSERT INTO gone_contents (change, why) VALUES (?, 'hilang') ON CONFLICT (change) DO UPDATE SET"
        " why = CASE why WHEN 'dilupakan' THEN 'tidak_kembali' ELSE why END",
        (change,),
    )


def _empty_version(connection: sqlcipher.Connection, draft: str) -> None:
    blobs = connection.execute("SELECT DISTINCT blob FROM photos WHERE draft = ?", (draft,)).fetchall()
    for table in ("answers", "photos", "draft_forms"):
        connection.execute(f"DELETE FROM {table} WHERE draft = ?", (draft,))  # noqa: S608 - our own names
    for table in ("blob_bytes", "blobs"):
        connection.executemany(
            f"DELETE FROM {table} WHERE id = ? AND id NOT IN (SELECT blob FROM photos)",  # noqa: S608
            blobs,
        )
    connection.execute(
        "UPDATE drafts SET seen = ?, subject = NULL, discarded_ms = CASE WHEN change IS NULL"
        " THEN coalesce(discarded_ms, touched_ms) END WHERE id = ?",
        (encode(Seen()), draft),
    )


def _ask_for_empty_wal(connection: sqlcipher.Connection) -> None:
    connection.execute("INSERT OR REPLACE INTO meta (name, packed) VALUES (?, ?)", (EMPTY_WAL, encode(True)))


def _forget_last_answers(connection: sqlcipher.Connection, subject: RecordId) -> None:
    """Take the answers of earlier visits out of what was shown when other visits to a subject began."""
    others = connection.execute("SELECT id, seen FROM drafts WHERE subject = ?", (subject,)).fetchall()
    connection.executemany(
        "UPDATE drafts SET seen = ? WHERE id = ?",
        [(encode(replace(decode(seen, Seen), last={})), draft) for draft, seen in others],
    )
