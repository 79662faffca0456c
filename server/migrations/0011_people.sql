-- People: a second step at login, and where a session was opened. Rule: a copy of these tables opens nothing.

ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
-- The roles a session was opened with: it ends when they change.
ALTER TABLE sessions ADD COLUMN roles TEXT NOT NULL DEFAULT '';

-- secret: sealed under a key derived from the key file. last_step: the newest time step whose code was used.
CREATE TABLE second_factors (
    kabupaten TEXT NOT NULL,
    person TEXT NOT NULL,
    secret BLOB NOT NULL,
    confirmed_ms BIGINT,
    last_step BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, person)
);

CREATE TABLE recovery_codes (
    kabupaten TEXT NOT NULL,
    person TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (kabupaten, person, hash)
);

-- Since when somebody logs in without a second step; a grace counts from here.
CREATE TABLE factor_graces (
    kabupaten TEXT NOT NULL,
    person TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, person)
);

-- The password fitted, the code is still to come.
CREATE TABLE half_logins (
    kabupaten TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    person TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, token_hash)
);
