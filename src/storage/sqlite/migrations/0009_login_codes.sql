-- Codes that were asked for. identity_id: nobody's where there is nobody to send one to. counted: the counter of wrong ones.
-- browser_hash: of the cookie of who asked. mac, link_hash: of the code and the link that were sent; none before that.
CREATE TABLE login_code (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    identity_id TEXT REFERENCES identity (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    counted TEXT NOT NULL,
    browser_hash BLOB CHECK (length(browser_hash) = 32),
    mac BLOB CHECK (length(mac) = 32),
    link_hash BLOB CHECK (length(link_hash) = 32),
    tries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX login_code_identity ON login_code (identity_id) WHERE identity_id IS NOT NULL;
CREATE UNIQUE INDEX login_code_link ON login_code (link_hash) WHERE link_hash IS NOT NULL;
