CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- `account` is random, so the order of the rows says nothing.
CREATE TABLE accounts (
    account BIGINT NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL UNIQUE,
    token BYTEA UNIQUE,
    list BIGINT NOT NULL,
    place BIGINT NOT NULL,
    person BYTEA NOT NULL,
    half BYTEA NOT NULL,
    generation BIGINT NOT NULL DEFAULT 0,
    auth BYTEA,
    totp BYTEA,
    totp_step BIGINT NOT NULL DEFAULT 0,
    code BYTEA,
    code_expires BIGINT NOT NULL DEFAULT 0,
    code_tries BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    locked_until BIGINT NOT NULL DEFAULT 0,
    session BYTEA,
    session_start BIGINT NOT NULL DEFAULT 0,
    session_end BIGINT NOT NULL DEFAULT 0,
    UNIQUE (list, place)
);

-- No time and no order: who has voted, and nothing else.
CREATE TABLE marks (
    account BIGINT NOT NULL,
    contest BIGINT NOT NULL,
    PRIMARY KEY (account, contest)
);

CREATE TABLE intents (
    intent BIGINT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

CREATE TABLE events (
    seq BIGINT NOT NULL PRIMARY KEY,
    line TEXT NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE approvals (
    subject TEXT NOT NULL,
    act TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    signature BYTEA NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    PRIMARY KEY (subject, role)
);

CREATE TABLE clock (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    latest BIGINT NOT NULL
);
