-- The credential that another was made with. Whoever revokes the one ends the other; where it is removed, the other goes along.
ALTER TABLE credential ADD COLUMN parent BLOB REFERENCES credential (id) ON DELETE CASCADE CHECK (length(parent) = 16);

CREATE INDEX credential_parent ON credential (parent) WHERE parent IS NOT NULL;
CREATE INDEX credential_expires ON credential (expires_at);
