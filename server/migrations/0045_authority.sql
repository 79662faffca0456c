-- Which certificate authority of the office's TLS counts: phones and browsers know it. It lies beside the key file, and
-- where that was moved alone another one would be made, which nobody knows.
CREATE TABLE authority (
    kabupaten TEXT NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    since_ms BIGINT NOT NULL
);
