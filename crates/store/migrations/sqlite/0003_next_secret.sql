-- Two client secrets: the next one beside the current, and the previous one to fall back to.
-- The PostgreSQL file of the same name holds the same columns.

-- Sealed to this column; null where there is none.
ALTER TABLE credentials ADD COLUMN next_secret BLOB;
ALTER TABLE credentials ADD COLUMN next_secret_hint TEXT NOT NULL DEFAULT '';
ALTER TABLE credentials ADD COLUMN next_secret_ends_on TEXT;
-- unproven, good or broken, with the cause.
ALTER TABLE credentials ADD COLUMN next_secret_status TEXT;
ALTER TABLE credentials ADD COLUMN next_secret_cause TEXT;

-- What was current before the last switch.
ALTER TABLE credentials ADD COLUMN previous_secret BLOB;
ALTER TABLE credentials ADD COLUMN previous_secret_hint TEXT NOT NULL DEFAULT '';
ALTER TABLE credentials ADD COLUMN previous_secret_ends_on TEXT;

-- The last switch: by a person, or because the provider refused the current secret.
ALTER TABLE credentials ADD COLUMN secret_switched_at INTEGER;
ALTER TABLE credentials ADD COLUMN secret_switched_by TEXT;
ALTER TABLE credentials ADD COLUMN secret_switched_cause TEXT;

-- When a broken credential was last tried again by itself.
ALTER TABLE credentials ADD COLUMN tried_at INTEGER NOT NULL DEFAULT 0;
