-- Apps and their deployments. An app's version grows with every switch, membership change and policy change.
CREATE TABLE app (
    name       TEXT    NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    current    BLOB,
    version    INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    -- What answers is always a deployment of the same app. No constraint may be DEFERRED: it would fail at COMMIT,
    -- and one COMMIT serves several independent callers.
    FOREIGN KEY (name, current) REFERENCES deployment (app, id)
) STRICT;

CREATE TABLE deployment (
    seq          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    app          TEXT    NOT NULL REFERENCES app (name) ON DELETE CASCADE,
    id           BLOB    NOT NULL CHECK (length(id) = 32),
    manifest     TEXT    NOT NULL,
    policy       TEXT,
    components   TEXT    NOT NULL CHECK (json_valid(components)),
    state        TEXT    NOT NULL CHECK (state IN ('preparing', 'ready', 'failed')),
    fail_code    TEXT,
    fail_reason  TEXT,
    created_at   INTEGER NOT NULL,
    -- No reference: a deployment outlives the account that made it.
    created_by   BLOB    CHECK (length(created_by) = 16),
    UNIQUE (app, id),
    CHECK ((state = 'failed') = (fail_code IS NOT NULL)),
    CHECK ((fail_code IS NULL) = (fail_reason IS NULL))
) STRICT;

CREATE INDEX deployment_newest ON deployment (app, created_at DESC, seq DESC);
