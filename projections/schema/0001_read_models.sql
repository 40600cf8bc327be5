-- The read models: everything here is built from history.facts alone and can be thrown away and built anew.
--
-- A table that can be asked as of a moment keeps every state of a thing in a row of its own: the row holds from
-- from_position up to, but not including, to_position; the present one holds up to the largest bigint. Amounts are
-- integers of the currency's minor unit. No column holds personal data in clear: titles lie here in their boxes, as
-- they were sealed in the fact, and all other personal fields stay in the fact, named by stream and version.

CREATE SCHEMA read;

CREATE TABLE read.positions (
    projection text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0,
    -- Where and why the projection stopped; all null while it runs.
    failed_position bigint,
    failed_topic text,
    failed_error text,
    failed_at timestamptz
);

-- initiatives

CREATE TABLE read.memberships (
    person text COLLATE "C" NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    PRIMARY KEY (person, initiative)
);

-- calls

CREATE TABLE read.calls (
    call text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    version integer NOT NULL,
    -- The version without the awards that count against the budget, whose number would tell results before they are announced.
    initiative text COLLATE "C" NOT NULL,
    fund text COLLATE "C" NOT NULL,
    status text NOT NULL,
    title jsonb NOT NULL,
    summary jsonb NOT NULL,
    stages jsonb NOT NULL,
    currency text NOT NULL,
    budget bigint NOT NULL,
    minimum_award bigint NOT NULL,
    maximum_award bigint NOT NULL,
    -- The most that it can ever award, where it is on the fast track.
    fast_track_up_to bigint,
    time_zone text NOT NULL,
    eligibility jsonb NOT NULL,
    applications_per_applicant text NOT NULL,
    intake text NOT NULL,
    decide_within_days integer,
    takes_until timestamptz,
    cancelled_version integer,
    PRIMARY KEY (call, from_position)
);
CREATE INDEX ON read.calls (initiative, call);

-- rounds

CREATE TABLE read.rounds (
    round text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    version integer NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    call text COLLATE "C" NOT NULL,
    stage text NOT NULL,
    status text NOT NULL,
    closes_at timestamptz NOT NULL,
    closes_local text NOT NULL,
    time_zone text NOT NULL,
    received integer,
    panel text COLLATE "C",
    -- That of a single application to a rolling call.
    rolling boolean NOT NULL,
    PRIMARY KEY (round, from_position)
);
CREATE INDEX ON read.rounds (call, round);

-- applications

CREATE TABLE read.applications (
    application text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    version integer NOT NULL,
    -- The version of the fact that set the status.
    standing integer NOT NULL,
    -- The version of the fact that holds the title and the answers.
    written integer NOT NULL,
    -- The same of each stage that it went through, with the sum that was asked for in it.
    answered jsonb NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    call text COLLATE "C" NOT NULL,
    round text COLLATE "C" NOT NULL,
    applicant text COLLATE "C" NOT NULL,
    handle text,
    status text NOT NULL,
    requested bigint NOT NULL,
    awarded bigint,
    currency text NOT NULL,
    rank integer,
    reason text,
    submitted_at timestamptz NOT NULL,
    -- When it was last submitted again after questions of the staff.
    came_back_at timestamptz,
    decide_by timestamptz,
    PRIMARY KEY (application, from_position)
);
CREATE INDEX ON read.applications (call, application);
CREATE INDEX ON read.applications (applicant, application);

-- A title in its box, with the digest that commits to it and all that says where it was sealed; it goes with its dossier.
-- One that was changed has a row for each version in which it was written.
CREATE TABLE read.titles (
    application text COLLATE "C" NOT NULL,
    topic text NOT NULL,
    version integer NOT NULL,
    subject text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    -- Null where the history's own box was destroyed.
    box bytea,
    PRIMARY KEY (application, version)
);
ALTER TABLE read.titles ALTER COLUMN box SET STORAGE EXTERNAL;
CREATE INDEX ON read.titles (subject);

-- A title's box with its key, as a list brings both along by application and version written; there is none once the dossier
-- was erased.
CREATE VIEW read.titled AS
    SELECT t.application AS title_stream, t.topic AS title_topic, t.version AS title_version, t.subject AS title_subject,
        'title'::text AS title_field, 'dossier'::text AS title_of, t.digest AS title_digest, t.box AS title_box, k.epoch AS title_epoch, k.wrapped AS title_wrapped
    FROM read.titles t JOIN vault.keys k ON k.subject = t.subject;

-- correspondence

-- The messages that wait for one side, without their texts. Only who may write about the application is shown a row.
CREATE TABLE read.waiting_messages (
    correspondence text COLLATE "C" PRIMARY KEY,
    application text COLLATE "C" NOT NULL,
    awaits text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL
);
CREATE INDEX ON read.waiting_messages (application);

-- reviews

CREATE TABLE read.reviews (
    review text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    version integer NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    call text COLLATE "C" NOT NULL,
    round text COLLATE "C" NOT NULL,
    application text COLLATE "C" NOT NULL,
    juror text COLLATE "C" NOT NULL,
    -- The juror's handle within the call; unknown until they first act there.
    handle text,
    status text NOT NULL,
    scores jsonb,
    rubric_version integer NOT NULL,
    reason text,
    -- The version of the fact that holds the comments, or the explanation of a conflict.
    written_version integer,
    replacement text COLLATE "C",
    PRIMARY KEY (review, from_position)
);
CREATE INDEX ON read.reviews (application, review);
CREATE INDEX ON read.reviews (juror, review);
CREATE INDEX ON read.reviews (round, review);

-- panels

