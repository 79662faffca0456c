-- A visit that says otherwise than the office's record carries a sign from now on: those that wait are examined once
-- more when the queue is opened next. What was decided keeps the signs that its reviewer saw.
DELETE FROM tanda WHERE EXISTS (SELECT 1 FROM kunjungan k WHERE k.kabupaten = tanda.kabupaten
    AND k.visit = tanda.visit AND k.state IN ('diterima', 'ditahan'));
