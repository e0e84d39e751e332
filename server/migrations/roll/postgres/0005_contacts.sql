-- Keyed hashes of addresses and numbers, so that none is of two persons.
CREATE TABLE contacts (
    tag BYTEA NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL
);
