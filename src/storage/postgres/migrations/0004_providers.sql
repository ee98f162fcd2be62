-- Accounts of somebody else that open an identity. Issuer and subject name one, letter for letter.
CREATE TABLE linked_account (
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE INDEX linked_account_identity ON linked_account (identity_id);

-- Sign-ins that are on their way through a provider. identity_id: who links an account; NULL for who signs in.
CREATE TABLE provider_flow (
    state_hash BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    browser_hash BYTEA NOT NULL CHECK (octet_length(browser_hash) = 32),
    provider TEXT NOT NULL,
    return_to TEXT NOT NULL,
    identity_id TEXT COLLATE "C" REFERENCES identity (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX provider_flow_identity ON provider_flow (identity_id) WHERE identity_id IS NOT NULL;
CREATE INDEX provider_flow_expires ON provider_flow (expires_at);
