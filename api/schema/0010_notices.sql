-- What people have to know: the reaction that turns facts into letters and news.

CREATE TABLE accounts.reactions (
    reaction text COLLATE "C" PRIMARY KEY,
    -- The newest fact that it has seen. A new reaction begins with the facts that come after.
    position bigint NOT NULL
);

-- One row for each person who has to know of something. There are only ids in it, of which the history has the same; what a letter
-- says is asked of the history when it is written, and sealed.
CREATE TABLE accounts.notices (
    -- A hash of the fact (or date), the kind and the person, so that nothing is told twice.
    notice bytea PRIMARY KEY CHECK (octet_length(notice) = 32),
    person text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind ~ '^[a-z-]{1,40}$'),
    about text COLLATE "C" NOT NULL,
    -- The date that a reminder is about.
    until timestamptz,
    -- When it happened, and when a letter is to be written. All times are on the installation's clock.
    happened_at timestamptz NOT NULL,
    write_at timestamptz NOT NULL,
    -- Whether a letter was written, or none is to be.
    settled boolean NOT NULL DEFAULT false,
    -- Whether its person has read it on their start page.
    seen boolean NOT NULL DEFAULT false,
    kept_until timestamptz NOT NULL
);
CREATE INDEX ON accounts.notices (write_at) WHERE NOT settled;
CREATE INDEX ON accounts.notices (person, happened_at) WHERE NOT seen;
CREATE INDEX ON accounts.notices (kept_until);

-- The notice of which a letter tells. It is asked again before it is sent whether its reader may still be told.
ALTER TABLE accounts.outbox ADD COLUMN notice bytea;
