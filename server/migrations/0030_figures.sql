-- What the newest version of each visit counts for: pairs of what and which, see server/services/figures.py.
CREATE TABLE figures (
    kabupaten TEXT NOT NULL,
    visit TEXT NOT NULL,
    versions INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, visit)
);
