-- Mails on their way, and how an invitation came about. What a mail says is sealed by the keeper, and forgotten when it is over.
CREATE TABLE mail (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind       TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,
    person     BLOB    REFERENCES principal (id) ON DELETE CASCADE,
    letter     BLOB,
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'failed')),
    -- waiting: when it is due. sending: the end of the lease. Otherwise: when that was.
    state_at   INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    error      TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK (state NOT IN ('waiting', 'sending') OR letter IS NOT NULL),
    CHECK (state <> 'delivered' OR letter IS NULL)
) STRICT;

CREATE INDEX mail_open ON mail (state_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX mail_created ON mail (created_at);
CREATE INDEX mail_recipient ON mail (recipient, created_at);
CREATE INDEX mail_person ON mail (person) WHERE person IS NOT NULL;

-- Invitations of before were handed over, and shown to whoever made them.
ALTER TABLE invitation ADD COLUMN mailed INTEGER NOT NULL DEFAULT 0 CHECK (mailed IN (0, 1));
ALTER TABLE invitation ADD COLUMN sign_up INTEGER NOT NULL DEFAULT 0 CHECK (sign_up IN (0, 1));
