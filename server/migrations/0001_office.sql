-- The office's store. Rule: the regency is the first column of every table and of every key.

CREATE TABLE kabupaten (
    kabupaten TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);

-- One row for each commit that gave out seqs; the tag tells one history from another.
CREATE TABLE commits (
    kabupaten TEXT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    tag BLOB NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, last_seq)
);

CREATE TABLE devices (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    person TEXT NOT NULL,
    public_key BLOB NOT NULL,
    model TEXT NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    PRIMARY KEY (kabupaten, device)
);
CREATE INDEX devices_by_person ON devices (kabupaten, person);

CREATE TABLE enrolments (
    kabupaten TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    person TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    device TEXT,
    PRIMARY KEY (kabupaten, code_hash)
);

CREATE TABLE nonces (
    kabupaten TEXT NOT NULL,
    nonce BLOB NOT NULL,
    device TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, nonce)
);
CREATE INDEX nonces_by_expiry ON nonces (kabupaten, expires_ms);
CREATE INDEX nonces_by_device ON nonces (kabupaten, device, expires_ms);

CREATE TABLE tokens (
    kabupaten TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    device TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, token_hash)
);
CREATE INDEX tokens_by_expiry ON tokens (kabupaten, expires_ms);

CREATE TABLE links (
    kabupaten TEXT NOT NULL,
    hash BLOB NOT NULL,
    device TEXT NOT NULL,
    counter BIGINT NOT NULL,
    prev BLOB NOT NULL,
    change BLOB NOT NULL,
    known INTEGER NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (kabupaten, hash)
);
CREATE INDEX links_by_counter ON links (kabupaten, device, counter);
CREATE INDEX links_waiting ON links (kabupaten, prev) WHERE known = 0;

-- The newest known link of each branch.
CREATE TABLE tips (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    hash BLOB NOT NULL,
    counter BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, device, hash)
);

CREATE TABLE signatures (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    head BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (kabupaten, device, head)
);

-- A content as it arrived, and what became of it. Only a change that was just stored has no outcome yet.
CREATE TABLE changes (
    kabupaten TEXT NOT NULL,
    id BLOB NOT NULL,
    device TEXT NOT NULL,
    outcome BLOB,
    received_ms BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    waiting TEXT NOT NULL,
    raw BLOB,
    PRIMARY KEY (kabupaten, id)
);
CREATE INDEX changes_waiting ON changes (kabupaten, waiting) WHERE waiting <> '';

CREATE TABLE records (
    kabupaten TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, id)
);
CREATE INDEX records_by_kind ON records (kabupaten, kind, id);

CREATE TABLE rows (
    kabupaten TEXT NOT NULL,
    part TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq BIGINT NOT NULL,
    removed INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, id, part)
);
CREATE INDEX rows_by_seq ON rows (kabupaten, part, seq);

CREATE TABLE parts (
    kabupaten TEXT NOT NULL,
    part TEXT NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (kabupaten, part)
);

-- received: this very device sent the bytes. Naming a hash that another sent gives nothing.
CREATE TABLE blob_refs (
    kabupaten TEXT NOT NULL,
    change BLOB NOT NULL,
    form TEXT NOT NULL,
    field TEXT NOT NULL,
    blob TEXT NOT NULL,
    device TEXT NOT NULL,
    visit TEXT NOT NULL,
    received INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, change, form, field, blob)
);
CREATE INDEX blob_refs_by_device ON blob_refs (kabupaten, device, received, blob);
CREATE INDEX blob_refs_by_visit ON blob_refs (kabupaten, visit);
CREATE INDEX blob_refs_by_blob ON blob_refs (kabupaten, blob);

CREATE TABLE blobs (
    kabupaten TEXT NOT NULL,
    blob TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    stored_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, blob)
);

CREATE TABLE blob_senders (
    kabupaten TEXT NOT NULL,
    blob TEXT NOT NULL,
    device TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, blob, device)
);
CREATE INDEX blob_senders_by_device ON blob_senders (kabupaten, device);

CREATE TABLE uploads (
    kabupaten TEXT NOT NULL,
    upload TEXT NOT NULL,
    device TEXT NOT NULL,
    blob TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    done INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, upload)
);
CREATE INDEX uploads_by_device ON uploads (kabupaten, device, done);

-- What the queue shows of a visit, kept with its record. quarter: that in which it first came in, as 2026-4.
CREATE TABLE kunjungan (
    kabupaten TEXT NOT NULL,
    visit TEXT NOT NULL,
    state TEXT NOT NULL,
    form TEXT NOT NULL,
    desa TEXT NOT NULL,
    petugas TEXT NOT NULL,
    subject TEXT NOT NULL,
    tugas TEXT NOT NULL,
    versions INTEGER NOT NULL,
    received_ms BIGINT NOT NULL,
    decided_ms BIGINT NOT NULL,
    flags TEXT NOT NULL,
    quarter TEXT NOT NULL,
    PRIMARY KEY (kabupaten, visit)
);
CREATE INDEX kunjungan_by_state ON kunjungan (kabupaten, state, received_ms);
CREATE INDEX kunjungan_by_petugas ON kunjungan (kabupaten, petugas, received_ms);
CREATE INDEX kunjungan_by_subject ON kunjungan (kabupaten, subject, quarter);

-- about: the record in dispute; shelf: what decides who may see it, see server/shelves.py.
CREATE TABLE konflik (
    kabupaten TEXT NOT NULL,
    conflict TEXT NOT NULL,
    record TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    petugas TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    about TEXT NOT NULL,
    shelf TEXT NOT NULL,
    PRIMARY KEY (kabupaten, conflict)
);
CREATE INDEX konflik_by_state ON konflik (kabupaten, state, shelf, at_ms);
CREATE INDEX konflik_by_record ON konflik (kabupaten, record);
CREATE INDEX konflik_by_about ON konflik (kabupaten, about);

-- stage: workflow, version and state; due: YYYY-MM-DD, empty without a limit.
CREATE TABLE kasus (
    kabupaten TEXT NOT NULL,
    kasus TEXT NOT NULL,
    stage TEXT NOT NULL,
    desa TEXT NOT NULL,
    due TEXT NOT NULL,
    PRIMARY KEY (kabupaten, kasus)
);
CREATE INDEX kasus_by_stage ON kasus (kabupaten, stage, desa, due);

-- What is odd about a visit's newest version, as far as that stands in the version itself.
CREATE TABLE tanda (
    kabupaten TEXT NOT NULL,
    visit TEXT NOT NULL,
    versions INTEGER NOT NULL,
    flags TEXT NOT NULL,
    PRIMARY KEY (kabupaten, visit)
);
