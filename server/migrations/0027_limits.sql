-- Calls of phones that failed: enrolment codes that are none (kode), logins that were refused (masuk).
-- network: hash of where they came from, see server/limits.py.
CREATE TABLE failed_calls (
    kabupaten TEXT NOT NULL,
    kind TEXT NOT NULL,
    network BLOB NOT NULL,
    at_ms BIGINT NOT NULL,
    try TEXT NOT NULL,
    PRIMARY KEY (kabupaten, kind, network, at_ms, try)
);
CREATE INDEX failed_calls_by_age ON failed_calls (kabupaten, at_ms);

-- From where a nonce was asked for: nobody elsewhere takes the place of a phone's own.
ALTER TABLE nonces ADD COLUMN network BLOB;
CREATE INDEX nonces_by_network ON nonces (kabupaten, network, expires_ms);
