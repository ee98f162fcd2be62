-- The session whose person signs in at a provider once more; NULL for everybody else on the way there.
ALTER TABLE provider_flow ADD COLUMN session_id TEXT COLLATE "C";

-- Changes of an address that wait, one for each person: for the link to the present address (approve), where that is
-- confirmed (former), and for the one to the new address (confirm).
CREATE TABLE address_change (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    identity_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES identity (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    former TEXT,
    approve_hash BYTEA UNIQUE CHECK (octet_length(approve_hash) = 32),
    approve_until BIGINT,
    approved_at BIGINT,
    confirm_hash BYTEA UNIQUE CHECK (octet_length(confirm_hash) = 32),
    confirm_until BIGINT,
    confirmed_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX address_change_expires ON address_change (expires_at);

-- What somebody is shown of what happened to the own account.
CREATE INDEX audit_identity ON audit (identity_id, id) WHERE identity_id IS NOT NULL;
