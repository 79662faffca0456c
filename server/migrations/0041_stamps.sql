-- How often the sums of each month changed: what was read of a month holds as long as this is the same, see
-- server/figure_store.py.
CREATE TABLE figure_stamps (
    kabupaten TEXT NOT NULL,
    month TEXT NOT NULL,
    stamp BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, month)
);
