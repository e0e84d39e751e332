-- The components of every instance, by the hash of their listing, its policy and staff, and when it said so last.
CREATE TABLE hosts (
    instance BIGINT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    hash TEXT NOT NULL,
    policy TEXT NOT NULL,
    at BIGINT NOT NULL
);
