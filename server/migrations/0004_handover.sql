-- Sync without a network. handover_key: the phone's X25519 key, to which answers are sealed; NULL until it is known.
ALTER TABLE devices ADD COLUMN handover_key BLOB;

-- The hand-over files that were taken in, as they were last. question: what an answer needs to know, packed.
CREATE TABLE handovers (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    file BLOB NOT NULL,
    number BIGINT NOT NULL,
    made_ms BIGINT NOT NULL,
    taken_ms BIGINT NOT NULL,
    taken_by TEXT NOT NULL,
    changes BIGINT NOT NULL,
    photos BIGINT NOT NULL,
    question BLOB NOT NULL,
    PRIMARY KEY (kabupaten, device, file)
);
CREATE INDEX handovers_by_time ON handovers (kabupaten, taken_ms);
