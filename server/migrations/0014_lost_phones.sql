-- What a phone said last of itself, and its rescue code, sealed to the rescue key.
CREATE TABLE device_words (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    photos BIGINT NOT NULL,
    drafts BIGINT NOT NULL,
    locked TEXT NOT NULL,
    rescue_key BLOB NOT NULL,
    letter BLOB NOT NULL,
    PRIMARY KEY (kabupaten, device)
);

-- wrapped: the private half under the officers' passphrase. The newest key is the one that phones are told.
CREATE TABLE rescue_keys (
    kabupaten TEXT NOT NULL,
    public_key BLOB NOT NULL,
    made_ms BIGINT NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (kabupaten, public_key)
);

-- Wiping takes two: who orders, and who approves. Until it is approved the phone is told nothing.
CREATE TABLE wipes (
    kabupaten TEXT NOT NULL,
    wipe TEXT NOT NULL,
    device TEXT NOT NULL,
    reason TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_ms BIGINT NOT NULL,
    approved_by TEXT,
    approved_ms BIGINT,
    withdrawn_ms BIGINT,
    handed_by TEXT,
    handed_ms BIGINT,
    wiped_ms BIGINT,
    PRIMARY KEY (kabupaten, wipe)
);
CREATE INDEX wipes_by_device ON wipes (kabupaten, device, ordered_ms);

-- facts: what was on the phone as far as the office knew on the day it was told (services/lost_phones.py).
CREATE TABLE lost_phones (
    kabupaten TEXT NOT NULL,
    lost TEXT NOT NULL,
    device TEXT NOT NULL,
    known_ms BIGINT NOT NULL,
    reported_by TEXT NOT NULL,
    story TEXT NOT NULL,
    facts BLOB NOT NULL,
    subjects_told_ms BIGINT,
    authority_told_ms BIGINT,
    closed_ms BIGINT,
    closed_by TEXT,
    outcome TEXT,
    PRIMARY KEY (kabupaten, lost)
);
CREATE INDEX lost_phones_by_device ON lost_phones (kabupaten, device, known_ms);
