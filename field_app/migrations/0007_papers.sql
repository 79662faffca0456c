-- What was measured of pictures of papers, beside blur and darkness: a reflection on it, a side outside the picture,
-- too small in it.

ALTER TABLE photos ADD COLUMN glare INTEGER NOT NULL DEFAULT 0;
ALTER TABLE photos ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
ALTER TABLE photos ADD COLUMN far INTEGER NOT NULL DEFAULT 0;
