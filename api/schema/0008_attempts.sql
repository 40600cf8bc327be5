-- How often something was tried within an hour, so that limits survive a restart. What is counted is a keyed hash.

CREATE TABLE accounts.attempts (
    counted bytea PRIMARY KEY CHECK (octet_length(counted) = 32),
    times integer NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON accounts.attempts (ends_at);

-- The key of one day under which network addresses are hashed, together with the key folder. It is deleted when the day is over, so
-- that afterwards nobody can find out whether an address was here.
CREATE TABLE accounts.network_keys (
    day date PRIMARY KEY,
    key bytea NOT NULL CHECK (octet_length(key) = 32)
);
