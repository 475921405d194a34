-- The set-up guide, the doctor, moving in, app-only access.
-- The SQLite file of the same name holds the same tables.

-- How far the guide of a provider is; shared by all administrators.
CREATE TABLE guides (
    provider TEXT NOT NULL PRIMARY KEY,
    step TEXT NOT NULL,
    answers TEXT NOT NULL,
    credential_id BYTEA REFERENCES credentials (id) ON DELETE SET NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);

-- Which cards of a guide were done, when and by whom.
CREATE TABLE guide_cards (
    provider TEXT NOT NULL,
    card TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    done_by TEXT NOT NULL,
    PRIMARY KEY (provider, card)
);

-- Everybody who ever consented to an app: Google counts them over its whole life.
CREATE TABLE consented_people (
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    PRIMARY KEY (credential_id, client_id, issuer, subject)
);
INSERT INTO consented_people (credential_id, client_id, issuer, subject, first_at)
    SELECT g.credential_id, c.client_id, g.issuer, g.subject, MIN(g.created_at) FROM grants g
    JOIN credentials c ON c.id = g.credential_id GROUP BY g.credential_id, c.client_id, g.issuer, g.subject;

-- An administrator's consent for a whole tenant, as it came back to us.
ALTER TABLE credentials ADD COLUMN admin_consented_at BIGINT;

-- Failures by the hour; `said` is empty unless the answer is in no row of the catalogue.
CREATE TABLE failures (
    hour BIGINT NOT NULL,
    provider TEXT NOT NULL,
    credential_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    cause_id TEXT NOT NULL,
    said_hash TEXT NOT NULL,
    said TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (hour, provider, credential_id, account_id, cause_id, said_hash)
);

-- What the talk with a provider took, by account and day (UTC, days since 1970).
CREATE TABLE traffic (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    day BIGINT NOT NULL,
    received_bytes BIGINT NOT NULL,
    sent_bytes BIGINT NOT NULL,
    commands BIGINT NOT NULL,
    connections BIGINT NOT NULL,
    PRIMARY KEY (account_id, day)
);

-- How long the last new mail took from the provider's clock to here, in seconds.
ALTER TABLE accounts ADD COLUMN lag BIGINT;
-- Until when the talk of an account is written down.
ALTER TABLE accounts ADD COLUMN protocol_log_until BIGINT;

CREATE TABLE protocol_log (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (account_id, at, seq)
);

-- Accounts that were brought in by a list and wait for their person's consent.
CREATE TABLE pending_accounts (
    id BYTEA NOT NULL PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    key TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL,
    mailbox_address TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pending_accounts_mailbox ON pending_accounts (user_id, mailbox_address);
