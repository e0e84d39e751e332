CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Inserted only: rows are neither changed nor deleted, so that nothing tells when one left.
CREATE TABLE ballots (
    seq INTEGER NOT NULL PRIMARY KEY,
    credential_tag BLOB NOT NULL UNIQUE,
    code_tag BLOB NOT NULL UNIQUE,
    nonce_tag BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL
) STRICT;

-- The key admits one head of a number: nobody can sign two.
CREATE TABLE heads (
    log TEXT NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, number)
) STRICT;

CREATE TABLE files (
    path TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
