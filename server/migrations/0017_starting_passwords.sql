-- Whose password somebody else chose and knows: it opens nothing but the page that replaces it.
CREATE TABLE starting_passwords (
    kabupaten TEXT NOT NULL,
    person TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (kabupaten, person)
);
