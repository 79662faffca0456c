-- compared: whether the picture of what arrived was compared with all others, or need not be. The index is the work
-- that is left, the newest last; see server/services/likenesses.py.
ALTER TABLE blob_refs ADD COLUMN compared INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blob_refs_to_compare ON blob_refs (kabupaten) WHERE received = 1 AND compared = 0;

-- What a photo's picture has in common with copies of it: made from the photo, and gone with it.
CREATE TABLE likenesses (
    kabupaten TEXT NOT NULL,
    number BIGINT NOT NULL,
    blob TEXT NOT NULL,
    signs BLOB NOT NULL,
    PRIMARY KEY (kabupaten, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX likenesses_by_blob ON likenesses (kabupaten, blob);

-- Parts of likenesses, to find those that share one; see server/likeness.py.
CREATE TABLE likeness_bands (
    kabupaten TEXT NOT NULL,
    band INTEGER NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, band, number)
) WITHOUT ROWID;

-- Photos whose pictures are alike, each pair both ways; distance in signs that differ.
CREATE TABLE twins (
    kabupaten TEXT NOT NULL,
    blob TEXT NOT NULL,
    twin TEXT NOT NULL,
    distance INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, blob, twin)
);
