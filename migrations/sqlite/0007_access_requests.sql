-- People who ask to be let into an app: one row each, open until somebody decides. A denial stays for a while, so that nobody is
-- asked over and over.
CREATE TABLE access_request (
    app       TEXT    NOT NULL REFERENCES app (name) ON DELETE CASCADE,
    person    BLOB    NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    message   TEXT    NOT NULL CHECK (length(message) <= 500),
    asked_at  INTEGER NOT NULL,
    denied_at INTEGER,
    PRIMARY KEY (app, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_request_person ON access_request (person);
