-- Codes that were asked for. identity_id: nobody's where there is nobody to send one to. counted: the counter of wrong ones.
-- browser_hash: of the cookie of who asked. mac, link_hash: of the code and the link that were sent; none before that.
CREATE TABLE login_code (
    hash BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),
    identity_id TEXT COLLATE "C" REFERENCES identity (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    counted TEXT NOT NULL,
    browser_hash BYTEA CHECK (octet_length(browser_hash) = 32),
    mac BYTEA CHECK (octet_length(mac) = 32),
    link_hash BYTEA CHECK (octet_length(link_hash) = 32),
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX login_code_identity ON login_code (identity_id) WHERE identity_id IS NOT NULL;
CREATE UNIQUE INDEX login_code_link ON login_code (link_hash) WHERE link_hash IS NOT NULL;
