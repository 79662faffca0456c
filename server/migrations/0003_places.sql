-- Links by their place in a chain instead of by hash: a batch then writes few pages instead of one for each link.

CREATE TABLE links_by_place (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    counter BIGINT NOT NULL,
    hash BLOB NOT NULL,
    prev BLOB NOT NULL,
    change BLOB NOT NULL,
    known INTEGER NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (kabupaten, device, counter, hash)
);
INSERT INTO links_by_place SELECT kabupaten, device, counter, hash, prev, change, known, raw FROM links;
DROP TABLE links;
ALTER TABLE links_by_place RENAME TO links;
CREATE INDEX links_waiting ON links (kabupaten, prev) WHERE known = 0;

CREATE TABLE signatures_by_place (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    counter BIGINT NOT NULL,
    head BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (kabupaten, device, counter, head)
);
INSERT INTO signatures_by_place
SELECT s.kabupaten, s.device, l.counter, s.head, s.signature FROM signatures s
JOIN links l ON l.kabupaten = s.kabupaten AND l.device = s.device AND l.hash = s.head;
DROP TABLE signatures;
ALTER TABLE signatures_by_place RENAME TO signatures;

-- A content as it arrived, and what became of it. counter: the place in its device's chain that named it first.
-- raw is NULL where it was destroyed, or will never come.
CREATE TABLE changes_with_place (
    kabupaten TEXT NOT NULL,
    id BLOB NOT NULL,
    device TEXT NOT NULL,
    counter BIGINT NOT NULL,
    outcome BLOB NOT NULL,
    received_ms BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    waiting TEXT NOT NULL,
    raw BLOB,
    PRIMARY KEY (kabupaten, id)
);
INSERT INTO changes_with_place
SELECT c.kabupaten, c.id, c.device, coalesce(l.counter, 0), c.outcome, c.received_ms, c.seq, c.waiting, c.raw
FROM changes c LEFT JOIN (
    SELECT kabupaten, device, change, min(counter) AS counter FROM links GROUP BY kabupaten, device, change
) l ON l.kabupaten = c.kabupaten AND l.device = c.device AND l.change = c.id;
DROP TABLE changes;
ALTER TABLE changes_with_place RENAME TO changes;
CREATE INDEX changes_waiting ON changes (kabupaten, waiting) WHERE waiting <> '';

-- Outcomes that changed after a device had been answered otherwise.
CREATE TABLE news (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    seq BIGINT NOT NULL,
    change BLOB NOT NULL,
    PRIMARY KEY (kabupaten, device, seq)
);

-- The newest link of a device that is safe in backups, with all before it and their blobs.
CREATE TABLE backed_up (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    counter BIGINT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (kabupaten, device)
);

-- Bytes that must not come back, whoever sends them.
CREATE TABLE destroyed_blobs (
    kabupaten TEXT NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (kabupaten, blob)
);
