-- Groups of people, their places in apps, and what an invitation brings beside an app. A membership goes along with its person and
-- its group; names are references, so that a later group of the same name inherits nothing.
CREATE TABLE people_group (
    name       TEXT    NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE group_person (
    name      TEXT    NOT NULL REFERENCES people_group (name) ON DELETE CASCADE,
    person    BLOB    NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (name, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_person_of ON group_person (person);

CREATE TABLE member_group (
    app      TEXT    NOT NULL REFERENCES app (name) ON DELETE CASCADE,
    name     TEXT    NOT NULL REFERENCES people_group (name) ON DELETE CASCADE,
    role     TEXT    NOT NULL CHECK (role IN ('member', 'admin')),
    added_at INTEGER NOT NULL,
    PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_group_of ON member_group (name);

-- An older build reads invitations as before; those that it makes have neither name nor groups.
ALTER TABLE invitation ADD COLUMN name TEXT;

CREATE TABLE invitation_group (
    invitation BLOB NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    name       TEXT NOT NULL REFERENCES people_group (name) ON DELETE CASCADE,
    PRIMARY KEY (invitation, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX invitation_group_of ON invitation_group (name);
CREATE INDEX invitation_by ON invitation (invited_by) WHERE invited_by IS NOT NULL;

-- People are looked for by name, and a directory may be large.
CREATE INDEX person_name ON principal (name) WHERE kind = 'person';
