-- Invitations: the digest of the secret that the invited person gets, and for whom it is, for those who invite.

CREATE TABLE accounts.invitations (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    -- The stream of its facts, which say what it is for and whether it can still be answered.
    invitation text COLLATE "C" NOT NULL UNIQUE,
    -- The address to which its letter went, or the note of whoever made it, sealed under the key of this person, who made it.
    -- Deleted once the invitation is answered or withdrawn.
    made_by text COLLATE "C" NOT NULL,
    sealed bytea,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON accounts.invitations (made_by);
