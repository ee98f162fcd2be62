-- What the migrations of SQLite make, in PostgreSQL's types; tables and columns have the same names. Moments and spans
-- are milliseconds. Tokens are here only as SHA-256. Roles of what waits are JSON arrays. Text is compared byte by byte,
-- so that order and indexes don't hang on the server's locale.

CREATE TABLE meta (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    instance TEXT NOT NULL,
    high_water_mark BIGINT NOT NULL
);

CREATE TABLE identity (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_folded TEXT COLLATE "C" NOT NULL CONSTRAINT identity_username_folded_key UNIQUE,
    email TEXT,
    email_folded TEXT COLLATE "C",
    email_verified_at BIGINT,
    password TEXT,
    must_change BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    -- The settings that declare somebody; NULL for everybody else.
    source TEXT COLLATE "C",
    -- What they say of the password, under a key that is not here.
    fingerprint BYTEA CHECK (octet_length(fingerprint) = 32),
    CHECK ((email IS NULL) = (email_folded IS NULL)),
    CHECK (email IS NOT NULL OR email_verified_at IS NULL)
);

-- An address that nobody confirmed belongs to nobody: only confirmed ones are unique.
CREATE UNIQUE INDEX identity_verified_email ON identity (email_folded) WHERE email_verified_at IS NOT NULL;
CREATE INDEX identity_email ON identity (email_folded) WHERE email_folded IS NOT NULL;
CREATE INDEX identity_source ON identity (source) WHERE source IS NOT NULL;
-- bcrypt hashes of people who came from elsewhere: counted by cost without a look at the others.
CREATE INDEX identity_legacy ON identity (substr(password, 5, 2)) WHERE substr(password, 1, 2) = '$2';
CREATE INDEX identity_without_password ON identity (id) WHERE password IS NULL;

CREATE TABLE identity_role (
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    role TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (identity_id, role)
);

CREATE INDEX identity_role_by_role ON identity_role (role, identity_id);

CREATE TABLE session (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    -- In no index, so that writing it leaves every index alone.
    last_used_at BIGINT NOT NULL,
    idle_ttl BIGINT NOT NULL,
    absolute_ttl BIGINT NOT NULL,
    persistent BOOLEAN NOT NULL,
    aal BIGINT NOT NULL CHECK (aal IN (1, 2)),
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL
) WITH (fillfactor = 85);

CREATE INDEX session_identity ON session (identity_id, created_at);
CREATE INDEX session_over ON session ((created_at + absolute_ttl));

CREATE TABLE ticket (
    hash BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),
    session_id TEXT COLLATE "C" NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    challenge TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    redeemed_by BYTEA CHECK (octet_length(redeemed_by) = 32),
    redeemed_at BIGINT,
    CHECK ((redeemed_by IS NULL) = (redeemed_at IS NULL))
);

CREATE INDEX ticket_session ON ticket (session_id);
CREATE INDEX ticket_issued ON ticket (issued_at);

CREATE TABLE registration (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_folded TEXT COLLATE "C" NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL,
    password TEXT NOT NULL,
    roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX registration_username ON registration (username_folded);
CREATE INDEX registration_email ON registration (email_folded);
CREATE INDEX registration_expires ON registration (expires_at);

CREATE TABLE link (
    hash BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('setup', 'invitation', 'verification', 'recovery', 'must_change')),
    identity_id TEXT COLLATE "C" REFERENCES identity (id) ON DELETE CASCADE,
    registration_id TEXT COLLATE "C" REFERENCES registration (id) ON DELETE CASCADE,
    email TEXT,
    mailed BOOLEAN NOT NULL,
    roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK ((kind IN ('recovery', 'must_change')) = (identity_id IS NOT NULL)),
    CHECK ((kind = 'verification') = (registration_id IS NOT NULL))
);

CREATE INDEX link_identity ON link (identity_id) WHERE identity_id IS NOT NULL;
CREATE INDEX link_registration ON link (registration_id) WHERE registration_id IS NOT NULL;
CREATE INDEX link_setup ON link (kind) WHERE kind = 'setup';
CREATE INDEX link_expires ON link (expires_at);

CREATE TABLE limit_state (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    level DOUBLE PRECISION NOT NULL,
    updated_at BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);

CREATE INDEX limit_state_updated ON limit_state (updated_at);

-- due_at: when it may be sent next; NULL when it was sent or given up.
CREATE TABLE mail (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    template TEXT COLLATE "C" NOT NULL,
    recipient TEXT NOT NULL,
    recipient_folded TEXT COLLATE "C" NOT NULL,
    identity_id TEXT COLLATE "C",
    context TEXT NOT NULL,
    locale TEXT NOT NULL,
    queued_at BIGINT NOT NULL,
    due_at BIGINT,
    attempts BIGINT NOT NULL,
    sent_at BIGINT,
    error TEXT
);

CREATE INDEX mail_due ON mail (due_at, queued_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX mail_recipient ON mail (recipient_folded, queued_at);
CREATE INDEX mail_identity ON mail (identity_id) WHERE identity_id IS NOT NULL;
CREATE INDEX mail_over ON mail (queued_at) WHERE due_at IS NULL;

CREATE TABLE change (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    session_id TEXT,
    identity_id TEXT,
    CHECK ((session_id IS NULL) <> (identity_id IS NULL))
);

CREATE INDEX change_at ON change (at);

-- The newest number of `change`. Whoever appends holds this row until the commit, so that numbers become visible in their
-- order: a sequence would show 5 before 4 is there, and a reader at 5 would never see 4.
CREATE TABLE change_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL
) WITH (fillfactor = 10);

INSERT INTO change_head (id, seq) VALUES (1, 0);

CREATE TABLE audit (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    identity_id TEXT,
    session_id TEXT,
    address TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_event ON audit (event, id);

-- Names that transactions hold (a username, an address) while they look whether anybody has it. A row lives only inside
-- its transaction, which deletes it before the commit: whoever inserts the same name waits for that.
CREATE TABLE held (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
