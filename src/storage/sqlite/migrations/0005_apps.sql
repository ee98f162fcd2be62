-- Apps that ask from their own process. A key is here only as its SHA-256; retires_at: when a replaced one ends.
CREATE TABLE app (
    name TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE app_key (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    app TEXT NOT NULL REFERENCES app (name) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    retires_at INTEGER
) STRICT;

CREATE INDEX app_key_app ON app_key (app);

-- app: whom the session is for; NULL for the endpoint's own. parent_id: the endpoint's session that it came from.
ALTER TABLE session ADD COLUMN app TEXT;
ALTER TABLE session ADD COLUMN parent_id TEXT;

CREATE INDEX session_app ON session (app) WHERE app IS NOT NULL;
CREATE INDEX session_parent ON session (parent_id) WHERE parent_id IS NOT NULL;

-- One-time codes that carry a sign-in to an app. made: the session that was made with it.
CREATE TABLE code (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    app TEXT NOT NULL REFERENCES app (name) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    challenge TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    made TEXT
) STRICT;

CREATE INDEX code_session ON code (session_id);
CREATE INDEX code_app ON code (app);

-- The app whose page asked for the mail: its name and address stand in it.
ALTER TABLE mail ADD COLUMN app TEXT;
