CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- `account` is random, so the order of the rows says nothing.
CREATE TABLE accounts (
    account INTEGER NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL UNIQUE,
    token BLOB UNIQUE,
    list INTEGER NOT NULL,
    place INTEGER NOT NULL,
    person BLOB NOT NULL,
    half BLOB NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,
    auth BLOB,
    totp BLOB,
    totp_step INTEGER NOT NULL DEFAULT 0,
    code BLOB,
    code_expires INTEGER NOT NULL DEFAULT 0,
    code_tries INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0,
    session BLOB,
    session_start INTEGER NOT NULL DEFAULT 0,
    session_end INTEGER NOT NULL DEFAULT 0,
    UNIQUE (list, place)
) STRICT;

-- No time and no order: who has voted, and nothing else.
CREATE TABLE marks (
    account INTEGER NOT NULL,
    contest INTEGER NOT NULL,
    PRIMARY KEY (account, contest)
) STRICT, WITHOUT ROWID;

CREATE TABLE intents (
    intent INTEGER NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE events (
    seq INTEGER NOT NULL PRIMARY KEY,
    line TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE approvals (
    subject TEXT NOT NULL,
    act TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    signature BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    PRIMARY KEY (subject, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE clock (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    latest INTEGER NOT NULL
) STRICT;
