-- What the instances say of themselves from the end of reception on: when last, whether nothing that was received
-- before the end is under way, whether they have the box key. Nothing of it is older than that.
CREATE TABLE instances (
    instance INTEGER NOT NULL PRIMARY KEY,
    beat INTEGER NOT NULL,
    drained INTEGER NOT NULL,
    box_key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
