-- Names lie by desa only, and a search over all desa looks into each (field_app/search.py): that takes a third of a
-- millisecond, and each index of names costs a first sync a twentieth of its time.

DROP INDEX subjects_by_name;
