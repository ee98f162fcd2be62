-- The id by which a passkey is found, whoever has it.
ALTER TABLE factor ADD COLUMN credential_id BLOB;

CREATE UNIQUE INDEX factor_credential ON factor (credential_id) WHERE credential_id IS NOT NULL;

-- Challenges that nobody keeps, and that were answered: none is answered twice.
CREATE TABLE used_challenge (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX used_challenge_expires ON used_challenge (expires_at);
