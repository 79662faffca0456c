-- The index of what is looked for names a row by its number, and repeats no more of it than is sought. Before, it
-- repeated all that a list shows and had an index of ids of its own, which a first sync wrote as well.

ALTER TABLE rows RENAME TO rows_unnumbered;
CREATE TABLE rows (
    number INTEGER PRIMARY KEY,
    part_number INTEGER NOT NULL, -- of parts
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL
);
INSERT INTO rows (part_number, id, seq, kind, body)
    SELECT part_number, id, seq, kind, body FROM rows_unnumbered ORDER BY rowid;
DROP TABLE rows_unnumbered;
CREATE UNIQUE INDEX rows_by_id ON rows (id, part_number);
CREATE INDEX rows_by_part ON rows (part_number);
-- of warga and ewarong there are thousands, and nobody asks for all of them
CREATE INDEX rows_by_kind ON rows (kind) WHERE kind NOT IN ('warga', 'ewarong');

ALTER TABLE subjects RENAME TO subjects_by_id;
CREATE TABLE subjects (
    number INTEGER PRIMARY KEY, -- of rows: of a thing's rows the one that shows most
    kind TEXT NOT NULL,
    kode_desa TEXT NOT NULL,
    tail TEXT NOT NULL, -- the NIK (or its ending) backwards, so that the last digits are a prefix
    name_key TEXT NOT NULL
);
INSERT INTO subjects (number, kind, kode_desa, tail, name_key)
    SELECT (
        SELECT rows.number FROM rows JOIN parts ON parts.number = part_number WHERE rows.id = subjects_by_id.id
        ORDER BY part NOT LIKE 'mine/%', part LIMIT 1
    ) AS fullest, kind, kode_desa, tail, name_key
    FROM subjects_by_id WHERE fullest IS NOT NULL;
DROP TABLE subjects_by_id;
CREATE INDEX subjects_by_tail ON subjects (tail);
CREATE INDEX subjects_by_desa ON subjects (kode_desa, name_key);
INSERT INTO subject_words (subject_words) VALUES ('rebuild');
