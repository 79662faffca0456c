-- The kasus that a visit is to, where it is to a sealed one: a visit to a person or e-warong has a subject instead.
ALTER TABLE kunjungan ADD COLUMN kasus TEXT NOT NULL DEFAULT '';
CREATE INDEX kunjungan_by_kasus ON kunjungan (kabupaten, kasus) WHERE kasus <> '';
