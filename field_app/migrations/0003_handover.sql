-- Files that were written for the office to be carried there. Nothing counts as sent by being in one.
CREATE TABLE handovers (
    number INTEGER PRIMARY KEY,
    file BLOB NOT NULL,
    name TEXT NOT NULL,
    written_ms INTEGER NOT NULL,
    counter INTEGER NOT NULL, -- of the newest own link in it
    changes INTEGER NOT NULL,
    photos INTEGER NOT NULL
);

ALTER TABLE blobs ADD COLUMN handed_ms INTEGER; -- when it was last written into one
