-- People, service accounts, their credentials, memberships, and the claim that makes an owner. Secrets are here as SHA-256 only.
CREATE TABLE principal (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind       TEXT    NOT NULL CHECK (kind IN ('person', 'service')),
    owner      INTEGER NOT NULL DEFAULT 0 CHECK (owner IN (0, 1)),
    app        TEXT    REFERENCES app (name) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    -- A service account belongs to one app and owns nothing; a person belongs to none.
    CHECK ((kind = 'service') = (app IS NOT NULL)),
    CHECK (kind = 'person' OR owner = 0)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX service_account_name ON principal (app, name) WHERE kind = 'service';

CREATE TABLE credential (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    principal   BLOB    NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    kind        TEXT    NOT NULL CHECK (kind IN ('cli', 'call', 'service')),
    -- NULL: counts for the platform. Otherwise for this app alone, and goes with it.
    audience    TEXT    REFERENCES app (name) ON DELETE CASCADE,
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    label       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_of ON credential (principal, created_at DESC);
CREATE INDEX credential_audience ON credential (audience) WHERE audience IS NOT NULL;

CREATE TABLE member (
    app       TEXT    NOT NULL REFERENCES app (name) ON DELETE CASCADE,
    principal BLOB    NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    role      TEXT    NOT NULL CHECK (role IN ('member', 'admin')),
    added_at  INTEGER NOT NULL,
    PRIMARY KEY (app, principal)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_principal ON member (principal);

-- One row or none.
CREATE TABLE claim (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    code_hash  BLOB    NOT NULL CHECK (length(code_hash) = 32),
    expires_at INTEGER NOT NULL
) STRICT;
