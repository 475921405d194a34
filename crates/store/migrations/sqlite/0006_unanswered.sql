-- Since when it is not known what the provider did with a refresh request, and how many access tokens in a row
-- were refused before they had proved themselves.
-- The PostgreSQL file of the same name holds the same columns.
ALTER TABLE grants ADD COLUMN unanswered_at INTEGER;
ALTER TABLE grants ADD COLUMN rejections INTEGER NOT NULL DEFAULT 0;
CREATE INDEX grants_due ON grants (credential_id, refresh_at);
DROP INDEX grants_refresh;
