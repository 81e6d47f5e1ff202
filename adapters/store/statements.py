"""The SQL of the store. Hot paths are one statement each: a round trip costs more than its work."""

from functools import cache

from sqlalchemy import TextClause, text

_JOB = "procrastinate_job_to_defer_v1"

_KEEP = """
    INSERT INTO inbox (id, organisation, also_known_as, lock, queue, sender, payload)
    VALUES (:id, :organisation, :also_known_as, :lock, :queue, :sender, :payload)
    ON CONFLICT DO NOTHING RETURNING id
"""

KEEP = text(_KEEP)

ACCEPT = text(f"""
WITH kept AS ({_KEEP})
SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
    CAST(:queue AS varchar), 'work', 0, CAST(:lock AS text), NULL,
    jsonb_build_object('id', id), NULL
)::{_JOB}]) FROM kept
""")

TAKE = text("""
UPDATE inbox SET attempt = attempt + 1 WHERE id = :id AND NOT done
RETURNING organisation, sender, payload, attempt
""")

ATTEMPT = text("SELECT attempt FROM inbox WHERE id = :id AND NOT done")

SPENT = text("""
SELECT mine.*, ours.*, ahead.* FROM (
    SELECT count(*) FILTER (WHERE at > :minute) AS messages,
        count(*) FILTER (WHERE attempt AND at > :hour) AS attempts,
        coalesce(sum(tokens), 0) AS person_tokens, coalesce(sum(money), 0) AS person_money
    FROM used WHERE organisation = :organisation AND person = :person AND at > :day
) mine, (
    SELECT coalesce(sum(tokens), 0) AS department_tokens,
        coalesce(sum(money), 0) AS department_money
    FROM used WHERE organisation = :organisation AND at > :day
        -- Of many nobody has told the department: they are none together.
        AND department = :department AND :department <> ''
) ours, (
    -- What they wrote before this one and is still worked on, elsewhere: only messages have a lock.
    SELECT count(*) AS waiting FROM inbox this JOIN inbox x USING (organisation, sender)
    WHERE this.id = :event AND NOT x.done AND x.lock IS NOT NULL
        AND (x.received_at, x.id) < (this.received_at, this.id)
        AND x.received_at > this.received_at - interval '1 minute'
) ahead
""")

SWITCHES = text("SELECT body::text FROM switches WHERE organisation = :organisation")

_CONVERSATION = """
SELECT c.body::text AS conversation, k.body::text AS kase FROM conversation c
LEFT JOIN cases k ON k.organisation = c.organisation AND k.id = c.case_id
"""

CONVERSATION = text(f"{_CONVERSATION} WHERE c.organisation = :organisation AND c.id = :id")

# Of a direct chat in which each question roots a thread: those of all its threads. A place's key
# ends with its thread, so the chat's own is the beginning of them all ("0" follows "/").
CONVERSATIONS_IN = text(f"""{_CONVERSATION}
WHERE c.organisation = :organisation
  AND c.place ~>=~ :room AND c.place ~<~ (left(:room, -1) || '0')
  AND (c.last_at > :recent OR k.live OR c.place = :place)
ORDER BY c.last_at DESC LIMIT 10
""")

# A thread is one matter however long it rests; a flat chat's stretch ends, an open case does not.
CONVERSATIONS_AT = text(f"""{_CONVERSATION}
WHERE c.organisation = :organisation AND c.place = :place
  AND (c.last_at > :recent OR k.live OR :thread)
ORDER BY c.last_at DESC LIMIT 10
""")

POSTED_AT = text("""
SELECT slot, conversation, message FROM posted
WHERE organisation = :organisation AND room = :room AND message IN (:thread, :reply_to)
ORDER BY message = :reply_to
""")

BUTTON = text("""
SELECT b.body::text AS button, b.spent_by, c.body::text AS conversation, k.body::text AS kase,
    s.body::text AS switches
FROM button b
JOIN conversation c ON c.organisation = b.organisation AND c.id = b.conversation
LEFT JOIN cases k ON k.organisation = b.organisation AND k.id = c.case_id
LEFT JOIN switches s ON s.organisation = b.organisation
WHERE b.token = decode(:token, 'hex') AND b.organisation = :organisation
""")

