-- Signing in by e-mail. An address is found by a keyed hash alone; in the clear it is nowhere.

CREATE TABLE accounts.addresses (
    way text COLLATE "C" PRIMARY KEY REFERENCES accounts.ways_in (way) ON DELETE CASCADE,
    lookup bytea NOT NULL UNIQUE CHECK (octet_length(lookup) = 32),
    -- The address, sealed under the person's key.
    sealed bytea NOT NULL
);

-- What letters were asked for in the last minutes. The address is sealed under the secret of the letter's link and once more under
-- that of the browser that asked, of both of which there are only digests here.
CREATE TABLE accounts.letters_asked (
    link bytea PRIMARY KEY CHECK (octet_length(link) = 32),
    browser bytea UNIQUE CHECK (octet_length(browser) = 32),
    -- A keyed hash of browser and code, and how often a code was typed.
    code bytea CHECK (octet_length(code) = 32),
    tries integer NOT NULL DEFAULT 0,
    lookup bytea NOT NULL CHECK (octet_length(lookup) = 32),
    for_link bytea NOT NULL,
    for_browser bytea,
    -- The signed-in person who wants to add the address; without one, somebody wants to sign in or to register.
    person text COLLATE "C",
    -- Whether the letter was answered already, by somebody who is not registered yet. Then `link` is the secret of the form that
    -- asks for name and language.
    answered boolean NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON accounts.letters_asked (expires_at);
