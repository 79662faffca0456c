-- told_ms: when the phone was given its order; from then on it cannot be taken back.
ALTER TABLE wipes ADD COLUMN told_ms BIGINT;

-- note: why a report was closed without telling anybody, as of a phone that was found again at once.
ALTER TABLE lost_phones ADD COLUMN note TEXT NOT NULL DEFAULT '';
