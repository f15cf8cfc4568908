-- Keys and values of one app, in a file of its own.
CREATE TABLE entry (
    key        TEXT    NOT NULL UNIQUE,
    value      BLOB    NOT NULL,
    metadata   TEXT,
    -- Seconds since 1970: from then on it is not there.
    expires_at INTEGER,
    -- Never the same again in this file.
    version    INTEGER NOT NULL,
    -- What it counts for when the app's bytes are counted.
    size       INTEGER NOT NULL
) STRICT;

CREATE INDEX entry_expires ON entry (expires_at) WHERE expires_at IS NOT NULL;

-- One row: the sum of all sizes, and the newest version.
CREATE TABLE tally (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    bytes   INTEGER NOT NULL CHECK (bytes >= 0),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO tally (one, bytes, version) VALUES (1, 0, 0);
