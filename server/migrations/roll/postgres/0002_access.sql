-- Codes that were sent, and how many within an hour; 0 by telephone, 1 by e-mail, 2 to a new address.
-- Rows below zero belong to nobody: what is asked of an account that does not exist is written there.
CREATE TABLE codes (
    account BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    code BYTEA,
    expires BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    PRIMARY KEY (account, channel)
);

ALTER TABLE accounts DROP COLUMN code;
ALTER TABLE accounts DROP COLUMN code_expires;
ALTER TABLE accounts DROP COLUMN code_tries;
-- Wrong digits, of the link in force.
ALTER TABLE accounts ADD COLUMN digit_tries BIGINT NOT NULL DEFAULT 0;
-- Whether the registrar is asked to send the link again.
ALTER TABLE accounts ADD COLUMN resend BIGINT NOT NULL DEFAULT 0;
