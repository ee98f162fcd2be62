-- The session whose person signs in at a provider once more; NULL for everybody else on the way there.
ALTER TABLE provider_flow ADD COLUMN session_id TEXT;

-- Changes of an address that wait, one for each person: for the link to the present address (approve), where that is
-- confirmed (former), and for the one to the new address (confirm).
CREATE TABLE address_change (
    id TEXT NOT NULL PRIMARY KEY,
    identity_id TEXT NOT NULL UNIQUE REFERENCES identity (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    former TEXT,
    approve_hash BLOB UNIQUE CHECK (length(approve_hash) = 32),
    approve_until INTEGER,
    approved_at INTEGER,
    confirm_hash BLOB UNIQUE CHECK (length(confirm_hash) = 32),
    confirm_until INTEGER,
    confirmed_at INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- What somebody is shown of what happened to the own account.
CREATE INDEX audit_identity ON audit (identity_id, id) WHERE identity_id IS NOT NULL;
