"""What an event, a turn and a post leave in the database: the values for its statements."""

import json
from base64 import b64encode
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import TextClause

from adapters.store import encode, statements
from adapters.store.cipher import Cipher, owner_key
from bot.event import CardAction, Event, FromPerson, Message
from bot.outcome import Delivery, Turn, grants, hashed
from bot.place import Audience, Place
from bot.ports import Situation
from bot.reply import Grant


async def inbox_row(cipher: Cipher, event: Event) -> dict[str, Any]:
    """For `statements.ACCEPT`."""
    sender = person(event)
    payload = await cipher.seal(event.organisation, sender, event.id, encode.dump_event(event))
    # Only messages wait for each other: a claim never waits behind a slow answer.
    is_message = isinstance(event, Message)
    return {
        "id": event.id,
        "organisation": event.organisation,
        "also_known_as": event.also_known_as if is_message else None,
        "lock": _lock(event.place) if is_message else None,
        "queue": "turns" if is_message else "actions",
        "sender": sender,
        "payload": payload,
    }


def person(event: Event) -> str:
    """Whose data key seals what belongs to this event. Empty: the organisation's."""
    if not isinstance(event, FromPerson):
        return ""
    sender = event.sender
    return f"{sender.platform}/{sender.workspace}/{sender.user}"


def _lock(place: Place) -> str:
    """What happens one after the other: a thread; of a direct chat, all of its threads."""
    return room(place) if place.audience is Audience.DIRECT else place.key


def room(place: Place) -> str:
    """The chat or channel, with all of its threads."""
    return replace(place, thread=None).key


def decided(situation: Situation, turn: Turn) -> tuple[TextClause, dict[str, Any]]:
    """What must be true of the world for this turn to count, and what it makes of it: for
    `statements.decide`."""
    event, conversation, case = turn.event, turn.conversation, turn.case
    values: dict[str, Any] = {
        "event": event.id,
        "attempt": situation.attempt,
        "organisation": event.organisation,
    }
    stopped = conversation.stopped_at is not None
    said = bool(conversation.transcript) or conversation.version > 0 or stopped
    changed = said and conversation not in situation.conversations
    if changed:
        after = replace(conversation, version=conversation.version + 1)
        values |= {
            "c_id": conversation.id,
            "c_place": conversation.place.key,
            "c_requester": conversation.requester,
            "c_state": conversation.state,
            "c_case": conversation.case,
            "c_last_at": conversation.last_at,
            "c_version": conversation.version,
            "c_body": encode.dump_conversation(after),
        }
    case_changed = case is not None and situation.cases.get(case.id) != case
    if case is not None and case_changed:
        values |= {
            "k_id": case.id,
            "k_conversation": case.conversation,
            "k_queue": case.queue,
            "k_state": case.state,
            "k_live": case.live,
            "k_requester": case.requester,
            "k_opened_at": case.opened_at,
            "k_version": case.version,
            "k_body": encode.dump_case(replace(case, version=case.version + 1)),
        }
    switches = turn.switches
    if switches is not None:
        after_switches = replace(switches, version=switches.version + 1)
        values |= {
            "s_version": switches.version,
            "s_body": encode.dump_switches(after_switches),
        }
    if turn.spends and isinstance(event, CardAction):
        values["token"] = hashed(event.token)
    statement = statements.decide(changed, case_changed, switches is not None, turn.spends)
    return statement, values


async def followed(cipher: Cipher, turn: Turn) -> dict[str, Any]:
    """What follows from it once it counts: for `statements.FOLLOW`."""
    event, organisation = turn.event, turn.event.organisation
    who = person(event)
    deliveries = [
        {
            "position": position,
            "id": x.id,
            "slot": x.slot,
            "destination": encode.destination_key(x.to),
            "payload": b64encode(
                await cipher.seal(organisation, who, x.id, encode.dump_delivery(x).encode())
            ).decode(),
        }
        for position, x in enumerate(turn.deliveries)
    ]
    kept = {x.kind for x in turn.timers}
    return {
        "event": event.id,
        "organisation": organisation,
        "conversation": turn.conversation.id,
        "case": turn.conversation.case,
        "person": who,
        "now": turn.now,
        "cancelled": [x.value for x in turn.cancelled - kept],
        "slots": [x.slot for x in turn.deliveries],
        "buttons": json.dumps([_button(token, grant) for token, grant in grants(turn)]),
        "timers": json.dumps(
            [{"kind": x.kind, "due_at": x.due_at.isoformat()} for x in turn.timers]
        ),
        "about": turn.conversation.requester,
        "used": json.dumps([asdict(turn.used)] if turn.used else []),
        "records": json.dumps([await _record(cipher, turn, i) for i in range(len(turn.records))]),
        "contacts": json.dumps(_contacts(turn)),
        "deliveries": json.dumps(deliveries),
    }


async def _record(cipher: Cipher, turn: Turn, position: int) -> dict[str, Any]:
    record = turn.records[position]
    said = None
    if record.said:
        owner = owner_key(turn.conversation.requester)
        bound = f"{turn.event.id}:{position}"
        sealed = await cipher.seal(
            turn.event.organisation, owner, bound, record.said.encode("utf-8", "replace")
        )
        said = sealed.hex()
    facts = dict(record.facts)
    return {"position": position, "step": record.step, "facts": facts, "said": said}


def _button(token: str, grant: Grant) -> dict[str, object]:
    return {
        "token": hashed(token),
        "conversation": grant.conversation,
        "body": json.loads(encode.dump_grant(grant)),
        "single_use": grant.single_use,
    }


def _contacts(turn: Turn) -> list[dict[str, object]]:
    """Where the requester's direct chat with the bot is, as this turn learned it."""
    if turn.met is None or not isinstance(turn.event, FromPerson):
        return []
    place = replace(turn.event.place, thread=None)
    return [{"person": turn.met, "place": json.loads(encode.dump_place(place))}]


def slot_row(delivery: Delivery, place: Place) -> dict[str, object]:
    """Of the message that shows it."""
    return {
        "organisation": delivery.organisation,
        "slot": delivery.slot,
        "conversation": delivery.conversation,
        "place": encode.dump_place(place),
        "room": room(place),
    }
