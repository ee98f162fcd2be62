-- source: the settings that declare somebody; NULL for everybody else. fingerprint: what they say of the password,
-- under a key that is not here, so that a start need not hash it again to see whether it changed.
ALTER TABLE identity ADD COLUMN source TEXT;
ALTER TABLE identity ADD COLUMN fingerprint BLOB CHECK (length(fingerprint) = 32);

CREATE INDEX identity_source ON identity (source) WHERE source IS NOT NULL;
