-- Drafts: what somebody typed into a long form and has not submitted yet. They are not facts, and everything in them is
-- sealed under the person's key; the table tells only that a person writes about a call or an application.

CREATE TABLE accounts.drafts (
    -- Its random name in addresses. A draft that was deleted and begun again has another one.
    draft text COLLATE "C" NOT NULL UNIQUE CHECK (draft ~ '^draft-[0-9a-f]{32}$'),
    person text COLLATE "C" NOT NULL,
    -- The call, the application or the review whose form it is, and the command that the form sends.
    about text COLLATE "C" NOT NULL,
    command text COLLATE "C" NOT NULL,
    -- Rises with each save, so that two devices do not overwrite each other.
    revision integer NOT NULL CHECK (revision > 0),
    box bytea NOT NULL,
    -- A hash of the key of the open form that saved it last; null if it was saved by JSON.
    form bytea,
    -- On the installation's clock, which in a demonstration is not the database's.
    saved_at timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    -- The `kept_until` of which those who write in it were told.
    announced timestamptz,
    PRIMARY KEY (person, about, command)
);
CREATE INDEX ON accounts.drafts (kept_until);
