-- By day, worker and place: how many visits came in and how they stand, and how many tugas are due: what progress
-- to a target is told from, see server/services/figures.py. All is counted again, for it counts these too.
CREATE TABLE figure_days (
    kabupaten TEXT NOT NULL,
    what TEXT NOT NULL,
    day TEXT NOT NULL,
    form TEXT NOT NULL,
    desa TEXT NOT NULL,
    petugas TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, what, day, form, desa, petugas)
);

-- The same by month, so that a quarter is told from three of each and not from ninety.
CREATE TABLE figure_months (
    kabupaten TEXT NOT NULL,
    what TEXT NOT NULL,
    month TEXT NOT NULL,
    form TEXT NOT NULL,
    desa TEXT NOT NULL,
    petugas TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, what, month, form, desa, petugas)
);

DELETE FROM figure_counts;
DELETE FROM figure_sums;
DELETE FROM figure_end;
