-- Tokens, claims and sessions. Only digests of secrets are stored, and nothing here identifies a person.

CREATE SCHEMA accounts;

CREATE TABLE accounts.tokens (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    person text COLLATE "C" NOT NULL,
    -- What the token is for, never for whom: a short word such as "rehearsal".
    label text COLLATE "C" NOT NULL CHECK (label ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    -- The person who made it, or "system" for the operator at the command line.
    made_by text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    -- The claim this token was exchanged for. A token made with another token copies that token's claim. The facts
    -- person.claim_made and person.claim_used name it. Only a demonstration's tokens have none.
    claim text COLLATE "C",
    -- Until when notices about other claims to the account have been shown with this token. A token made with another token
    -- copies its time.
    told_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON accounts.tokens (person);

CREATE TABLE accounts.claims (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    claim text COLLATE "C" NOT NULL UNIQUE,
    person text COLLATE "C" NOT NULL,
    -- Whether a claim can be used is decided by its facts; state and time only select the tokens that get a notice about it.
    state text COLLATE "C" NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'withdrawn')),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON accounts.claims (person);

CREATE TABLE accounts.sessions (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    person text COLLATE "C" NOT NULL,
    -- A session ends with the token that it was exchanged for.
    token bytea NOT NULL REFERENCES accounts.tokens (digest) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON accounts.sessions (person);
CREATE INDEX ON accounts.sessions (token);
CREATE INDEX ON accounts.sessions (expires_at);
