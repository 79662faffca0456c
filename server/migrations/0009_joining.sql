-- A phone that has joined waits until an officer has compared the four words. device: set when it was confirmed.
-- authority: SHA-256 of the certificate that the phone pins, empty for none. challenge: our random number.
-- opening: the phone's secret, NULL until it is said; only then are there words to compare.
ALTER TABLE enrolments ADD COLUMN public_key BLOB;
ALTER TABLE enrolments ADD COLUMN handover_key BLOB;
ALTER TABLE enrolments ADD COLUMN model TEXT;
ALTER TABLE enrolments ADD COLUMN authority BLOB;
ALTER TABLE enrolments ADD COLUMN commitment BLOB;
ALTER TABLE enrolments ADD COLUMN challenge BLOB;
ALTER TABLE enrolments ADD COLUMN opening BLOB;
ALTER TABLE enrolments ADD COLUMN joined_ms BIGINT;
ALTER TABLE enrolments ADD COLUMN refused_ms BIGINT;
ALTER TABLE enrolments ADD COLUMN decided_by TEXT;

CREATE INDEX enrolments_by_join ON enrolments (kabupaten, joined_ms);
