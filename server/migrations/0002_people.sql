-- Logins. Rule: what a person is and may do stands in the chain (record `petugas`); here is only what a login needs.

CREATE TABLE accounts (
    kabupaten TEXT NOT NULL,
    person TEXT NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    active INTEGER NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, person)
);
CREATE UNIQUE INDEX accounts_by_username ON accounts (kabupaten, username);

-- token_hash: SHA-256 of what the cookie holds, so that a copy of this table opens nothing.
CREATE TABLE sessions (
    kabupaten TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    person TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, token_hash)
);
CREATE INDEX sessions_by_person ON sessions (kabupaten, person);
CREATE INDEX sessions_by_age ON sessions (kabupaten, seen_ms);

-- One row a try that has not succeeded, by hash of the name tried and of the address it came from.
CREATE TABLE login_tries (
    kabupaten TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    try TEXT NOT NULL,
    name_hash BLOB NOT NULL,
    address_hash BLOB NOT NULL,
    PRIMARY KEY (kabupaten, at_ms, try)
);
CREATE INDEX login_tries_by_name ON login_tries (kabupaten, name_hash, at_ms);
CREATE INDEX login_tries_by_address ON login_tries (kabupaten, address_hash, at_ms);

-- Which decisions a visit has met, in order: an index to the chain, so that a later version shows what was asked.
CREATE TABLE decisions (
    kabupaten TEXT NOT NULL,
    visit TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    change BLOB NOT NULL,
    PRIMARY KEY (kabupaten, visit, at_ms, change)
);

-- Small pictures for the lists: made from the blobs, forgotten after a while, made again when asked for.
CREATE TABLE thumbnails (
    kabupaten TEXT NOT NULL,
    blob TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    jpeg BLOB NOT NULL,
    PRIMARY KEY (kabupaten, blob)
);
CREATE INDEX thumbnails_by_age ON thumbnails (kabupaten, made_ms);
