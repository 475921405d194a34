-- What people are told by mail, and what is learnt from grants that ended.
-- The PostgreSQL file of the same name holds the same tables.

-- Once per kind, subject, occasion and person. `why`: the cause that nothing could be sent.
CREATE TABLE notices (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    occasion TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cause TEXT,
    detail TEXT NOT NULL DEFAULT '{}',
    status TEXT NOT NULL,
    why TEXT,
    address TEXT NOT NULL DEFAULT '',
    account_id BLOB,
    submission_id BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    run_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
CREATE UNIQUE INDEX notices_once ON notices (kind, subject_id, occasion, user_id);
CREATE INDEX notices_status ON notices (status, run_at);
CREATE INDEX notices_user ON notices (user_id, id);

-- How long grants lived: the next one of the same person will hardly live longer.
CREATE TABLE grant_deaths (
    grant_id BLOB NOT NULL,
    died_at INTEGER NOT NULL,
    credential_id BLOB NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    tenant TEXT NOT NULL DEFAULT '',
    cause TEXT,
    consented_at INTEGER NOT NULL,
    PRIMARY KEY (grant_id, died_at)
) STRICT;
CREATE INDEX grant_deaths_credential ON grant_deaths (credential_id, died_at);

-- Since when the provider refuses ID or secret.
ALTER TABLE credentials ADD COLUMN broken_since INTEGER;
