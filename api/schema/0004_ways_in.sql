-- Ways to sign in that people choose themselves. Facts say that each was added and removed; its secrets are here, hashed or
-- sealed.

CREATE TABLE accounts.ways_in (
    -- The id in the fact that added it.
    way text COLLATE "C" PRIMARY KEY,
    person text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('words', 'email')),
    -- As for tokens: the claim behind it, and until when notices about changes of the account have been shown.
    claim text COLLATE "C",
    told_at timestamptz NOT NULL DEFAULT now(),
    added_at timestamptz NOT NULL DEFAULT now(),
    -- Checked at the end of a transaction, because one is added before the one that it replaces is deleted.
    UNIQUE (person, kind) DEFERRABLE INITIALLY DEFERRED
);

-- Nine words. They are found by a keyed hash of the first three; of the other six there is only an Argon2id hash.
CREATE TABLE accounts.words (
    way text COLLATE "C" PRIMARY KEY REFERENCES accounts.ways_in (way) ON DELETE CASCADE,
    lookup bytea NOT NULL UNIQUE CHECK (octet_length(lookup) = 32),
    hash text COLLATE "C" NOT NULL
);

-- The way by which a session was begun: the session ends with it. A token made in such a session only names it.
ALTER TABLE accounts.sessions ADD COLUMN way text COLLATE "C" REFERENCES accounts.ways_in (way) ON DELETE CASCADE;
CREATE INDEX ON accounts.sessions (way);
ALTER TABLE accounts.tokens ADD COLUMN way text COLLATE "C";
