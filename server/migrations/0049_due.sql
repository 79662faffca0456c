-- What is due to be destroyed, and which case holds a visit, are found by index: they are asked at each showing of the
-- page, and the office keeps what it decided for years. `since_ms` is NULL of cases that were there before: these are
-- written once more when the office is opened (server/relisting.py).
ALTER TABLE kasus ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE kasus ADD COLUMN kunjungan TEXT NOT NULL DEFAULT '';
ALTER TABLE kasus ADD COLUMN since_ms BIGINT;
CREATE INDEX kasus_unfilled ON kasus (kabupaten, kasus) WHERE since_ms IS NULL;
CREATE INDEX kasus_by_visit ON kasus (kabupaten, kunjungan, kasus) WHERE kunjungan <> '';
CREATE INDEX kasus_by_end ON kasus (kabupaten, service, since_ms, kasus, stage, desa);

CREATE INDEX kunjungan_by_decision ON kunjungan (kabupaten, state, decided_ms, visit, form, desa) WHERE decided_ms > 0;
