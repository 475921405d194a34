-- The set-up guide, the doctor, moving in, app-only access.
-- The PostgreSQL file of the same name holds the same tables.

-- How far the guide of a provider is; shared by all administrators.
CREATE TABLE guides (
    provider TEXT NOT NULL PRIMARY KEY,
    step TEXT NOT NULL,
    answers TEXT NOT NULL,
    credential_id BLOB REFERENCES credentials (id) ON DELETE SET NULL,
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT;

-- Which cards of a guide were done, when and by whom.
CREATE TABLE guide_cards (
    provider TEXT NOT NULL,
    card TEXT NOT NULL,
    done_at INTEGER NOT NULL,
    done_by TEXT NOT NULL,
    PRIMARY KEY (provider, card)
) STRICT;

-- Everybody who ever consented to an app: Google counts them over its whole life.
CREATE TABLE consented_people (
    credential_id BLOB NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    PRIMARY KEY (credential_id, client_id, issuer, subject)
) STRICT;
INSERT INTO consented_people (credential_id, client_id, issuer, subject, first_at)
    SELECT g.credential_id, c.client_id, g.issuer, g.subject, MIN(g.created_at) FROM grants g
    JOIN credentials c ON c.id = g.credential_id GROUP BY g.credential_id, c.client_id, g.issuer, g.subject;

-- An administrator's consent for a whole tenant, as it came back to us.
ALTER TABLE credentials ADD COLUMN admin_consented_at INTEGER;

-- Failures by the hour; `said` is empty unless the answer is in no row of the catalogue.
CREATE TABLE failures (
    hour INTEGER NOT NULL,
    provider TEXT NOT NULL,
    credential_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    cause_id TEXT NOT NULL,
    said_hash TEXT NOT NULL,
    said TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (hour, provider, credential_id, account_id, cause_id, said_hash)
) STRICT;

-- What the talk with a provider took, by account and day (UTC, days since 1970).
CREATE TABLE traffic (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    day INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    sent_bytes INTEGER NOT NULL,
    commands INTEGER NOT NULL,
    connections INTEGER NOT NULL,
    PRIMARY KEY (account_id, day)
) STRICT;

-- How long the last new mail took from the provider's clock to here, in seconds.
ALTER TABLE accounts ADD COLUMN lag INTEGER;
-- Until when the talk of an account is written down.
ALTER TABLE accounts ADD COLUMN protocol_log_until INTEGER;

CREATE TABLE protocol_log (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (account_id, at, seq)
) STRICT;

-- Accounts that were brought in by a list and wait for their person's consent.
CREATE TABLE pending_accounts (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id BLOB NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    key TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL,
    mailbox_address TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX pending_accounts_mailbox ON pending_accounts (user_id, mailbox_address);
