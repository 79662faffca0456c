-- Lists that go out. body: what was asked and how far it is, see server/tables/order.py.
CREATE TABLE exports (
    kabupaten TEXT NOT NULL,
    export TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kabupaten, export)
);

-- The files, in pieces, for as long as they wait to be fetched.
CREATE TABLE export_pieces (
    kabupaten TEXT NOT NULL,
    export TEXT NOT NULL,
    place BIGINT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (kabupaten, export, place)
);

-- What other systems asked of the data API on each day; noted: that day stands in the office's chain.
CREATE TABLE api_days (
    kabupaten TEXT NOT NULL,
    token TEXT NOT NULL,
    day TEXT NOT NULL,
    calls BIGINT NOT NULL,
    rows BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    noted INTEGER NOT NULL,
    PRIMARY KEY (kabupaten, token, day)
);
