-- Drafts of sealed cases. All that is answered or photographed is AES-256-GCM under a key that lies outside this
-- vault (draf-<id>.kunci); what stands here in the clear names nobody: a code, days, and which task.

CREATE TABLE sealed_drafts (
    id TEXT PRIMARY KEY,
    visit TEXT NOT NULL,
    kasus TEXT NOT NULL,
    kode TEXT NOT NULL,
    is_new INTEGER NOT NULL, -- whether this phone begins the kasus with it
    tugas TEXT,
    follows BLOB,
    number INTEGER NOT NULL, -- the version of the visit, from 1
    due TEXT NOT NULL,
    page INTEGER NOT NULL DEFAULT 0,
    started_ms INTEGER NOT NULL,
    touched_ms INTEGER NOT NULL,
    discarded_ms INTEGER,
    head BLOB NOT NULL -- sealed: which form, its version, and what she was shown
) WITHOUT ROWID;

-- `place` stands for form and field, and says neither.
CREATE TABLE sealed_answers (
    draft TEXT NOT NULL REFERENCES sealed_drafts (id),
    place BLOB NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (draft, place)
) WITHOUT ROWID;

CREATE TABLE sealed_photos (
    number INTEGER PRIMARY KEY,
    draft TEXT NOT NULL REFERENCES sealed_drafts (id),
    name BLOB NOT NULL, -- random; binds the three below to this row
    facts BLOB NOT NULL,
    thumbnail BLOB NOT NULL,
    bytes BLOB NOT NULL
);
CREATE INDEX sealed_photos_by_draft ON sealed_photos (draft);

-- Drafts whose key file and traces in the WAL are still to be taken away: finalised, or begun and not kept.
CREATE TABLE sealed_erasing (
    draft TEXT PRIMARY KEY
) WITHOUT ROWID;
