-- "Keep me signed in", as it was chosen when the sign-in began. collect: the challenge under which a window leaves its result.
ALTER TABLE provider_flow ADD COLUMN keep BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE provider_flow ADD COLUMN collect BYTEA CHECK (octet_length(collect) = 32);
ALTER TABLE pending_flow ADD COLUMN keep BOOLEAN NOT NULL DEFAULT false;

-- What a window leaves for the frame that opened it. challenge: the hash of what only that frame has. A collected result is
-- a deleted row.
CREATE TABLE handover (
    challenge BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(challenge) = 32),
    identity_id TEXT COLLATE "C" REFERENCES identity (id) ON DELETE CASCADE,
    refused TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK ((identity_id IS NULL) <> (refused IS NULL))
);

CREATE INDEX handover_identity ON handover (identity_id) WHERE identity_id IS NOT NULL;
CREATE INDEX handover_expires ON handover (expires_at);
