-- What lists ask for stands beside what it is in, and finished visits are found by what they are of: nothing that is
-- shown reads all that was ever done. The functions are those of field_app/asked.py.

ALTER TABLE rows ADD COLUMN state TEXT;
ALTER TABLE rows ADD COLUMN about TEXT; -- of a visit: with which form, and to whom; of a konflik: the change
ALTER TABLE rows ADD COLUMN at; -- of a tugas: the day it is due; of a visit: when it was made, UTC milliseconds
UPDATE rows SET state = asked(kind, body, 0), about = asked(kind, body, 1), at = asked(kind, body, 2)
    WHERE kind NOT IN ('warga', 'ewarong');
CREATE INDEX rows_by_state ON rows (kind, state) WHERE state IS NOT NULL;
CREATE INDEX rows_by_about ON rows (about, at) WHERE about IS NOT NULL;
CREATE INDEX rows_by_due ON rows (at) WHERE kind = 'tugas';

ALTER TABLE outcomes ADD COLUMN waits TEXT; -- what a held change waits for
ALTER TABLE outcomes ADD COLUMN refused TEXT; -- why a change was refused
UPDATE outcomes SET waits = told(packed, 0), refused = told(packed, 1);
CREATE INDEX outcomes_by_waits ON outcomes (waits) WHERE waits IS NOT NULL;
CREATE INDEX outcomes_by_refused ON outcomes (refused) WHERE refused IS NOT NULL;

CREATE INDEX drafts_unfinished ON drafts (touched_ms) WHERE change IS NULL;
CREATE INDEX drafts_finished ON drafts (visit) WHERE change IS NOT NULL;
CREATE INDEX drafts_by_tugas ON drafts (tugas) WHERE change IS NOT NULL;
CREATE INDEX drafts_by_subject ON drafts (subject, form, finalised_ms) WHERE change IS NOT NULL;
CREATE INDEX drafts_by_patch ON drafts (patch) WHERE patch IS NOT NULL;
CREATE INDEX drafts_sealed ON drafts (id) WHERE form = 'tersegel';
CREATE INDEX blobs_lost ON blobs (id) WHERE gone = 'hilang';
CREATE INDEX gone_unsent ON gone_contents (change) WHERE why IN ('hilang', 'tidak_kembali');
