-- Times are milliseconds since 1970 UTC, truth is 0 or 1, ids are 16 bytes, JSON is text.
-- The PostgreSQL file of the same name holds the same tables.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- People ---------------------------------------------------------------------------------------

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    language TEXT,
    password_hash TEXT,
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER
) STRICT;

CREATE TABLE login_sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT NOT NULL DEFAULT '',
    remote_address TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX login_sessions_user ON login_sessions (user_id);

CREATE TABLE api_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE invitations (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX invitations_user ON invitations (user_id);

-- Failed guesses, counted per login, per address and per pair of them.
CREATE TABLE attempts (
    key TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    window_ends_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    remote_address TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_at ON audit (at, id);

-- Standing at the providers -------------------------------------------------------------------

CREATE TABLE credentials (
    id BLOB NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret BLOB NOT NULL,
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
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE grants (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    credential_id BLOB NOT NULL REFERENCES credentials (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    tenant TEXT NOT NULL DEFAULT '',
    scopes TEXT NOT NULL,
    refresh_token BLOB NOT NULL,
    previous_refresh_token BLOB,
    access_token BLOB,
    access_ends_at INTEGER,
    refresh_ends_at INTEGER,
    status TEXT NOT NULL,
    status_since INTEGER NOT NULL,
    status_until INTEGER,
    cause TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    lease_owner TEXT,
    lease_until INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    refresh_at INTEGER,
    refreshed_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_credential ON grants (credential_id);
CREATE INDEX grants_subject ON grants (credential_id, issuer, subject);
CREATE INDEX grants_refresh ON grants (refresh_at);

CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id),
    grant_id BLOB NOT NULL REFERENCES grants (id),
    provider TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL,
    mailbox_address TEXT NOT NULL,
    sender_address TEXT NOT NULL,
    smtp_user TEXT NOT NULL,
    dialect TEXT NOT NULL DEFAULT '',
    sync_status TEXT NOT NULL,
    sync_since INTEGER NOT NULL,
    sync_until INTEGER,
    sync_cause TEXT,
    send_status TEXT NOT NULL,
    send_since INTEGER NOT NULL,
    send_until INTEGER,
    send_cause TEXT,
    last_received_at INTEGER,
    last_sent_at INTEGER,
    modseq INTEGER NOT NULL DEFAULT 0,
    log_floor INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_grant ON accounts (grant_id);
CREATE UNIQUE INDEX accounts_mailbox ON accounts (owner_id, provider, mailbox_address);

CREATE TABLE account_members (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    may_read INTEGER NOT NULL,
    may_send INTEGER NOT NULL,
    may_manage INTEGER NOT NULL,
    PRIMARY KEY (account_id, user_id)
) STRICT;
CREATE INDEX account_members_user ON account_members (user_id);

-- Every state that a grant, a receiving or a sending side was in, and from when to when.
CREATE TABLE intervals (
    subject_id BLOB NOT NULL,
    side TEXT NOT NULL,
    since INTEGER NOT NULL,
    ended_at INTEGER,
    status TEXT NOT NULL,
    cause TEXT,
    PRIMARY KEY (subject_id, side, since)
) STRICT;

CREATE TABLE connects (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login_session_id BLOB,
    credential_id BLOB NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    address TEXT NOT NULL,
    mailbox_address TEXT NOT NULL,
    account_id BLOB,
    grant_id BLOB,
    state_hash BLOB NOT NULL UNIQUE,
    verifier BLOB NOT NULL,
    nonce TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    status TEXT NOT NULL,
    steps TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state_ends_at INTEGER NOT NULL,
    consented_at INTEGER,
    retry_at INTEGER
) STRICT;
CREATE INDEX connects_user ON connects (user_id, created_at);

CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}',
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until INTEGER,
    result TEXT,
    done_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_run_at ON jobs (done_at, run_at);

-- Mail, keyed by account first ----------------------------------------------------------------

CREATE TABLE folders (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    wire_name BLOB NOT NULL,
    delimiter TEXT NOT NULL DEFAULT '',
    parent_id BLOB,
    role TEXT,
    sort_order INTEGER NOT NULL DEFAULT 10,
    selectable INTEGER NOT NULL DEFAULT 1,
    subscribed INTEGER NOT NULL DEFAULT 1,
    uidvalidity INTEGER,
    uidnext INTEGER,
    highestmodseq INTEGER,
    messages_there INTEGER,
    pulled_at INTEGER,
    gone INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, id)
) STRICT;
CREATE UNIQUE INDEX folders_wire_name ON folders (account_id, wire_name);

CREATE TABLE blobs (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT;
CREATE INDEX blobs_id ON blobs (id);

-- `seq` orders by the time received and is the row id of the search index.
CREATE TABLE emails (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL UNIQUE,
    thread_id BLOB NOT NULL,
    blob_id BLOB NOT NULL,
    size INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    sent_at INTEGER,
    message_id TEXT,
    gm_msgid TEXT,
    subject TEXT NOT NULL DEFAULT '',
    from_text TEXT NOT NULL DEFAULT '',
    to_text TEXT NOT NULL DEFAULT '',
    preview TEXT NOT NULL DEFAULT '',
    has_attachment INTEGER NOT NULL DEFAULT 0,
    keywords TEXT NOT NULL DEFAULT ' ',
    message TEXT NOT NULL,
    odd TEXT,
    PRIMARY KEY (account_id, id)
) STRICT;
CREATE INDEX emails_thread ON emails (account_id, thread_id);
CREATE INDEX emails_message_id ON emails (account_id, message_id);
CREATE INDEX emails_gm_msgid ON emails (account_id, gm_msgid);
CREATE INDEX emails_blob ON emails (account_id, blob_id);

-- Which email is in which mailbox; `seq` and `seen` repeat the email's for lists and counts.
CREATE TABLE email_folders (
    account_id BLOB NOT NULL,
    folder_id BLOB NOT NULL,
    email_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (account_id, folder_id, email_id),
    FOREIGN KEY (account_id, folder_id) REFERENCES folders (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, email_id) REFERENCES emails (account_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX email_folders_seq ON email_folders (account_id, folder_id, seq);
CREATE INDEX email_folders_email ON email_folders (account_id, email_id);

-- An email's places upstream.
CREATE TABLE copies (
    account_id BLOB NOT NULL,
    folder_id BLOB NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    email_id BLOB NOT NULL,
    flags TEXT NOT NULL DEFAULT ' ',
    PRIMARY KEY (account_id, folder_id, uidvalidity, uid),
    FOREIGN KEY (account_id, folder_id) REFERENCES folders (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, email_id) REFERENCES emails (account_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX copies_email ON copies (account_id, email_id);

-- Message-IDs that a thread is known by: its own emails' and those they refer to.
CREATE TABLE thread_ids (
    account_id BLOB NOT NULL,
    key TEXT NOT NULL,
    thread_id BLOB NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT;
CREATE INDEX thread_ids_thread ON thread_ids (account_id, thread_id);

CREATE VIRTUAL TABLE email_search USING fts5 (
    sender, recipients, subject, body,
    content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0 tokenchars '_'"
);

CREATE TABLE identities (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT;

CREATE TABLE submissions (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    identity_id BLOB NOT NULL,
    email_id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    blob_id BLOB NOT NULL,
    message_id TEXT NOT NULL,
    envelope TEXT NOT NULL,
    send_at INTEGER NOT NULL,
    undo_status TEXT NOT NULL,
    status TEXT NOT NULL,
    delivery TEXT NOT NULL DEFAULT '{}',
    cause TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    run_at INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    sent_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT;
CREATE INDEX submissions_run_at ON submissions (status, run_at);

-- What a person wants to be true upstream and is not yet.
CREATE TABLE intents (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    email_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    value INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    run_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, email_id, kind),
    FOREIGN KEY (account_id, email_id) REFERENCES emails (account_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX intents_run_at ON intents (account_id, run_at);

-- From which JMAP states and push come. change: 0 created, 1 updated, 2 destroyed.
CREATE TABLE changes (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    modseq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    object_id BLOB NOT NULL,
    change INTEGER NOT NULL,
    PRIMARY KEY (account_id, kind, modseq, object_id)
) STRICT;
CREATE INDEX changes_object ON changes (account_id, kind, object_id);