SERVES = text("""
SELECT true FROM conversation WHERE organisation = :organisation AND place = :place
UNION ALL
SELECT true FROM posted
WHERE organisation = :organisation AND room = :room AND message = :thread
LIMIT 1
""")

_END = """ended AS (
    UPDATE inbox SET done = true, payload = ''
    WHERE id = :event AND attempt = :attempt AND NOT done RETURNING 1
)"""
# What was saved before and is gone was forgotten meanwhile: it is not brought back.
_SAVE_CONVERSATION = """conversation_saved AS (
    INSERT INTO conversation
        (id, organisation, place, requester, state, case_id, last_at, version, body)
    SELECT :c_id, :organisation, :c_place, :c_requester, :c_state, :c_case, :c_last_at,
        :c_version + 1, CAST(:c_body AS jsonb)
    WHERE :c_version = 0
        OR EXISTS (SELECT FROM conversation WHERE organisation = :organisation AND id = :c_id)
    ON CONFLICT (id) DO UPDATE SET place = excluded.place, requester = excluded.requester,
        state = excluded.state, case_id = excluded.case_id, last_at = excluded.last_at,
        version = excluded.version, body = excluded.body
    WHERE conversation.version = :c_version AND conversation.organisation = :organisation
    RETURNING 1
)"""
_SAVE_CASE = """case_saved AS (
    INSERT INTO cases
        (id, organisation, conversation, queue, state, live, requester, opened_at, version, body)
    SELECT :k_id, :organisation, :k_conversation, :k_queue, :k_state, :k_live, :k_requester,
        :k_opened_at, :k_version + 1, CAST(:k_body AS jsonb)
    WHERE :k_version = 0
        OR EXISTS (SELECT FROM cases WHERE organisation = :organisation AND id = :k_id)
    ON CONFLICT (organisation, id) DO UPDATE SET queue = excluded.queue, state = excluded.state,
        live = excluded.live, version = excluded.version, body = excluded.body
    WHERE cases.version = :k_version RETURNING 1
)"""
_SAVE_SWITCHES = """switches_saved AS (
    INSERT INTO switches (organisation, version, body)
    VALUES (:organisation, :s_version + 1, CAST(:s_body AS jsonb))
    ON CONFLICT (organisation) DO UPDATE SET version = excluded.version, body = excluded.body
    WHERE switches.version = :s_version RETURNING 1
)"""
_SPEND = """button_spent AS (
    UPDATE button SET spent_by = :event
    WHERE token = decode(:token, 'hex') AND organisation = :organisation AND spent_by IS NULL
    RETURNING 1
)"""


@cache
def decide(conversation: bool, case: bool, switches: bool, button: bool) -> TextClause:
    """End the event and save what changed; each count must be 1, or somebody was faster."""
    parts = [_END]
    parts += [_SAVE_CONVERSATION] * conversation + [_SAVE_CASE] * case
    parts += [_SAVE_SWITCHES] * switches + [_SPEND] * button
    counts = ", ".join(f"(SELECT count(*) FROM {x.split(' ', 1)[0]})" for x in parts)
    return text(f"WITH {', '.join(parts)} SELECT {counts}")


