-- An index to warga and e-warong for searching, made from their records and behind them by a moment: it can be thrown
-- away and made again (server/subject_index.py). Who is destroyed leaves it in the same transaction.

-- What follows the records: their seqs, of these kinds only, so that all others cost nothing.
CREATE INDEX records_to_index ON records (kabupaten, seq) WHERE kind IN ('warga', 'ewarong', 'kasus', 'pasangan');

-- number: a short name of the subject, in the order in which they came. shelf: the number of where it lies, see below.
-- birth: desa and day, empty where one is not known. nik, kks, kk: numbers backwards, so that an ending is found as a
-- beginning. merged_into: the record that it lives on in. fresh: 1 for a warga whom a phone made and nobody at the
-- office has matched. Few indexes, and narrow ones: each costs a page of the file to whoever is taken in.
CREATE TABLE subjects (
    kabupaten TEXT NOT NULL,
    number BIGINT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    name_key TEXT NOT NULL,
    desa TEXT NOT NULL,
    birth TEXT NOT NULL,
    nik TEXT NOT NULL,
    kks TEXT NOT NULL,
    kk TEXT NOT NULL,
    shelf BIGINT NOT NULL,
    merged_into TEXT NOT NULL,
    fresh INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, number)
);
CREATE UNIQUE INDEX subjects_by_id ON subjects (kabupaten, subject);
CREATE INDEX subjects_by_name ON subjects (kabupaten, kind, name_key, shelf);
CREATE INDEX subjects_by_desa ON subjects (kabupaten, desa, kind, name_key);
CREATE INDEX subjects_by_birth ON subjects (kabupaten, birth) WHERE birth <> '';
CREATE INDEX subjects_by_nik ON subjects (kabupaten, nik) WHERE nik <> '';
CREATE INDEX subjects_by_kks ON subjects (kabupaten, kks) WHERE kks <> '';
CREATE INDEX subjects_by_kk ON subjects (kabupaten, kk) WHERE kk <> '';
CREATE INDEX subjects_by_survivor ON subjects (kabupaten, merged_into) WHERE merged_into <> '';
CREATE INDEX subjects_fresh ON subjects (kabupaten, desa, number) WHERE fresh = 1;

-- Each word of a folded name but the first, by which subjects_by_name finds it.
CREATE TABLE subject_words (
    kabupaten TEXT NOT NULL,
    word TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, word, number)
);

-- Shelves (server/shelves.py) by number: who may see what lies on one is asked of server/access.py.
CREATE TABLE subject_shelves (
    kabupaten TEXT NOT NULL,
    number BIGINT NOT NULL,
    shelf TEXT NOT NULL,
    PRIMARY KEY (kabupaten, number)
);

-- Whom a case is about.
CREATE TABLE subject_cases (
    kabupaten TEXT NOT NULL,
    kasus TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (kabupaten, kasus)
);
CREATE INDEX subject_cases_by_subject ON subject_cases (kabupaten, subject);

-- Two records that may be one person; one < other. why: nik or nama.
CREATE TABLE subject_pairs (
    kabupaten TEXT NOT NULL,
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (kabupaten, one, other)
);
CREATE INDEX subject_pairs_by_other ON subject_pairs (kabupaten, other);

-- How far the index goes.
CREATE TABLE subject_end (
    kabupaten TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (kabupaten)
);
