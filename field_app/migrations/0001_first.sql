-- The phone's vault. Values named "packed" are MessagePack.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    packed BLOB NOT NULL
) WITHOUT ROWID;

-- sync: chains -----------------------------------------------------------------------------------------------------

CREATE TABLE links (
    hash BLOB PRIMARY KEY,
    device TEXT NOT NULL,
    counter INTEGER NOT NULL,
    prev BLOB NOT NULL,
    change BLOB NOT NULL,
    raw BLOB NOT NULL,
    known INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX links_by_counter ON links (device, counter);
CREATE INDEX links_by_prev ON links (prev);
CREATE INDEX links_by_change ON links (change);

CREATE TABLE contents (
    change BLOB PRIMARY KEY,
    raw BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE signatures (
    device TEXT NOT NULL,
    head BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (device, head, signature)
) WITHOUT ROWID;

CREATE TABLE outcomes (
    change BLOB PRIMARY KEY,
    packed BLOB NOT NULL
) WITHOUT ROWID;

-- sync: what was pulled --------------------------------------------------------------------------------------------

CREATE TABLE rows (
    part TEXT NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (part, id)
) WITHOUT ROWID;
CREATE INDEX rows_by_id ON rows (id);
CREATE INDEX rows_by_kind ON rows (kind, part);

CREATE TABLE parts (
    part TEXT PRIMARY KEY,
    held INTEGER NOT NULL DEFAULT 0,
    digest BLOB NOT NULL
) WITHOUT ROWID;

-- searching: one row for each warga and ewarong, from the fullest of its rows ----------------------------------------
-- `tail` is the NIK (or its ending) backwards, so that the last digits are a prefix.

CREATE TABLE subjects (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    nama TEXT NOT NULL,
    kode_desa TEXT NOT NULL,
    alamat TEXT NOT NULL,
    tail TEXT NOT NULL,
    name_key TEXT NOT NULL
);
CREATE INDEX subjects_by_tail ON subjects (tail);
CREATE INDEX subjects_by_name ON subjects (name_key);
CREATE INDEX subjects_by_desa ON subjects (kode_desa, name_key);

CREATE VIRTUAL TABLE subject_words USING fts5 (
    name_key, content = 'subjects', content_rowid = 'number', prefix = '1 2 3', tokenize = 'ascii', detail = 'none'
);
INSERT INTO subject_words (subject_words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER subjects_added AFTER INSERT ON subjects BEGIN
    INSERT INTO subject_words (rowid, name_key) VALUES (new.number, new.name_key);
END;
CREATE TRIGGER subjects_gone AFTER DELETE ON subjects BEGIN
    INSERT INTO subject_words (subject_words, rowid, name_key) VALUES ('delete', old.number, old.name_key);
END;
CREATE TRIGGER subjects_changed AFTER UPDATE ON subjects BEGIN
    INSERT INTO subject_words (subject_words, rowid, name_key) VALUES ('delete', old.number, old.name_key);
    INSERT INTO subject_words (rowid, name_key) VALUES (new.number, new.name_key);
END;

-- what she records -------------------------------------------------------------------------------------------------

CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    visit TEXT NOT NULL,
    form TEXT NOT NULL,
    tugas TEXT,
    subject TEXT,
    follows BLOB,
    number TEXT NOT NULL DEFAULT '',
    seen BLOB NOT NULL, -- packed: what she was shown when it began, the base of what she changes
    page INTEGER NOT NULL DEFAULT 0,
    started_ms INTEGER NOT NULL,
    touched_ms INTEGER NOT NULL,
    discarded_ms INTEGER,
    change BLOB, -- its Submit, set when finalised: from then on nothing of it changes
    patch BLOB, -- what it changes of the subject, if anything
    finalised_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX drafts_by_visit ON drafts (visit);
CREATE UNIQUE INDEX drafts_by_change ON drafts (change) WHERE change IS NOT NULL;

CREATE TABLE draft_forms (
    draft TEXT NOT NULL REFERENCES drafts (id),
    form TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (draft, form)
) WITHOUT ROWID;

-- `refused` keeps what was typed where its shape was wrong; it never reaches a visit.
CREATE TABLE answers (
    draft TEXT NOT NULL REFERENCES drafts (id),
    form TEXT NOT NULL,
    field TEXT NOT NULL,
    packed BLOB,
    refused BLOB,
    saved_ms INTEGER NOT NULL,
    PRIMARY KEY (draft, form, field)
) WITHOUT ROWID;

CREATE TABLE blobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    bytes BLOB NOT NULL,
    thumbnail BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'lokal' CHECK (state IN ('lokal', 'terkirim', 'diterima')),
    sent_bytes INTEGER NOT NULL DEFAULT 0,
    upload_url TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT ''
);
CREATE INDEX blobs_by_state ON blobs (state) WHERE state <> 'diterima';

-- One row for each shot; two shots with the same bytes are two rows. A retake leaves the older one superseded.
CREATE TABLE photos (
    number INTEGER PRIMARY KEY,
    draft TEXT NOT NULL REFERENCES drafts (id),
    form TEXT NOT NULL,
    field TEXT NOT NULL,
    blob TEXT NOT NULL REFERENCES blobs (id),
    camera_sha256 TEXT NOT NULL,
    taken_ms INTEGER NOT NULL,
    place BLOB,
    blurry INTEGER NOT NULL,
    dark INTEGER NOT NULL,
    superseded INTEGER NOT NULL DEFAULT 0,
    named INTEGER NOT NULL DEFAULT 0 -- by the finalised version: only these are sent
);
CREATE INDEX photos_by_draft ON photos (draft, form, field);
CREATE INDEX photos_by_blob ON photos (blob);

