-- The bytes apart from what is said of them: to read or change a photo's state must not read and write the photo.
CREATE TABLE blob_bytes (
    id TEXT PRIMARY KEY REFERENCES blobs (id),
    thumbnail BLOB NOT NULL, -- before the bytes, so that reading it does not walk through them
    bytes BLOB NOT NULL
);
INSERT INTO blob_bytes (id, thumbnail, bytes) SELECT id, thumbnail, bytes FROM blobs;
ALTER TABLE blobs DROP COLUMN thumbnail;
ALTER TABLE blobs DROP COLUMN bytes;
