-- Lists that were taken in. body: what is known of the list as a whole, see server/tables/job.py.
CREATE TABLE imports (
    kabupaten TEXT NOT NULL,
    import TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, import)
);

-- The cells of each sheet, so many rows a piece, and what is to become of each row once it was checked.
CREATE TABLE import_rows (
    kabupaten TEXT NOT NULL,
    import TEXT NOT NULL,
    sheet BIGINT NOT NULL,
    place BIGINT NOT NULL,
    cells BLOB NOT NULL,
    outcomes BLOB,
    PRIMARY KEY (kabupaten, import, sheet, place)
);

-- Which field somebody last matched to a column of that name; empty for one that was left out on purpose.
CREATE TABLE import_matches (
    kabupaten TEXT NOT NULL,
    kind TEXT NOT NULL,
    head TEXT NOT NULL,
    field TEXT NOT NULL,
    PRIMARY KEY (kabupaten, kind, head)
);

-- What lists last said of a record: a list that says the same again changes nothing that was mended meanwhile.
CREATE TABLE import_said (
    kabupaten TEXT NOT NULL,
    record TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, record)
);
