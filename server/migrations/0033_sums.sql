-- What visits and tugas count for, added up as they change: see server/services/figures.py. All of it can be
-- thrown away and counted again; what was counted until now is.
DROP TABLE figures;

CREATE TABLE figure_counts (
    kabupaten TEXT NOT NULL,
    record TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, record)
);

-- For tugas the quarter is empty: they are counted as they stand.
CREATE TABLE figure_sums (
    kabupaten TEXT NOT NULL,
    quarter TEXT NOT NULL,
    desa TEXT NOT NULL,
    form TEXT NOT NULL,
    what TEXT NOT NULL,
    which TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, quarter, desa, form, what, which)
);

CREATE TABLE figure_end (
    kabupaten TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (kabupaten)
);

CREATE INDEX records_to_count ON records (kabupaten, seq) WHERE kind IN ('kunjungan', 'tugas');
