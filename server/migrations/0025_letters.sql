-- Letters of the office, as columns of their records. Rule: no number of a year is used twice.
CREATE TABLE surat (
    kabupaten TEXT NOT NULL,
    letter TEXT NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    written TEXT NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    subject TEXT NOT NULL,
    visit TEXT NOT NULL,
    kasus TEXT NOT NULL,
    region TEXT NOT NULL,
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, letter)
);
CREATE UNIQUE INDEX surat_by_number ON surat (kabupaten, year, number) WHERE number > 0;
CREATE INDEX surat_by_time ON surat (kabupaten, at_ms);
CREATE INDEX surat_by_day ON surat (kabupaten, day);
