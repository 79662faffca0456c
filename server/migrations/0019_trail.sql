-- Changes by arrival: `verify` and the audit trail walk along them.
CREATE INDEX changes_by_arrival ON changes (kabupaten, seq, id);

-- Who did what, and when: an index to the log for page Jejak audit, made from it (server/trail.py) and behind it by
-- what nobody has looked for yet. open: 1 where it tells nothing of any case.
CREATE TABLE trail (
    kabupaten TEXT NOT NULL,
    change BLOB NOT NULL,
    at_ms BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    open INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, change)
);
CREATE INDEX trail_by_time ON trail (kabupaten, at_ms, seq);
CREATE INDEX trail_by_author ON trail (kabupaten, author, at_ms, seq);
CREATE INDEX trail_by_kind ON trail (kabupaten, kind, at_ms, seq);
CREATE INDEX trail_by_openness ON trail (kabupaten, at_ms, seq) WHERE open = 1;

CREATE TABLE trail_about (
    kabupaten TEXT NOT NULL,
    about TEXT NOT NULL,
    change BLOB NOT NULL,
    PRIMARY KEY (kabupaten, about, change)
);
CREATE INDEX trail_about_by_change ON trail_about (kabupaten, change);

-- Codes that people read, and what they are the code of.
CREATE TABLE trail_codes (
    kabupaten TEXT NOT NULL,
    code TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (kabupaten, code, record)
);

-- How far the trail goes.
CREATE TABLE trail_end (
    kabupaten TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (kabupaten)
);

-- Checks of the whole office that were asked for on the page: what came of each, one sentence a line.
CREATE TABLE checks (
    kabupaten TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    person TEXT NOT NULL,
    changes BIGINT NOT NULL,
    links BIGINT NOT NULL,
    signatures BIGINT NOT NULL,
    fault_count BIGINT NOT NULL,
    faults TEXT NOT NULL,
    PRIMARY KEY (kabupaten, at_ms)
);
