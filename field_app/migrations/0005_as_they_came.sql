-- Rows lie in the order in which they came and name their part by a number: a page of rows of many desa then writes
-- few pages of the file. Before, each row was written between the others of its desa, and so was each index entry.

ALTER TABLE parts RENAME TO parts_by_name;
CREATE TABLE parts (
    number INTEGER PRIMARY KEY,
    part TEXT NOT NULL UNIQUE,
    held INTEGER NOT NULL DEFAULT 0,
    digest BLOB NOT NULL
);
INSERT INTO parts (part, held, digest) SELECT part, held, digest FROM parts_by_name ORDER BY part;
DROP TABLE parts_by_name;

ALTER TABLE rows RENAME TO rows_by_part;
CREATE TABLE rows (
    part_number INTEGER NOT NULL, -- of parts
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL
);
INSERT INTO rows (part_number, id, seq, kind, body)
    SELECT number, id, seq, kind, body FROM rows_by_part JOIN parts USING (part) ORDER BY id, number;
DROP TABLE rows_by_part;
CREATE UNIQUE INDEX rows_by_id ON rows (id, part_number);
CREATE INDEX rows_by_part ON rows (part_number);
-- of warga and ewarong there are thousands, and nobody asks for all of them
CREATE INDEX rows_by_kind ON rows (kind) WHERE kind NOT IN ('warga', 'ewarong');

-- The words of names are now indexed a page at a time (field_app/search.py); a trigger took three times as long.
DROP TRIGGER subjects_added;
DROP TRIGGER subjects_gone;
DROP TRIGGER subjects_changed;

-- Links lie by their place in a chain, contents in the order in which they came: a run to send is read from few pages,
-- and a new change is written to few. Both lay by hashes, one page for each.

CREATE TABLE links_by_place (
    device TEXT NOT NULL,
    counter INTEGER NOT NULL,
    hash BLOB NOT NULL,
    prev BLOB NOT NULL,
    change BLOB NOT NULL,
    raw BLOB NOT NULL,
    known INTEGER NOT NULL,
    PRIMARY KEY (device, counter, hash)
) WITHOUT ROWID;
INSERT INTO links_by_place SELECT device, counter, hash, prev, change, raw, known FROM links;
DROP TABLE links;
ALTER TABLE links_by_place RENAME TO links;
CREATE INDEX links_by_change ON links (change);

ALTER TABLE contents RENAME TO contents_by_hash;
CREATE TABLE contents (
    change BLOB NOT NULL UNIQUE,
    raw BLOB NOT NULL
);
INSERT INTO contents (change, raw)
    SELECT contents_by_hash.change, contents_by_hash.raw FROM contents_by_hash LEFT JOIN links USING (change)
    GROUP BY contents_by_hash.change ORDER BY min(counter);
DROP TABLE contents_by_hash;
