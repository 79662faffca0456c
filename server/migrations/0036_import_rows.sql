-- How many rows of a piece are not taken, and how many are with something left out or odd: the page of a list reads
-- the pieces that it shows, not a hundred thousand rows for one. NULL where a piece was judged before this.
ALTER TABLE import_rows ADD COLUMN problems BIGINT;
ALTER TABLE import_rows ADD COLUMN noted BIGINT;

-- Covers what is asked of a whole list, past the cells.
CREATE INDEX import_rows_told ON import_rows (kabupaten, import, sheet, place, problems, noted);
