-- Links with which a person renews one grant without signing in here, and what was begun with them.
-- The PostgreSQL file of the same name holds the same tables.

-- Of the link's token only the hash is kept. `used_at`: a consent of the grant succeeded, by this link or another way.
CREATE TABLE reconnect_links (
    id BLOB NOT NULL PRIMARY KEY,
    grant_id BLOB NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX reconnect_links_grant ON reconnect_links (grant_id, created_at);
CREATE INDEX reconnect_links_account ON reconnect_links (account_id);

-- Consents that were begun by a link, and the hash of the cookie of the browser that began them.
CREATE TABLE reconnect_tries (
    connect_id BLOB NOT NULL PRIMARY KEY REFERENCES connects (id) ON DELETE CASCADE,
    link_id BLOB NOT NULL REFERENCES reconnect_links (id) ON DELETE CASCADE,
    browser_hash BLOB NOT NULL
) STRICT;
CREATE INDEX reconnect_tries_link ON reconnect_tries (link_id);
CREATE INDEX reconnect_tries_browser ON reconnect_tries (browser_hash);

-- When any node last said that it runs, and when before that; one row.
CREATE TABLE heartbeat (
    one INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    previous INTEGER NOT NULL
) STRICT;

-- The stretches in which something did not run, for the report of reach.
CREATE INDEX intervals_out ON intervals (side, subject_id, since)
    WHERE status IN ('later', 'blocked', 'throttled', 'app_broken', 'needs_consent', 'revoked', 'stopped');
