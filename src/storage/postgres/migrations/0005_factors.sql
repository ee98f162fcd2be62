-- What was proven in a session: names in order, with a space between.
ALTER TABLE session ADD COLUMN methods TEXT NOT NULL DEFAULT 'password';

-- Second factors. sealed: the secret, encrypted with the key of the installation. last_step: of the last code accepted.
CREATE TABLE factor (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX factor_identity ON factor (identity_id);

-- A used code is a deleted row.
CREATE TABLE recovery_code (
    hash BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);

CREATE INDEX recovery_code_identity ON recovery_code (identity_id);

-- Logins and enrollments that wait for their next step. session_id: the session that is raised by it.
CREATE TABLE pending_flow (
    hash BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    session_id TEXT COLLATE "C" REFERENCES session (id) ON DELETE CASCADE,
    methods TEXT NOT NULL,
    aim TEXT NOT NULL,
    sealed BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX pending_flow_identity ON pending_flow (identity_id);
CREATE INDEX pending_flow_session ON pending_flow (session_id) WHERE session_id IS NOT NULL;
