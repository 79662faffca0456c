-- The sealed room. Rule: nothing here opens anything; what does lies in a cookie, a head, or on paper.

-- What is open for a while, or a ceremony under way: encrypted under a key that only one browser's cookie holds.
-- session: hash of the login session it belongs to, empty for a ceremony, in which two people log in by turns.
CREATE TABLE room_held (
    kabupaten TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    what TEXT NOT NULL,
    person TEXT NOT NULL,
    session BLOB NOT NULL,
    until_ms BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, token_hash)
);
CREATE INDEX room_held_by_session ON room_held (kabupaten, session);

-- One row a try that has not succeeded, counted before it is judged; kind tells passphrases from paper halves.
CREATE TABLE room_tries (
    kabupaten TEXT NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    try TEXT NOT NULL,
    PRIMARY KEY (kabupaten, kind, person, at_ms, try)
);

-- What was sealed to an older key of the unit, sealed anew to a newer one. place: which seal of the change.
CREATE TABLE room_reseals (
    kabupaten TEXT NOT NULL,
    change BLOB NOT NULL,
    place INTEGER NOT NULL,
    key BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (kabupaten, change, place)
);

-- HMAC of NIK and year under a secret of the unit: equal tokens are one person asking twice.
CREATE TABLE room_doubles (
    kabupaten TEXT NOT NULL,
    token BLOB NOT NULL,
    kasus TEXT NOT NULL,
    PRIMARY KEY (kabupaten, token, kasus)
);
CREATE INDEX room_doubles_by_case ON room_doubles (kabupaten, kasus);

-- Each use of the recovery key, and who has taken note of it.
CREATE TABLE room_alarms (
    kabupaten TEXT NOT NULL,
    alarm TEXT NOT NULL,
    kasus TEXT NOT NULL,
    kode TEXT NOT NULL,
    person TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, alarm)
);
CREATE TABLE room_alarms_seen (
    kabupaten TEXT NOT NULL,
    alarm TEXT NOT NULL,
    person TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, alarm, person)
);

-- Which sealed changes speak of a case, a visit or a tugas: an index to the log, kept with it.
CREATE TABLE sealed_changes (
    kabupaten TEXT NOT NULL,
    about TEXT NOT NULL,
    change BLOB NOT NULL,
    PRIMARY KEY (kabupaten, about, change)
);

-- Which tugas belong to a sealed case; kept with the record.
CREATE TABLE sealed_tugas (
    kabupaten TEXT NOT NULL,
    kasus TEXT NOT NULL,
    tugas TEXT NOT NULL,
    PRIMARY KEY (kabupaten, kasus, tugas)
);
