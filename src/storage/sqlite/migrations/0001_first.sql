-- Moments and spans are milliseconds. Tokens are here only as SHA-256. Roles of what waits are JSON arrays.

CREATE TABLE meta (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    instance TEXT NOT NULL,
    high_water_mark INTEGER NOT NULL
) STRICT;

CREATE TABLE identity (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_folded TEXT NOT NULL UNIQUE,
    email TEXT,
    email_folded TEXT,
    email_verified_at INTEGER,
    password TEXT,
    must_change INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    CHECK ((email IS NULL) = (email_folded IS NULL)),
    CHECK (email IS NOT NULL OR email_verified_at IS NULL)
) STRICT;

-- An address that nobody confirmed belongs to nobody: only confirmed ones are unique.
CREATE UNIQUE INDEX identity_verified_email ON identity (email_folded) WHERE email_verified_at IS NOT NULL;
CREATE INDEX identity_email ON identity (email_folded) WHERE email_folded IS NOT NULL;

CREATE TABLE identity_role (
    identity_id TEXT NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (identity_id, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_role_by_role ON identity_role (role, identity_id);

CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    identity_id TEXT NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    idle_ttl INTEGER NOT NULL,
    absolute_ttl INTEGER NOT NULL,
    persistent INTEGER NOT NULL CHECK (persistent IN (0, 1)),
    aal INTEGER NOT NULL CHECK (aal IN (1, 2)),
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;

CREATE INDEX session_identity ON session (identity_id, created_at);

CREATE TABLE ticket (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    challenge TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    redeemed_by BLOB CHECK (length(redeemed_by) = 32),
    redeemed_at INTEGER,
    CHECK ((redeemed_by IS NULL) = (redeemed_at IS NULL))
) STRICT;

CREATE INDEX ticket_session ON ticket (session_id);

CREATE TABLE registration (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_folded TEXT NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    password TEXT NOT NULL,
    roles TEXT NOT NULL CHECK (json_type(roles) = 'array'),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX registration_username ON registration (username_folded);
CREATE INDEX registration_email ON registration (email_folded);

CREATE TABLE link (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('setup', 'invitation', 'verification', 'recovery', 'must_change')),
    identity_id TEXT REFERENCES identity (id) ON DELETE CASCADE,
    registration_id TEXT REFERENCES registration (id) ON DELETE CASCADE,
    email TEXT,
    mailed INTEGER NOT NULL CHECK (mailed IN (0, 1)),
    roles TEXT NOT NULL CHECK (json_type(roles) = 'array'),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((kind IN ('recovery', 'must_change')) = (identity_id IS NOT NULL)),
    CHECK ((kind = 'verification') = (registration_id IS NOT NULL))
) STRICT;

CREATE INDEX link_identity ON link (identity_id) WHERE identity_id IS NOT NULL;
CREATE INDEX link_registration ON link (registration_id) WHERE registration_id IS NOT NULL;

CREATE TABLE limit_state (
    key TEXT NOT NULL PRIMARY KEY,
    level REAL NOT NULL,
    updated_at INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX limit_state_updated ON limit_state (updated_at);

-- due_at: when it may be sent next; NULL when it was sent or given up.
CREATE TABLE mail (
    id TEXT NOT NULL PRIMARY KEY,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_folded TEXT NOT NULL,
    identity_id TEXT,
    context TEXT NOT NULL,
    locale TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    due_at INTEGER,
    attempts INTEGER NOT NULL,
    sent_at INTEGER,
    error TEXT
) STRICT;

CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_recipient ON mail (recipient_folded, queued_at);

-- AUTOINCREMENT: a number is never used again, not even after the newest rows were swept.
CREATE TABLE change (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    session_id TEXT,
    identity_id TEXT,
    CHECK ((session_id IS NULL) <> (identity_id IS NULL))
) STRICT;

CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    identity_id TEXT,
    session_id TEXT,
    address TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX audit_at ON audit (at);
