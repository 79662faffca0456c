-- Whom a colleague asked to decide a visit. It orders the work and decides nothing; a decision takes it away.
CREATE TABLE handed (
    kabupaten TEXT NOT NULL,
    visit TEXT NOT NULL,
    person TEXT NOT NULL,
    by TEXT NOT NULL,
    note TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, visit)
);
CREATE INDEX handed_person ON handed (kabupaten, person);
