-- Where the office's chain got another key: at this link the key before it had the last word, and what follows is
-- signed by this one. All of it follows from the chain; `verify` compares them.
CREATE TABLE office_keys (
    kabupaten TEXT NOT NULL,
    counter BIGINT NOT NULL,
    link BLOB NOT NULL,
    public_key BLOB NOT NULL,
    PRIMARY KEY (kabupaten, counter, link)
);
