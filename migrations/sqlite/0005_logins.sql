-- Command lines in which somebody signed in. The credential's row has the hash of the present access secret; here is the rest:
-- the key that every use is proved with, and the hash of the secret that works once for new ones. What was used up stays for as
-- long as the login: whoever brings it again ends the login.
CREATE TABLE login (
    credential       BLOB    NOT NULL PRIMARY KEY REFERENCES credential (id) ON DELETE CASCADE,
    key              BLOB    NOT NULL CHECK (length(key) = 32),
    access_until     INTEGER NOT NULL,
    refresh_hash     BLOB    NOT NULL UNIQUE CHECK (length(refresh_hash) = 32),
    assurance        INTEGER NOT NULL CHECK (assurance BETWEEN 0 AND 3),
    authenticated_at INTEGER NOT NULL,
    used_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE spent_refresh (
    hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    credential BLOB NOT NULL REFERENCES login (credential) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX spent_refresh_of ON spent_refresh (credential);
