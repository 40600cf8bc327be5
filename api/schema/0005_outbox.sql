-- Letters that wait to be sent. A letter is sealed until it is sent, and deleted then.

CREATE TABLE accounts.outbox (
    -- 128 random bits; also in the Message-ID, which stays the same however often sending is tried.
    letter text COLLATE "C" PRIMARY KEY CHECK (letter ~ '^[0-9a-f]{32}$'),
    -- Which letter it is, such as sign-in; nothing about whom it is for.
    name text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z-]{1,40}$'),
    -- The person under whose key it is sealed. Without one, it is sealed under a key of its own, wrapped like the keys of people
    -- under the wrapping key of an epoch.
    person text COLLATE "C",
    epoch integer,
    wrapped bytea,
    sealed bytea NOT NULL,
    -- waiting: to be sent at send_at. sending: a process is at it. unknown: the mail server took it, but the connection was lost
    -- before it said so; it is not sent again unless an administrator asks for it. failed: refused for good.
    state text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'unknown', 'failed')),
    tries integer NOT NULL DEFAULT 0,
    put_at timestamptz NOT NULL DEFAULT now(),
    send_at timestamptz NOT NULL DEFAULT now(),
    -- When it is of no use any more; it is deleted then, sent or not.
    expires_at timestamptz NOT NULL,
    CHECK ((person IS NULL) = (wrapped IS NOT NULL) AND (wrapped IS NULL) = (epoch IS NULL))
);
CREATE INDEX ON accounts.outbox (send_at) WHERE state = 'waiting';
CREATE INDEX ON accounts.outbox (person);
