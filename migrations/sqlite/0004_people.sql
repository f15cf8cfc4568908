-- How people sign in, the sessions of their browsers, and what lets them in. Secrets are here as SHA-256, passwords as PHC
-- strings, authenticator secrets sealed by the keeper. Everything goes along with its person.
CREATE TABLE account (
    person         BLOB    NOT NULL PRIMARY KEY REFERENCES principal (id) ON DELETE CASCADE,
    email          TEXT    NOT NULL UNIQUE,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    password       TEXT,
    password_at    INTEGER,
    totp           BLOB,
    totp_at        INTEGER,
    totp_step      INTEGER,
    passkeys       TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(passkeys)),
    CHECK ((password IS NULL) = (password_at IS NULL)),
    CHECK ((totp IS NULL) = (totp_at IS NULL)),
    CHECK ((totp IS NULL) = (totp_step IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
    person BLOB NOT NULL REFERENCES account (person) ON DELETE CASCADE,
    hash   BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (person, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    person           BLOB    NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    parent           BLOB    REFERENCES session (id) ON DELETE CASCADE,
    -- NULL: the sign-in origin. Otherwise this app alone.
    app              TEXT    REFERENCES app (name) ON DELETE CASCADE,
    secret_hash      BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    former_hash      BLOB    CHECK (length(former_hash) = 32),
    former_until     INTEGER,
    created_at       INTEGER NOT NULL,
    used_at          INTEGER NOT NULL,
    rotated_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    assurance        INTEGER NOT NULL CHECK (assurance BETWEEN 0 AND 3),
    authenticated_at INTEGER NOT NULL,
    device           TEXT    NOT NULL,
    -- A session at an app has a parent, one at the sign-in origin has none.
    CHECK ((app IS NULL) = (parent IS NULL)),
    CHECK ((former_hash IS NULL) = (former_until IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX session_of ON session (person, used_at DESC);
CREATE INDEX session_parent ON session (parent) WHERE parent IS NOT NULL;
CREATE INDEX session_app ON session (app) WHERE app IS NOT NULL;
CREATE UNIQUE INDEX session_former ON session (former_hash) WHERE former_hash IS NOT NULL;
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE link (
    hash       BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    purpose    TEXT    NOT NULL CHECK (purpose IN ('code', 'reset', 'verify-email')),
    person     BLOB    NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    note       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    used       INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX link_person ON link (person);
CREATE INDEX link_expires ON link (expires_at);

CREATE TABLE invitation (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    code_hash  BLOB    NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    email      TEXT    NOT NULL UNIQUE,
    app        TEXT    REFERENCES app (name) ON DELETE CASCADE,
    role       TEXT    CHECK (role IN ('member', 'admin')),
    -- No reference: an invitation outlives whoever made it.
    invited_by BLOB    CHECK (length(invited_by) = 16),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((app IS NULL) = (role IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX invitation_app ON invitation (app) WHERE app IS NOT NULL;
