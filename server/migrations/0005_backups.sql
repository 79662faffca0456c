-- Backups, and what a restore left missing. Rule: what is on a medium is written here only after it was checked.

-- Where to copy to (job salinan), and where to stream what is committed in between (job aliran).
CREATE TABLE backup_plan (
    kabupaten TEXT NOT NULL,
    job TEXT NOT NULL,
    path TEXT NOT NULL,
    every_ms BIGINT NOT NULL,
    keep INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, job, path)
);

-- disk tells two folders on one disk from two disks; beside_data: it is the disk that the data is on.
CREATE TABLE backup_media (
    kabupaten TEXT NOT NULL,
    medium TEXT NOT NULL,
    path TEXT NOT NULL,
    disk TEXT NOT NULL,
    beside_data INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, medium)
);

-- One row a verified copy. position: how far the links and blobs of this history had come, see feed_store.py.
CREATE TABLE backups (
    kabupaten TEXT NOT NULL,
    medium TEXT NOT NULL,
    number BIGINT NOT NULL,
    begun_ms BIGINT NOT NULL,
    verified_ms BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    tag BLOB NOT NULL,
    links BIGINT NOT NULL,
    senders BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    blobs BIGINT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (kabupaten, medium, number)
);

-- How the last try at each place ended; problem names a sentence and its fields, as JSON, or null.
CREATE TABLE backup_tries (
    kabupaten TEXT NOT NULL,
    path TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (kabupaten, path)
);

-- The newest link of each chain that, with all before it and all their blobs, is in a medium's newest copy.
CREATE TABLE backup_reach (
    kabupaten TEXT NOT NULL,
    medium TEXT NOT NULL,
    device TEXT NOT NULL,
    counter BIGINT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (kabupaten, medium, device)
);

-- When this office was restored, and from which copy.
CREATE TABLE restores (
    kabupaten TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    medium TEXT NOT NULL,
    number BIGINT NOT NULL,
    begun_ms BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    replayed BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, at_ms)
);

-- Each phone as the restored office knows it; returned_ms: it has logged in since.
CREATE TABLE restored_devices (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    counter BIGINT NOT NULL,
    hash BLOB NOT NULL,
    returned_ms BIGINT,
    PRIMARY KEY (kabupaten, device)
);

-- Blobs that the restored database knew of and no medium held. Phones are asked for them again.
CREATE TABLE restored_blobs (
    kabupaten TEXT NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (kabupaten, blob)
);

-- Links of the office's own chain that phones name since a restore; those that are not here were lost.
CREATE TABLE seen_heads (
    kabupaten TEXT NOT NULL,
    head BLOB NOT NULL,
    device TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, head)
);
