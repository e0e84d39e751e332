CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- Inserted only: rows are neither changed nor deleted, so that nothing tells when one left.
CREATE TABLE ballots (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    credential_tag BYTEA NOT NULL UNIQUE,
    code_tag BYTEA NOT NULL UNIQUE,
    nonce_tag BYTEA NOT NULL UNIQUE,
    sealed BYTEA NOT NULL
);

-- The key admits one head of a number: nobody can sign two.
CREATE TABLE heads (
    log TEXT NOT NULL,
    number BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, number)
);

CREATE TABLE files (
    path TEXT NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL
);
