-- What is on this phone no longer, and why. Links stay for ever; thumbnails stay but for what was destroyed.

-- dilupakan: safe at the office and in its backups; hilang: unreadable here, or asked for again after that.
ALTER TABLE blobs ADD COLUMN gone TEXT NOT NULL DEFAULT '' CHECK (gone IN ('', 'dilupakan', 'hilang'));

-- dilupakan: as above; hilang: it could not be read before it arrived; tidak_kembali: forgotten, and then asked for
-- again by an office that was restored from far too old a copy. The latter two are declared by a gap.
CREATE TABLE gone_contents (
    change BLOB PRIMARY KEY,
    why TEXT NOT NULL CHECK (why IN ('dilupakan', 'hilang', 'tidak_kembali')),
    again TEXT -- the draft by which she records it anew
) WITHOUT ROWID;
