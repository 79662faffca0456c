-- What visits count for, by month and no longer by quarter: months, quarters and years are told from it, see
-- server/services/figures.py. All is counted again.
DROP TABLE figure_sums;

-- For tugas the month is empty: they are counted as they stand.
CREATE TABLE figure_sums (
    kabupaten TEXT NOT NULL,
    month TEXT NOT NULL,
    desa TEXT NOT NULL,
    form TEXT NOT NULL,
    what TEXT NOT NULL,
    which TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, month, desa, form, what, which)
);

DELETE FROM figure_counts;
DELETE FROM figure_days;
DELETE FROM figure_months;
DELETE FROM figure_end;
