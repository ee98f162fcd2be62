-- "Keep me signed in", as it was chosen when the sign-in began. collect: the challenge under which a window leaves its result.
ALTER TABLE provider_flow ADD COLUMN keep INTEGER NOT NULL DEFAULT 0 CHECK (keep IN (0, 1));
ALTER TABLE provider_flow ADD COLUMN collect BLOB CHECK (length(collect) = 32);
ALTER TABLE pending_flow ADD COLUMN keep INTEGER NOT NULL DEFAULT 0 CHECK (keep IN (0, 1));

-- What a window leaves for the frame that opened it. challenge: the hash of what only that frame has. A collected result is
-- a deleted row.
CREATE TABLE handover (
    challenge BLOB NOT NULL PRIMARY KEY CHECK (length(challenge) = 32),
    identity_id TEXT REFERENCES identity (id) ON DELETE CASCADE,
    refused TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((identity_id IS NULL) <> (refused IS NULL))
) STRICT;

CREATE INDEX handover_identity ON handover (identity_id) WHERE identity_id IS NOT NULL;
