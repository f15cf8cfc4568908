-- Secrets of apps. The value is sealed by the keeper for this app and this name, and opens for no other.
CREATE TABLE secret (
    app        TEXT    NOT NULL REFERENCES app (name) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    sealed     BLOB    NOT NULL,
    -- 1, and one more with each new value.
    version    INTEGER NOT NULL CHECK (version >= 1),
    changed_at INTEGER NOT NULL,
    -- No reference: a secret outlives the account that set it.
    changed_by BLOB    CHECK (length(changed_by) = 16),
    -- The last minute in which a function read it.
    used_at    INTEGER,
    PRIMARY KEY (app, name)
) STRICT;
