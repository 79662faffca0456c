-- A cursor is known by the tag of the newest commit when it was given, which is looked up with each sync.
CREATE UNIQUE INDEX commits_by_tag ON commits (kabupaten, tag);
