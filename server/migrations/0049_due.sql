-- What is due to be destroyed, and which case holds a visit, are found by index: they are asked at each showing of the
-- page, and the office keeps what it decided for years. `since_ms` is NULL of cases that were there before: these are
-- written once more when the office is opened (server/relisting.py).
ALTER TABLE kasus ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE kasus ADD COLUMN kunjungan TEXT NOT NULL DEFAULT '';
ALTER TABLE kasus ADD COLUMN since_ms BIGINT;
CREATE INDEX kasus_unfilled ON kasus (kabupaten, kasus) WHERE since_ms IS NULL;
CREATE INDEX kasus_by_visit ON kasus (kabupaten, kunjungan, kasus) WHERE kunjungan <> '';
CREATE INDEX kasus_by_end ON kasus (kabupaten, service, since_ms, kasus, stage, desa) WHERE since_ms > 0;

CREATE INDEX kunjungan_by_decision ON kunjungan (kabupaten, state, decided_ms, visit, form, desa) WHERE decided_ms > 0;

-- What a device sent, and where a photo is named, are found without going through all photos that ever came.
DROP INDEX blob_senders_by_device;
CREATE INDEX blob_senders_by_device ON blob_senders (kabupaten, device, blob);
DROP INDEX blob_refs_by_blob;
CREATE INDEX blob_refs_by_blob ON blob_refs (kabupaten, blob, device, change);
CREATE INDEX camera_shots_by_blob ON camera_shots (kabupaten, blob) WHERE blob <> '';

-- How many visits stand where: written with their columns (server/visit_counts.py), and read by each page that counts.
CREATE TABLE visit_counts (
    kabupaten TEXT NOT NULL,
    stand TEXT NOT NULL,
    form TEXT NOT NULL,
    desa TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, stand, form, desa)
);
INSERT INTO visit_counts SELECT kabupaten, CASE WHEN received_ms > decided_ms AND received_ms > left_ms
    AND state IN ('dikembalikan', 'disetujui', 'ditolak') THEN 'susulan_' || state ELSE state END, form, desa, count(*)
FROM kunjungan GROUP BY 1, 2, 3, 4;

-- The tugas that are open, by whom they lie with: pages that ask for these need not read what was ever given out. Those
-- that were there before are put here when the office is opened, a piece at a time (server/relisting.py), up to `after`.
CREATE TABLE open_tugas (
    kabupaten TEXT NOT NULL,
    tugas TEXT NOT NULL,
    petugas TEXT NOT NULL,
    state TEXT NOT NULL,
    due TEXT NOT NULL,
    service TEXT NOT NULL,
    PRIMARY KEY (kabupaten, tugas)
);
CREATE INDEX open_tugas_by_petugas ON open_tugas (kabupaten, petugas, tugas, state, due, service);
CREATE TABLE filling (
    kabupaten TEXT NOT NULL PRIMARY KEY,
    after TEXT NOT NULL
);
INSERT INTO filling (kabupaten, after) SELECT kabupaten, '' FROM kabupaten;

-- By which fields records speak of others: what goes with somebody is found so, and not by reading all there is.
CREATE TABLE speaks_of (
    kabupaten TEXT NOT NULL,
    record TEXT NOT NULL,
    field TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kabupaten, record, field)
);
CREATE INDEX speaks_of_by_name ON speaks_of (kabupaten, name, record);
