-- Tokens, claims and sessions. Only digests of secrets are stored, and nothing here identifies a person.

CREATE SCHEMA accounts;

CREATE TABLE accounts.tokens (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    person text COLLATE "C" NOT NULL,
    -- What the token is for, never for whom: a short word such as "rehearsal".
    label text COLLATE "C" NOT NULL CHECK (label ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    -- The person who made it, or "system" for the operator at the command line.
    made_by text COLLATE "C" NOT NULL,
    -- What it can do: only read; work, but nothing grave; or all, also signing in on pages.
    scope text COLLATE "C" NOT NULL DEFAULT 'all' CHECK (scope IN ('read', 'work', 'all')),
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
    -- How the person signed in.
    begun_by text COLLATE "C" NOT NULL CHECK (begun_by IN ('token', 'claim', 'email', 'words')),
    -- A session that was begun with a token ends with it.
    token bytea REFERENCES accounts.tokens (digest) ON DELETE CASCADE,
    -- The claim behind the session, and until when notices about other claims have been shown in it. If there is a token, its
    -- own columns count instead, so that all its sessions share them.
    claim text COLLATE "C",
    told_at timestamptz NOT NULL DEFAULT now(),
    -- The family and the system of the browser, such as firefox and linux; nothing that identifies one.
    browser text COLLATE "C" NOT NULL DEFAULT 'other' CHECK (browser ~ '^[a-z]{1,10}$'),
    system text COLLATE "C" NOT NULL DEFAULT 'other' CHECK (system ~ '^[a-z]{1,10}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON accounts.sessions (person);
CREATE INDEX ON accounts.sessions (token);
CREATE INDEX ON accounts.sessions (expires_at);