FOLLOW = text(f"""
WITH journal_gone AS (DELETE FROM journal WHERE event = :event),
buttons AS (
    INSERT INTO button (token, organisation, conversation, body, single_use)
    SELECT decode(x.token, 'hex'), :organisation, x.conversation, x.body, x.single_use
    FROM jsonb_to_recordset(CAST(:buttons AS jsonb))
        AS x(token text, conversation text, body jsonb, single_use boolean)
),
used_kept AS (
    INSERT INTO used (organisation, person, department, tokens, money, attempt, at)
    SELECT :organisation, x.person, x.department, x.tokens, x.money, x.attempt, :now
    FROM jsonb_to_recordset(CAST(:used AS jsonb))
        AS x(person text, department text, tokens int, money float, attempt boolean)
),
timers_gone AS (
    DELETE FROM timer WHERE organisation = :organisation AND conversation = :conversation
    AND kind = ANY(:cancelled)
),
timers AS (
    INSERT INTO timer (organisation, conversation, kind, due_at)
    SELECT :organisation, :conversation, x.kind, x.due_at
    FROM jsonb_to_recordset(CAST(:timers AS jsonb)) AS x(kind text, due_at timestamptz)
    ON CONFLICT (organisation, conversation, kind) DO UPDATE SET due_at = excluded.due_at
),
records AS (
    INSERT INTO record
        (organisation, event, conversation, case_id, position, at, step, facts, about, said)
    SELECT :organisation, :event, :conversation, :case, x.position, :now, x.step, x.facts,
        :about, decode(x.said, 'hex')
    FROM jsonb_to_recordset(CAST(:records AS jsonb))
        AS x(position int, step text, facts jsonb, said text)
    ORDER BY x.position
),
contacts AS (
    INSERT INTO contact (organisation, person, place)
    SELECT :organisation, x.person, x.place
    FROM jsonb_to_recordset(CAST(:contacts AS jsonb)) AS x(person text, place jsonb)
    ON CONFLICT (organisation, person) DO UPDATE SET place = excluded.place
    WHERE contact.place <> excluded.place
),
replaced AS (
    -- What stands already is updated once, to the newest. The first of a slot still leaves: others
    -- may wait to be written under it.
    DELETE FROM outbox USING posted
    WHERE outbox.organisation = :organisation AND outbox.slot = ANY(:slots)
      AND posted.organisation = outbox.organisation AND posted.slot = outbox.slot
      AND posted.message IS NOT NULL
),
made AS (
    SELECT * FROM jsonb_to_recordset(CAST(:deliveries AS jsonb))
        AS x(position int, id text, slot text, destination text, payload text)
),
outbox_rows AS (
    INSERT INTO outbox (id, organisation, conversation, slot, destination, person, payload)
    SELECT id, :organisation, :conversation, slot, destination, :person, decode(payload, 'base64')
    FROM made
)
SELECT procrastinate_defer_jobs_v1(coalesce(array_agg(ROW(
    'deliveries', 'deliver', 0, destination, NULL, jsonb_build_object('id', id), NULL
)::{_JOB} ORDER BY position), ARRAY[]::{_JOB}[])) FROM made
""")

DELIVERY = text("SELECT organisation, person, payload FROM outbox WHERE id = :id")

POSTED = text("""
SELECT place::text, message FROM posted WHERE organisation = :organisation AND slot = :slot
""")

SENDING = text("""
INSERT INTO posted (organisation, slot, conversation, place, room, message)
VALUES (:organisation, :slot, :conversation, CAST(:place AS jsonb), :room, NULL)
ON CONFLICT (organisation, slot) DO UPDATE
SET place = excluded.place, room = excluded.room, message = NULL
""")

SENT = text("""
WITH arrived AS (DELETE FROM outbox WHERE id = :id)
INSERT INTO posted (organisation, slot, conversation, place, room, message)
VALUES (:organisation, :slot, :conversation, CAST(:place AS jsonb), :room, :message)
ON CONFLICT (organisation, slot) DO UPDATE
SET place = excluded.place, room = excluded.room, message = excluded.message
""")

GONE = text("""
WITH arrived AS (DELETE FROM outbox WHERE id = :id)
DELETE FROM posted WHERE organisation = :organisation AND slot = :slot
""")

GIVE_UP = text("""
WITH never AS (
    DELETE FROM posted WHERE organisation = :organisation AND slot = :slot AND message IS NULL
)
DELETE FROM outbox WHERE id = :id RETURNING 1
""")

LOST = text("DELETE FROM outbox WHERE id = :id")

CONTACT = text("""
SELECT place::text FROM contact WHERE organisation = :organisation AND person = :person
""")

VERSION = text("SELECT version FROM conversation WHERE organisation = :organisation AND id = :id")

