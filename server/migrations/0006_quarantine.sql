-- Changes that are kept and not applied are few among many: found without looking at the others. The bytes are
-- how `Rejected` begins. What was destroyed or lost has no content any more, and is told of elsewhere.
CREATE INDEX changes_rejected ON changes (kabupaten, seq)
WHERE raw IS NOT NULL AND substr(outcome, 1, 10) = x'93a872656a6563746564';

-- By which rules what was refused has been judged last; other rules judge it again.
CREATE TABLE judged (
    kabupaten TEXT NOT NULL PRIMARY KEY,
    rules BLOB NOT NULL
);

-- When a device was last heard, also when it had nothing to say. clock_ms: how far its clock was off, 0 if it fits.
CREATE TABLE heard (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    protocol INTEGER NOT NULL,
    clock_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, device)
);
INSERT INTO heard
SELECT c.kabupaten, c.device, max(c.received_ms), 1, 0 FROM changes c
JOIN devices d ON d.kabupaten = c.kabupaten AND d.device = c.device GROUP BY c.kabupaten, c.device;

-- Heads of this office's chain that a phone was shown, and that this office does not have.
CREATE TABLE unknown_heads (
    kabupaten TEXT NOT NULL,
    device TEXT NOT NULL,
    head BLOB NOT NULL,
    counter BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, device, head)
);
CREATE INDEX signatures_by_head ON signatures (kabupaten, head);
