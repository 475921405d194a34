-- Times are milliseconds since 1970 UTC, truth is 0 or 1, ids are 16 bytes, JSON is text.
-- The SQLite file of the same name holds the same tables.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- People ---------------------------------------------------------------------------------------

CREATE TABLE users (
    id BYTEA NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    language TEXT,
    password_hash TEXT,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT
);

CREATE TABLE login_sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    user_agent TEXT NOT NULL DEFAULT '',
    remote_address TEXT NOT NULL DEFAULT ''
);
CREATE INDEX login_sessions_user ON login_sessions (user_id);

CREATE TABLE api_tokens (
    id BYTEA NOT NULL PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE invitations (
    id BYTEA NOT NULL PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX invitations_user ON invitations (user_id);

-- Failed guesses, counted per login, per address and per pair of them.
CREATE TABLE attempts (
    key TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    window_ends_at BIGINT NOT NULL
);

CREATE TABLE audit (
    id BYTEA NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    remote_address TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_at ON audit (at, id);

-- Standing at the providers -------------------------------------------------------------------

CREATE TABLE credentials (
    id BYTEA NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret BYTEA NOT NULL,
    secret_hint TEXT NOT NULL DEFAULT '',
    secret_ends_on TEXT,
    note TEXT NOT NULL DEFAULT '',
    tenant TEXT NOT NULL DEFAULT '',
    redirect_path TEXT NOT NULL,
    auth TEXT NOT NULL DEFAULT 'secret',
    access TEXT NOT NULL DEFAULT 'delegated',
    allowed_addresses TEXT NOT NULL DEFAULT '[]',
    status TEXT NOT NULL,
    cause TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE grants (
    id BYTEA NOT NULL PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id),
    credential_id BYTEA NOT NULL REFERENCES credentials (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    tenant TEXT NOT NULL DEFAULT '',
    scopes TEXT NOT NULL,
    refresh_token BYTEA NOT NULL,
    previous_refresh_token BYTEA,
    access_token BYTEA,
    access_ends_at BIGINT,
    refresh_ends_at BIGINT,
    status TEXT NOT NULL,
    status_since BIGINT NOT NULL,
    status_until BIGINT,
    cause TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    lease_owner TEXT,
    lease_until BIGINT,
    failures BIGINT NOT NULL DEFAULT 0,
    refresh_at BIGINT,
    refreshed_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX grants_credential ON grants (credential_id);
CREATE INDEX grants_subject ON grants (credential_id, issuer, subject);
CREATE INDEX grants_refresh ON grants (refresh_at);

CREATE TABLE accounts (
    id BYTEA NOT NULL PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES users (id),
    grant_id BYTEA NOT NULL REFERENCES grants (id),
    provider TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL,
    mailbox_address TEXT NOT NULL,
    sender_address TEXT NOT NULL,
    smtp_user TEXT NOT NULL,
    dialect TEXT NOT NULL DEFAULT '',
    sync_status TEXT NOT NULL,
    sync_since BIGINT NOT NULL,
    sync_until BIGINT,
    sync_cause TEXT,
    send_status TEXT NOT NULL,
    send_since BIGINT NOT NULL,
    send_until BIGINT,
    send_cause TEXT,
    last_received_at BIGINT,
    last_sent_at BIGINT,
    modseq BIGINT NOT NULL DEFAULT 0,
    log_floor BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX accounts_grant ON accounts (grant_id);
CREATE UNIQUE INDEX accounts_mailbox ON accounts (owner_id, provider, mailbox_address);

CREATE TABLE account_members (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    may_read BIGINT NOT NULL,
    may_send BIGINT NOT NULL,
    may_manage BIGINT NOT NULL,
    PRIMARY KEY (account_id, user_id)
);
CREATE INDEX account_members_user ON account_members (user_id);

-- Every state that a grant, a receiving or a sending side was in, and from when to when.
CREATE TABLE intervals (
    subject_id BYTEA NOT NULL,
    side TEXT NOT NULL,
    since BIGINT NOT NULL,
    ended_at BIGINT,
    status TEXT NOT NULL,
    cause TEXT,
    PRIMARY KEY (subject_id, side, since)
);

CREATE TABLE connects (
    id BYTEA NOT NULL PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login_session_id BYTEA,
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    address TEXT NOT NULL,
    mailbox_address TEXT NOT NULL,
    account_id BYTEA,
    grant_id BYTEA,
    state_hash BYTEA NOT NULL UNIQUE,
    verifier BYTEA NOT NULL,
    nonce TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    status TEXT NOT NULL,
    steps TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    state_ends_at BIGINT NOT NULL,
    consented_at BIGINT,
    retry_at BIGINT
);
CREATE INDEX connects_user ON connects (user_id, created_at);

CREATE TABLE jobs (
    id BYTEA NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id BYTEA NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}',
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until BIGINT,
    result TEXT,
    done_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX jobs_run_at ON jobs (done_at, run_at);

-- Mail, keyed by account first ----------------------------------------------------------------

CREATE TABLE folders (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    wire_name BYTEA NOT NULL,
    delimiter TEXT NOT NULL DEFAULT '',
    parent_id BYTEA,
    role TEXT,
    sort_order BIGINT NOT NULL DEFAULT 10,
    selectable BIGINT NOT NULL DEFAULT 1,
    subscribed BIGINT NOT NULL DEFAULT 1,
    uidvalidity BIGINT,
    uidnext BIGINT,
    highestmodseq BIGINT,
    messages_there BIGINT,
    pulled_at BIGINT,
    gone BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX folders_wire_name ON folders (account_id, wire_name);

CREATE TABLE blobs (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    size BIGINT NOT NULL,
    media_type TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX blobs_id ON blobs (id);

-- `seq` orders by the time received and is the row id of the search index.
CREATE TABLE emails (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    seq BIGINT NOT NULL UNIQUE,
    thread_id BYTEA NOT NULL,
    blob_id BYTEA NOT NULL,
    size BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    sent_at BIGINT,
    message_id TEXT,
    gm_msgid TEXT,
    subject TEXT NOT NULL DEFAULT '',
    from_text TEXT NOT NULL DEFAULT '',
    to_text TEXT NOT NULL DEFAULT '',
    preview TEXT NOT NULL DEFAULT '',
    has_attachment BIGINT NOT NULL DEFAULT 0,
    keywords TEXT NOT NULL DEFAULT ' ',
    message TEXT NOT NULL,
    odd TEXT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX emails_thread ON emails (account_id, thread_id);
CREATE INDEX emails_message_id ON emails (account_id, message_id);
CREATE INDEX emails_gm_msgid ON emails (account_id, gm_msgid);
CREATE INDEX emails_blob ON emails (account_id, blob_id);

-- Which email is in which mailbox; `seq` and `seen` repeat the email's for lists and counts.
CREATE TABLE email_folders (
    account_id BYTEA NOT NULL,
    folder_id BYTEA NOT NULL,
    email_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (account_id, folder_id, email_id),
    FOREIGN KEY (account_id, folder_id) REFERENCES folders (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, email_id) REFERENCES emails (account_id, id) ON DELETE CASCADE
);
CREATE INDEX email_folders_seq ON email_folders (account_id, folder_id, seq);
CREATE INDEX email_folders_email ON email_folders (account_id, email_id);

-- An email's places upstream.
CREATE TABLE copies (
    account_id BYTEA NOT NULL,
    folder_id BYTEA NOT NULL,
    uidvalidity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    email_id BYTEA NOT NULL,
    flags TEXT NOT NULL DEFAULT ' ',
    PRIMARY KEY (account_id, folder_id, uidvalidity, uid),
    FOREIGN KEY (account_id, folder_id) REFERENCES folders (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, email_id) REFERENCES emails (account_id, id) ON DELETE CASCADE
);
CREATE INDEX copies_email ON copies (account_id, email_id);

-- Message-IDs that a thread is known by: its own emails' and those they refer to.
CREATE TABLE thread_ids (
    account_id BYTEA NOT NULL,
    key TEXT NOT NULL,
    thread_id BYTEA NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX thread_ids_thread ON thread_ids (account_id, thread_id);

CREATE TABLE email_search (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL PRIMARY KEY,
    sender TSVECTOR NOT NULL,
    recipients TSVECTOR NOT NULL,
    subject TSVECTOR NOT NULL,
    body TSVECTOR NOT NULL,
    everything TSVECTOR NOT NULL
);
CREATE INDEX email_search_everything ON email_search USING GIN (everything);

CREATE TABLE identities (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE submissions (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    identity_id BYTEA NOT NULL,
    email_id BYTEA NOT NULL,
    thread_id BYTEA NOT NULL,
    blob_id BYTEA NOT NULL,
    message_id TEXT NOT NULL,
    envelope TEXT NOT NULL,
    send_at BIGINT NOT NULL,
    undo_status TEXT NOT NULL,
    status TEXT NOT NULL,
    delivery TEXT NOT NULL DEFAULT '{}',
    cause TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    run_at BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT,
    sent_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX submissions_run_at ON submissions (status, run_at);

-- What a person wants to be true upstream and is not yet.
CREATE TABLE intents (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    email_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    value BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    run_at BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, email_id, kind),
    FOREIGN KEY (account_id, email_id) REFERENCES emails (account_id, id) ON DELETE CASCADE
);
CREATE INDEX intents_run_at ON intents (account_id, run_at);

-- From which JMAP states and push come. change: 0 created, 1 updated, 2 destroyed.
CREATE TABLE changes (
    account_id BYTEA NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    modseq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    object_id BYTEA NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, modseq, object_id)
);
CREATE INDEX changes_object ON changes (account_id, kind, object_id);