CREATE TABLE read.panels (
    panel text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    version integer NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    call text COLLATE "C" NOT NULL,
    round text COLLATE "C" NOT NULL,
    status text NOT NULL,
    -- Until it is announced: when that is planned.
    announce_at timestamptz,
    PRIMARY KEY (panel, from_position)
);
CREATE INDEX ON read.panels (round, panel);

-- The ranking that a panel opened on; it never changes.
CREATE TABLE read.places (
    panel text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    from_position bigint NOT NULL,
    application text COLLATE "C" NOT NULL,
    rank integer NOT NULL,
    -- An exact fraction of full points, 11/15: it is rounded only where it is shown.
    score text,
    reviews integer NOT NULL,
    on_few_criteria integer NOT NULL,
    PRIMARY KEY (panel, number)
);

CREATE TABLE read.lowered_quorums (
    round text COLLATE "C" NOT NULL,
    application text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    quorum integer NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (round, application, from_position)
);

CREATE TABLE read.outcomes (
    panel text COLLATE "C" NOT NULL,
    application text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    outcome text NOT NULL,
    amount bigint,
    currency text,
    waitlist_rank integer,
    reason text,
    more_because text,
    PRIMARY KEY (panel, application, from_position)
);

-- grants

CREATE TABLE read.grants (
    "grant" text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    version integer NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    call text COLLATE "C" NOT NULL,
    application text COLLATE "C" NOT NULL,
    fund text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    handle text,
    status text NOT NULL,
    amount bigint NOT NULL,
    settled bigint NOT NULL DEFAULT 0,
    currency text NOT NULL,
    respond_by timestamptz NOT NULL,
    reason text,
    reason_version integer,
    ends_on date,
    -- The amendment that waits for the recipient's answer, and the version of its fact.
    amendment integer,
    amendment_version integer,
    payee_setting integer,
    payee_version integer,
    payee_kind text,
    payee_confirmed boolean NOT NULL DEFAULT false,
    payable_from timestamptz,
    screening_version integer,
    -- Whether something waits to be done on it by the people of its initiative.
    has_tasks boolean NOT NULL DEFAULT false,
    PRIMARY KEY ("grant", from_position)
);
CREATE INDEX ON read.grants (call, "grant");
CREATE INDEX ON read.grants (initiative, "grant") WHERE has_tasks AND to_position = 9223372036854775807;
CREATE INDEX ON read.grants (recipient, "grant");
CREATE INDEX ON read.grants (application);

-- By which handle an applicant is known in the call, for the grants that may follow.
CREATE TABLE read.grant_handles (
    application text COLLATE "C" PRIMARY KEY,
    handle text
);

CREATE TABLE read.instalments (
    "grant" text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    amount bigint NOT NULL,
    condition text NOT NULL,
    due date NOT NULL,
    status text NOT NULL,
    report integer,
    reference text,
    settled_on date,
    fee bigint,
    fee_currency text,
    rate text,
    rate_currency text,
    reason text,
    PRIMARY KEY ("grant", number, from_position)
);

CREATE TABLE read.reports (
    "grant" text COLLATE "C" NOT NULL,
    report integer NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    status text NOT NULL,
    -- The versions of the facts that hold the report's text, and the explanation of its return.
    text_version integer NOT NULL,
    reason text,
    reason_version integer,
    PRIMARY KEY ("grant", report, from_position)
);

-- funds

CREATE TABLE read.funds (
    fund text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    version integer NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    basis text NOT NULL,
    pledged bigint NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    committed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (fund, from_position)
);
CREATE INDEX ON read.funds (initiative, fund);

CREATE TABLE read.pledges (
    pledge text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL DEFAULT 9223372036854775807,
    fund text COLLATE "C" NOT NULL,
    -- NULL while it is the pledge of somebody without an account, whose public name it keeps.
    funder text COLLATE "C",
    name text,
    amount bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    restriction text,
    PRIMARY KEY (pledge, from_position)
);
CREATE INDEX ON read.pledges (fund, pledge);

-- ledger

-- Every line of every entry. Debits are positive, credits negative, and the lines of one position add up to zero.
CREATE TABLE read.ledger (
    position bigint NOT NULL,
    line smallint NOT NULL,
    fund text COLLATE "C" NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    currency text COLLATE "C" NOT NULL,
    topic text NOT NULL,
    "grant" text COLLATE "C",
    pledge text COLLATE "C",
    instalment integer,
    booked_on date NOT NULL,
    -- Of a payment, where they are known; booked on no account of the fund.
    fee bigint,
    fee_currency text,
    rate text,
    rate_currency text,
    PRIMARY KEY (position, line)
);
CREATE INDEX ON read.ledger (fund, position);
CREATE INDEX ON read.ledger (initiative, account);
CREATE INDEX ON read.ledger ("grant", position);

CREATE TABLE read.ledger_funds (
    fund text COLLATE "C" PRIMARY KEY,
    initiative text COLLATE "C" NOT NULL,
    currency text NOT NULL
);

CREATE TABLE read.ledger_grants (
    "grant" text COLLATE "C" PRIMARY KEY,
    fund text COLLATE "C" NOT NULL,
    initiative text COLLATE "C" NOT NULL,
    currency text NOT NULL
);

-- timeline

-- Where a stream's facts are told: in the timelines of these things. round and application are what they are about.
CREATE TABLE read.timeline_streams (
    stream text COLLATE "C" PRIMARY KEY,
    things jsonb NOT NULL,
    round text COLLATE "C",
    application text COLLATE "C"
);

-- Told in the order in which things were decided; facts that were decided at the same moment, in that of their positions.
CREATE TABLE read.timeline (
    thing text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    position bigint NOT NULL,
    topic text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    handle text COLLATE "C",
    round text COLLATE "C",
    application text COLLATE "C",
    PRIMARY KEY (thing, at, position)
);
