-- A row has what it is looked for by, if no other row of its thing shows more, and the index of names is one of rows.
-- Before, a table beside them repeated all that a list shows and had an index of ids of its own, which a first sync
-- wrote as well.

ALTER TABLE rows RENAME TO rows_unnumbered;
ALTER TABLE subjects RENAME TO subjects_by_id;
CREATE TABLE rows (
    number INTEGER PRIMARY KEY,
    part_number INTEGER NOT NULL, -- of parts
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    kode_desa TEXT,
    tail TEXT, -- the NIK (or its ending) backwards, so that the last digits are a prefix
    name_key TEXT,
    body BLOB NOT NULL
);
INSERT INTO rows (part_number, id, seq, kind, body)
    SELECT part_number, id, seq, kind, body FROM rows_unnumbered ORDER BY rowid;
DROP TABLE rows_unnumbered;
CREATE UNIQUE INDEX rows_by_id ON rows (id, part_number);
CREATE INDEX rows_by_part ON rows (part_number);
-- of warga and ewarong there are thousands, and nobody asks for all of them
CREATE INDEX rows_by_kind ON rows (kind) WHERE kind NOT IN ('warga', 'ewarong');

UPDATE rows SET kode_desa = found.kode_desa, tail = found.tail, name_key = found.name_key
    FROM (
        SELECT kode_desa, tail, name_key, (
            SELECT rows.number FROM rows JOIN parts ON parts.number = part_number WHERE rows.id = subjects_by_id.id
            ORDER BY part NOT LIKE 'mine/%', part LIMIT 1
        ) AS fullest FROM subjects_by_id
    ) AS found WHERE rows.number = found.fullest;
DROP TABLE subjects_by_id;
CREATE INDEX subjects_by_tail ON rows (tail) WHERE tail IS NOT NULL;
CREATE INDEX subjects_by_desa ON rows (kode_desa, name_key) WHERE name_key IS NOT NULL;
CREATE VIEW subjects AS SELECT number, kind, kode_desa, tail, name_key FROM rows WHERE name_key IS NOT NULL;
INSERT INTO subject_words (subject_words) VALUES ('rebuild');
