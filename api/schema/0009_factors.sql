-- Second factors. Facts say that each was added and removed; its secrets are here, sealed or hashed.

CREATE TABLE accounts.factors (
    -- The id in the fact that added it.
    factor text COLLATE "C" PRIMARY KEY,
    person text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('passkey', 'totp')),
    -- Of an app that shows codes: its secret, sealed under the person's key, and the period of the last code that was used, so that
    -- each code works once.
    sealed bytea,
    last_step bigint NOT NULL DEFAULT 0,
    -- Of a passkey: its random id, its public key, and how often it has signed.
    credential bytea UNIQUE,
    public_key bytea,
    signs bigint NOT NULL DEFAULT 0,
    added_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    CHECK (CASE kind WHEN 'totp' THEN sealed IS NOT NULL ELSE credential IS NOT NULL AND public_key IS NOT NULL END)
);
CREATE INDEX ON accounts.factors (person);

-- Recovery codes: a keyed hash of each, which is deleted when it was used.
CREATE TABLE accounts.recovery_codes (
    person text COLLATE "C" NOT NULL,
    code bytea NOT NULL CHECK (octet_length(code) = 32),
    -- The id in the fact that these codes were made.
    factor text COLLATE "C" NOT NULL,
    PRIMARY KEY (person, code)
);

-- A session of somebody who has yet to show a second factor. It lets nobody in, and ends after ten minutes.
ALTER TABLE accounts.sessions ADD COLUMN half boolean NOT NULL DEFAULT false;

-- In which browsers somebody has signed in before: a keyed hash of the person and of the browser's own long-lived cookie, so that a
-- sign-in in another one can be told to them. Two people of one browser cannot be linked by it.
CREATE TABLE accounts.devices (
    person text COLLATE "C" NOT NULL,
    device bytea NOT NULL CHECK (octet_length(device) = 32),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, device)
);
-- Whether somebody signed in with this session in a browser in which they had not been before.
ALTER TABLE accounts.sessions ADD COLUMN new_device boolean NOT NULL DEFAULT false;