STOPPED = text("""
SELECT true FROM conversation
WHERE organisation = :organisation AND place = :place AND requester = :requester
  AND (body->>'stopped_at')::timestamptz >= :since
LIMIT 1
""")

CASES_OF = text("""
SELECT body::text FROM (
    SELECT body, opened_at FROM cases
    WHERE organisation = :organisation AND requester = :requester
      AND (live OR opened_at > :since)
    ORDER BY live DESC, opened_at DESC LIMIT 10
) best ORDER BY opened_at DESC
""")

OPEN_CASES = text("""
SELECT queue, count(*) AS live FROM cases
WHERE organisation = :organisation AND cases.live GROUP BY queue
""")

CASE_NUMBER = text("""
INSERT INTO case_number (organisation, last) VALUES (:organisation, 1042)
ON CONFLICT (organisation) DO UPDATE SET last = case_number.last + 1 RETURNING last
""")

DUE_TIMERS = text("""
DELETE FROM timer USING (
    SELECT organisation, conversation, kind FROM timer WHERE due_at <= :now
    ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED
) due
WHERE timer.organisation = due.organisation AND timer.conversation = due.conversation
  AND timer.kind = due.kind
RETURNING timer.organisation, timer.conversation, timer.kind, timer.due_at
""")

UNREADABLE = text("UPDATE inbox SET done = true, payload = '' WHERE id = :id")

# No platform delivers again after a month; a button of a quarter ago says that it is too late.
PRUNE = text("""
WITH old_events AS (
    DELETE FROM inbox WHERE done AND received_at < now() - interval '30 days'
), old_permits AS (
    DELETE FROM permit WHERE until < now()
)
DELETE FROM button WHERE made_at < now() - interval '90 days'
""")

_HELD = "(SELECT person FROM hold WHERE organisation = :organisation)"

# So many at a time that nothing else waits for it. What is live is not old. A token outlives its
# value: its number must not stand for another one where the text that bears it is still kept.
PRUNE_BY_PACK = tuple(
    text(x)
    for x in (
        f"UPDATE vault SET value = '' WHERE organisation = :organisation AND at < :values"
        f" AND value <> '' AND person NOT IN {_HELD}",
        "DELETE FROM used WHERE organisation = :organisation AND at < :day",
        f"""
    WITH old AS (
        SELECT c.id FROM conversation c
        LEFT JOIN cases k ON k.organisation = c.organisation AND k.id = c.case_id
        WHERE c.organisation = :organisation AND c.last_at < :conversations
        AND coalesce(NOT k.live, true) AND c.requester NOT IN {_HELD} LIMIT 1000
    ), cases_gone AS (
        DELETE FROM cases WHERE organisation = :organisation
        AND conversation IN (SELECT id FROM old) AND NOT live
    ), posted_gone AS (
        DELETE FROM posted WHERE organisation = :organisation
        AND conversation IN (SELECT id FROM old)
    )
    DELETE FROM conversation WHERE organisation = :organisation AND id IN (SELECT id FROM old)
    """,
    )
)

# What is neither done nor waiting in the queue: its job was lost with its worker's connection.
# One replica at a time looks, so that nothing is put back twice.
STRANDED = text(f"""
WITH alone AS (SELECT pg_try_advisory_xact_lock(4723002) AS mine),
lost AS (
    SELECT queue, 'work' AS task, lock, id, received_at AS since FROM inbox
    WHERE NOT done AND received_at < now() - make_interval(secs => :seconds)
    UNION ALL
    SELECT 'deliveries', 'deliver', destination, id, made_at FROM outbox
    WHERE made_at < now() - make_interval(secs => :seconds)
)
SELECT array_length(procrastinate_defer_jobs_v1(coalesce(array_agg(ROW(
    queue, task, 0, lock, NULL, jsonb_build_object('id', id), NULL
)::{_JOB} ORDER BY since), ARRAY[]::{_JOB}[])), 1) FROM lost, alone
WHERE mine AND NOT EXISTS (
    SELECT FROM procrastinate_jobs j
    WHERE j.status IN ('todo', 'doing') AND j.task_name = task AND j.args->>'id' = lost.id
)
""")
