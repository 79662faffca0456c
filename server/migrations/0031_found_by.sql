-- Letters are found by what they are about: on the page of a case or a visit, and for all that is held on somebody.
CREATE INDEX surat_by_case ON surat (kabupaten, kasus);
CREATE INDEX surat_by_visit ON surat (kabupaten, visit);
CREATE INDEX surat_by_subject ON surat (kabupaten, subject);

-- Visits by the commit in which they last changed: other systems read on from the last that they know.
CREATE INDEX records_of_visits ON records (kabupaten, seq) WHERE kind = 'kunjungan';
