-- Logins that failed, for whose account it is and for who looks after accounts. Rule: nothing that was typed is kept.
-- person: whose account was tried, empty where there is none of that name. what: the password (sandi) or the code
-- of the second step (kode). mark: two bytes of a hash of the name, to tell how many names came from one network;
-- too few to find out a password that was typed in the wrong field.
CREATE TABLE wrong_logins (
    kabupaten TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    try TEXT NOT NULL,
    person TEXT NOT NULL,
    network TEXT NOT NULL,
    what TEXT NOT NULL,
    mark BLOB NOT NULL,
    PRIMARY KEY (kabupaten, at_ms, try)
);
CREATE INDEX wrong_logins_by_person ON wrong_logins (kabupaten, person, at_ms);

-- When somebody last logged in, and when before that: since then failed tries are told to them.
CREATE TABLE last_logins (
    kabupaten TEXT NOT NULL,
    person TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    before_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, person)
);
