-- Codes that were sent, and how many within an hour; 0 by telephone, 1 by e-mail, 2 to a new address.
-- Rows below zero belong to nobody: what is asked of an account that does not exist is written there.
CREATE TABLE codes (
    account INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    code BLOB,
    expires INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    PRIMARY KEY (account, channel)
) STRICT, WITHOUT ROWID;

ALTER TABLE accounts DROP COLUMN code;
ALTER TABLE accounts DROP COLUMN code_expires;
ALTER TABLE accounts DROP COLUMN code_tries;
-- Wrong digits, of the link in force.
ALTER TABLE accounts ADD COLUMN digit_tries INTEGER NOT NULL DEFAULT 0;
-- Whether the registrar is asked to send the link again.
ALTER TABLE accounts ADD COLUMN resend INTEGER NOT NULL DEFAULT 0;
