-- Keyed hashes of addresses and numbers, so that none is of two persons.
CREATE TABLE contacts (
    tag BLOB NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
