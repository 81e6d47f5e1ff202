"""The first schema. Every table knows its organisation."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE data_key (
    organisation text NOT NULL,
    person text NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (organisation, person)
);

-- What came in and is not yet decided. Emptied at commit; the row stays, so that a
-- redelivered event is known.
CREATE TABLE inbox (
    id text PRIMARY KEY,
    organisation text NOT NULL,
    also_known_as text,
    lock text,
    queue text NOT NULL,
    sender text NOT NULL,
    payload bytea NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    done boolean NOT NULL DEFAULT false,
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organisation, also_known_as)
);
CREATE INDEX inbox_open ON inbox (received_at) WHERE NOT done;

CREATE TABLE journal (
    event text NOT NULL,
    organisation text NOT NULL,
    step text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (event, step)
);

CREATE TABLE conversation (
    id text PRIMARY KEY,
    organisation text NOT NULL,
    place text NOT NULL,
    requester text NOT NULL,
    state text NOT NULL,
    case_id text,
    last_at timestamptz NOT NULL,
    version integer NOT NULL,
    body jsonb NOT NULL
);
CREATE INDEX conversation_place ON conversation (organisation, place, last_at DESC);

CREATE TABLE cases (
    id text NOT NULL,
    organisation text NOT NULL,
    conversation text NOT NULL,
    queue text NOT NULL,
    state text NOT NULL,
    live boolean NOT NULL,
    requester text NOT NULL,
    opened_at timestamptz NOT NULL,
    version integer NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX cases_requester ON cases (organisation, requester, opened_at DESC);
CREATE INDEX cases_live ON cases (organisation, queue) WHERE live;

CREATE TABLE case_number (
    organisation text PRIMARY KEY,
    last integer NOT NULL
);

CREATE TABLE switches (
    organisation text PRIMARY KEY,
    version integer NOT NULL,
    body jsonb NOT NULL
);

-- Replies on their way. A row is deleted when it has arrived or was given up.
CREATE TABLE outbox (
    id text PRIMARY KEY,
    organisation text NOT NULL,
    conversation text NOT NULL,
    slot text NOT NULL,
    destination text NOT NULL,
    person text NOT NULL,
    payload bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_slot ON outbox (organisation, slot);
CREATE INDEX outbox_made ON outbox (made_at);

-- What of ours stands on a platform, by what it shows.
CREATE TABLE posted (
    organisation text NOT NULL,
    slot text NOT NULL,
    conversation text NOT NULL,
    place jsonb NOT NULL,
    room text NOT NULL,
    message text,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation, slot)
);
CREATE INDEX posted_message ON posted (organisation, room, message);

CREATE TABLE button (
    token bytea PRIMARY KEY,
    organisation text NOT NULL,
    conversation text NOT NULL,
    body jsonb NOT NULL,
    single_use boolean NOT NULL,
    spent_by text,
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE timer (
    organisation text NOT NULL,
    conversation text NOT NULL,
    kind text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (organisation, conversation, kind)
);
CREATE INDEX timer_due ON timer (due_at);

CREATE TABLE contact (
    organisation text NOT NULL,
    person text NOT NULL,
    place jsonb NOT NULL,
    PRIMARY KEY (organisation, person)
);

CREATE TABLE record (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text NOT NULL,
    event text NOT NULL,
    conversation text NOT NULL,
    case_id text,
    position integer NOT NULL,
    at timestamptz NOT NULL,
    step text NOT NULL,
    facts jsonb NOT NULL
);
CREATE INDEX record_case ON record (organisation, case_id, id);

-- The handbook, as adapters/knowledge/tables.py describes it.
CREATE TABLE handbooks (
    organisation text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0
);
CREATE TABLE handbook_pages (
    organisation text NOT NULL REFERENCES handbooks ON DELETE CASCADE,
    path text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (organisation, path)
);
CREATE TABLE handbook_sections (
    organisation text NOT NULL,
    id text NOT NULL,
    page text NOT NULL,
    position integer NOT NULL,
    trail text[] NOT NULL,
    text text NOT NULL,
    url text NOT NULL,
    specialist text,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, page) REFERENCES handbook_pages ON DELETE CASCADE
);
CREATE INDEX handbook_sections_by_page ON handbook_sections (organisation, page, position);

-- The console's own messages, as adapters/web/tables.py describes them.
CREATE SEQUENCE web_position;
CREATE TABLE web_message (
    organisation text NOT NULL,
    id text NOT NULL,
    channel text NOT NULL,
    thread text,
    author text,
    draft boolean NOT NULL,
    body bytea,
    key text,
    only_for text,
    born bigint NOT NULL,
    position bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (organisation, id),
    CONSTRAINT web_message_key UNIQUE (organisation, channel, key)
);
CREATE INDEX web_message_position ON web_message (organisation, position);
CREATE INDEX web_message_channel ON web_message (organisation, channel, born);

-- How far the demonstration's clock runs ahead.
CREATE TABLE demonstration (
    organisation text PRIMARY KEY,
    ahead interval NOT NULL
);
"""

# A job that waits for its lock is not announced when the lock becomes free: procrastinate would
# find it at its next poll. The name of the channel is procrastinate's.
NEXT_IN_LINE = """
CREATE FUNCTION handrail_next_in_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_jobs WHERE lock = OLD.lock AND status = 'todo') THEN
        PERFORM pg_notify('procrastinate_queue_v1#' || OLD.queue_name,
            json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text);
    END IF;
    RETURN NULL;
END;
$$;
-- With thousands of jobs behind one lock, each fetch would look at all of them.
CREATE INDEX handrail_jobs_lock ON procrastinate_jobs (lock, id)
    WHERE status IN ('todo', 'doing') AND lock IS NOT NULL;
CREATE TRIGGER handrail_next_in_line AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.lock IS NOT NULL) EXECUTE FUNCTION handrail_next_in_line();
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    assert connection
    connection.execute(SchemaManager.get_schema().encode())
    connection.execute(TABLES.encode())
    connection.execute(NEXT_IN_LINE.encode())
