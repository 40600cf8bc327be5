-- Forms that were sent after their session had ended: kept for a day, sealed under the person's key, for that person alone.

CREATE TABLE accounts.kept_forms (
    person text COLLATE "C" NOT NULL,
    -- A keyed hash of the page's address, so that the table does not tell what somebody wrote about.
    page bytea NOT NULL CHECK (octet_length(page) = 32),
    box bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, page)
);
