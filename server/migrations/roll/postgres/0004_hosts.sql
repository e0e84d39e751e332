-- The components of every instance, by the hash of their listing, and when it was taken last.
CREATE TABLE hosts (
    instance BIGINT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL
);
