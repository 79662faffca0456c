-- When the office said last that a decision stands whatever came since: no version was passed over before.
ALTER TABLE kunjungan ADD COLUMN left_ms BIGINT NOT NULL DEFAULT 0;

-- When the version came that counts: the newest, of an approved visit the newest that was approved. Of the few where these
-- are two it is put right when the office is opened (server/relisting.py).
ALTER TABLE kunjungan ADD COLUMN counted_ms BIGINT NOT NULL DEFAULT 0;
UPDATE kunjungan SET counted_ms = received_ms;

-- Where a visit stands in the lists of visits that wait (STANDS in server/visit_counts.py): those whose newest version came
-- after the decision stand apart, so that nobody reads through all that was ever rejected or approved to find them.
CREATE INDEX kunjungan_by_standing ON kunjungan (kabupaten, (CASE WHEN received_ms > decided_ms AND received_ms > left_ms
    AND state IN ('dikembalikan', 'disetujui', 'ditolak') THEN 'susulan_' || state ELSE state END), received_ms);
