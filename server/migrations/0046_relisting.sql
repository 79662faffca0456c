-- Lists of a desa no longer hold the desil of anybody. What phones were told until now is told anew when the office is
-- opened, a piece at a time (server/relisting.py): of whom up to `after`. Without a row all is done.
CREATE TABLE relisting (
    kabupaten TEXT NOT NULL PRIMARY KEY,
    after TEXT NOT NULL
);
INSERT INTO relisting (kabupaten, after) SELECT kabupaten, '' FROM kabupaten;
