-- A visit that says otherwise than the office's record carries a sign from now on: those that wait are examined once
-- more when the queue is opened next. What was decided keeps the signs that its reviewer saw.
DELETE FROM tanda WHERE EXISTS (SELECT 1 FROM kunjungan k WHERE k.kabupaten = tanda.kabupaten
    AND k.visit = tanda.visit AND k.state IN ('diterima', 'ditahan'));

-- Which bytes of a camera became which photo of a visit: a photo carries its visit's time and place, so that one shot
-- used twice has two names. Kept when a visit is examined, see server/sign_store.py.
CREATE TABLE camera_shots (
    kabupaten TEXT NOT NULL,
    visit TEXT NOT NULL,
    blob TEXT NOT NULL,
    camera TEXT NOT NULL,
    PRIMARY KEY (kabupaten, visit, blob)
);
CREATE INDEX camera_shots_by_camera ON camera_shots (kabupaten, camera);
