-- Others who write in somebody's draft. They end with the draft; who helped to write what was submitted is a fact then.

CREATE TABLE accounts.draft_writers (
    draft text COLLATE "C" NOT NULL REFERENCES accounts.drafts (draft) ON DELETE CASCADE,
    person text COLLATE "C" NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    -- When they left or were removed. They stay in the table, because they may have written what is submitted.
    left_at timestamptz,
    PRIMARY KEY (draft, person)
);
CREATE INDEX ON accounts.draft_writers (person);

-- Invitations to write in a draft that nobody has answered.
CREATE TABLE accounts.draft_invitations (
    invitation text COLLATE "C" PRIMARY KEY CHECK (invitation ~ '^[0-9a-f]{32}$'),
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    draft text COLLATE "C" NOT NULL REFERENCES accounts.drafts (draft) ON DELETE CASCADE,
    -- The address to which its letter went, or the note of the draft's owner, sealed under the owner's key.
    sealed bytea,
    -- On the installation's clock.
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON accounts.draft_invitations (draft);
