-- What a sync with nothing to say needs, in tables that stay small however much the office holds.

-- The newest seq in each part: where a phone has it, that part's rows need not be looked at.
ALTER TABLE parts ADD COLUMN last_seq BIGINT NOT NULL DEFAULT 0;
UPDATE parts SET last_seq = coalesce(
    (SELECT max(r.seq) FROM rows r WHERE r.kabupaten = parts.kabupaten AND r.part = parts.part), 0
);

-- The newest commit, beside its last_seq: most phones ask from there.
ALTER TABLE kabupaten ADD COLUMN first_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE kabupaten ADD COLUMN tag BLOB NOT NULL DEFAULT x'';
UPDATE kabupaten SET
    first_seq = coalesce((SELECT c.first_seq FROM commits c
        WHERE c.kabupaten = kabupaten.kabupaten AND c.last_seq = kabupaten.last_seq), 0),
    tag = coalesce((SELECT c.tag FROM commits c
        WHERE c.kabupaten = kabupaten.kabupaten AND c.last_seq = kabupaten.last_seq), x'');

-- The records of people, few among many: each request asks for the one behind it.
CREATE TABLE petugas (
    kabupaten TEXT NOT NULL,
    person TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, person)
);
INSERT INTO petugas SELECT kabupaten, id, body FROM records WHERE kind = 'petugas';
