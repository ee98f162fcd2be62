-- Accounts of somebody else that open an identity. Issuer and subject name one, letter for letter.
CREATE TABLE linked_account (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    identity_id TEXT NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX linked_account_identity ON linked_account (identity_id);

-- Sign-ins that are on their way through a provider. identity_id: who links an account; NULL for who signs in.
CREATE TABLE provider_flow (
    state_hash BLOB NOT NULL PRIMARY KEY CHECK (length(state_hash) = 32),
    browser_hash BLOB NOT NULL CHECK (length(browser_hash) = 32),
    provider TEXT NOT NULL,
    return_to TEXT NOT NULL,
    identity_id TEXT REFERENCES identity (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX provider_flow_identity ON provider_flow (identity_id) WHERE identity_id IS NOT NULL;
