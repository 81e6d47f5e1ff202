"""Slack's payload → Event. Who called was verified before: see `listener.py`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter

from adapters.slack.payload import Envelope, Interaction, SlackEvent, Slash, Spoken
from adapters.slack.text import plain, with_files
from bot.admin import understood
from bot.event import CardAction, Command, Feedback, FromPerson, Message, Opened, Stopped
from bot.people import Sender
from bot.place import Audience, Place

PLATFORM = "slack"
PRESS = "press"
"""The beginning of the action ids of our buttons; their value is the token."""
FEEDBACK = "feedback"
ASK = "ask"
"""The button and form with which a question is asked from App Home or by `/handrail` alone."""
ASK_ABOUT = "ask_desk"
"""The shortcut on a message."""
COMMENT = "comment"
COMMAND = "/handrail"
EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)
"""What the manifest subscribes to."""

_KEPT = TypeAdapter(dict[str, str])

# What people write comes as one of these; every other subtype is Slack's or a program's own.
_WRITTEN = (None, "file_share", "thread_broadcast")
_KINDS = {
    "im": Audience.DIRECT,
    "mpim": Audience.PRIVATE,
    "group": Audience.PRIVATE,
    "channel": Audience.PUBLIC,
}
_RECALL = timedelta(minutes=2)
"""A question that is deleted so soon is not to be answered; later it means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The app in one workspace."""

    team: str
    user: str
    """The bot's own user, as people mention it."""
    bot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that is asked elsewhere than in a chat: it is answered in the direct chat."""

    id: str
    at: datetime
    sender: Sender
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Somebody looks at the app's home."""

    sender: Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A form is to be opened: to ask, or to say more about a rating."""

    callback: str
    trigger: str
    about: str = ""


Heard = FromPerson | Asked | Home | Wish | None


def heard(
    body: Mapping[str, object], organisation: str, at: datetime, app: Installation
) -> tuple[Heard, ...]:
    """What a call of Slack means; mostly one thing, nothing if it is none of ours.

    Raises `ValidationError` when it is no payload of Slack's.
    """
    if body.get("type") == "event_callback":
        found = _event(Envelope.model_validate(body), organisation, app)
        return (found,) if found else ()
    if "command" in body:
        return (_slash(Slash.model_validate(body), organisation, at),)
    return tuple(_interaction(Interaction.model_validate(body), organisation, at, app))


def who(body: Mapping[str, object]) -> Sender:
    """Who pressed, sent or typed, of a payload that `heard` could read."""
    if "command" in body:
        slash = Slash.model_validate(body)
        return Sender(
            platform=PLATFORM, workspace=slash.team_id, user=slash.user_id, name=slash.user_name
        )
    return _person(Interaction.model_validate(body))


# ---- events -----------------------------------------------------------------------------------


def _event(envelope: Envelope, organisation: str, app: Installation) -> FromPerson | Home | None:
    event = envelope.event
    match event.type:
        case "message" | "app_mention":
            return _message(envelope, organisation, app)
        case "app_home_opened" if event.user and event.tab == "home":
            return Home(sender=_sender(envelope, event.user))
        case "app_home_opened" if event.user and event.tab == "messages":
            # Once for each person: Slack tells of every look into the chat.
            return Opened(
                id=f"slack:opened:{envelope.team_id}:{event.user}",
                organisation=organisation,
                at=_moment(event.event_ts),
                sender=_sender(envelope, event.user),
                place=Place(platform=PLATFORM, workspace=envelope.team_id, channel=event.channel),
            )
        case "agent_session_stopped" if event.user:
            return _stopped(envelope, event, organisation, event.user, event.thread_ts)
        case _:
            return None


def _message(envelope: Envelope, organisation: str, app: Installation) -> Message | Stopped | None:
    event = envelope.event
    before = event.previous_message
    if event.subtype == "message_deleted":
        return _recalled(envelope, before, organisation, app) if before else None
    spoken: Spoken = event
    if event.subtype == "message_changed" and event.message and before:
        if event.message.text == before.text:  # Slack added a preview of a link.
            return None
        spoken = event.message
    user = spoken.user
    if user in (None, app.user) or spoken.bot_id or spoken.subtype not in _WRITTEN:
        return None
    text, mentioned = plain(spoken.text, app.user)
    place = _place(envelope, event, spoken.thread_ts or spoken.ts)
    served = place.audience is Audience.DIRECT or mentioned or spoken.thread_ts
    if not served:
        return None
    return Message(
        id=f"slack:{envelope.event_id}",
        organisation=organisation,
        at=_moment(event.event_ts or spoken.ts),
        sender=_sender(envelope, user),
        place=place,
        message=spoken.ts,
        text=with_files(text, spoken.files),
        mentioned=mentioned,
        edited=spoken.edited.ts if spoken.edited else None,
    )


def _recalled(
    envelope: Envelope, before: Spoken, organisation: str, app: Installation
) -> Stopped | None:
    """Who deletes a question at once wants no answer to it."""
    event, asker = envelope.event, before.user
    late = _moment(event.event_ts) - _moment(before.ts) > _RECALL
    if asker in (None, app.user) or late:
        return None
    return _stopped(envelope, event, organisation, asker, before.thread_ts or before.ts)


def _stopped(
    envelope: Envelope, event: SlackEvent, organisation: str, user: str, root: str | None
) -> Stopped:
    return Stopped(
        id=f"slack:{envelope.event_id}",
        organisation=organisation,
        at=_moment(event.event_ts),
        sender=_sender(envelope, user),
        place=_place(envelope, event, root),
    )


def _place(envelope: Envelope, event: SlackEvent, root: str | None) -> Place:
    """A direct message roots its own thread, as Slack's agent view shows it."""
    # A mention's event does not say of what kind its channel is: then it counts as public.
    audience = _KINDS.get(event.channel_type or _kind_by_id(event.channel), Audience.PUBLIC)
    if envelope.is_ext_shared_channel:
        audience = Audience.SHARED
    return Place(
        platform=PLATFORM,
        workspace=envelope.team_id,
        channel=event.channel,
        thread=root,
        audience=audience,
    )


def _sender(envelope: Envelope, user: str) -> Sender:
    return Sender(platform=PLATFORM, workspace=envelope.team_id, user=user)


# ---- what people press, send and type ---------------------------------------------------------


def _interaction(
    pressed: Interaction, organisation: str, at: datetime, app: Installation
) -> list[Heard]:
    sender = _person(pressed)
    match pressed.type:
        case "block_actions":
            return _pressed(pressed, organisation, at, sender)
        case "view_submission":
            return [_sent(pressed, organisation, at, sender)]
        case "message_action" if pressed.callback_id == ASK_ABOUT and pressed.message:
            text, _ = plain(pressed.message.text, app.user)
            text = with_files(text, pressed.message.files)
            id = f"slack:about:{sender.workspace}:{pressed.trigger_id}"
            return [Asked(id=id, at=at, sender=sender, text=text)] if text else []
        case _:
            return []


def _person(pressed: Interaction) -> Sender:
    name = pressed.user.name or pressed.user.username
    team = pressed.team.id if pressed.team else pressed.user.team_id
    return Sender(platform=PLATFORM, workspace=team, user=pressed.user.id, name=name)


def _pressed(pressed: Interaction, organisation: str, at: datetime, sender: Sender) -> list[Heard]:
    if not pressed.actions:
        return []
    action = pressed.actions[0]
    if action.action_id == ASK:
        return [Wish(callback=ASK, trigger=pressed.trigger_id)]
    place = _pressed_at(pressed, sender.workspace)
    if place is None:
        return []
    id = f"slack:press:{sender.workspace}:{sender.user}:{action.action_ts}"
    if action.action_id == FEEDBACK:
        good = action.value == "good"
        rated = Feedback(
            id=id, organisation=organisation, at=at, sender=sender, place=place, helpful=good
        )
        if good:
            return [rated]
        about = json.dumps({"channel": place.channel, "thread": place.thread or ""})
        return [rated, Wish(callback=COMMENT, trigger=pressed.trigger_id, about=about)]
    if not action.action_id.startswith(PRESS) or not action.value:
        return []
    press = CardAction(
        id=f"{id}:{_digest(action.value)}", organisation=organisation, at=at, sender=sender,
        place=place, token=action.value,
    )  # fmt: skip
    return [press]


def _pressed_at(pressed: Interaction, team: str) -> Place | None:
    if pressed.channel is None:
        return None
    container, message = pressed.container, pressed.message
    thread = (container and container.thread_ts) or (message and message.thread_ts)
    place = Place(
        platform=PLATFORM,
        workspace=team,
        channel=pressed.channel.id,
        thread=thread or None,
        audience=_by_name(pressed.channel.id, pressed.channel.name),
    )
    if place.audience is Audience.DIRECT and thread is None and container:
        return place.thread_at(container.message_ts or "")
    return place


def _sent(
    sent: Interaction, organisation: str, at: datetime, sender: Sender
) -> CardAction | Asked | Feedback | None:
    view = sent.view
    if view is None:
        return None
    values = {name: _value(fields) for name, fields in view.state.values.items()}
    id = f"slack:form:{sender.workspace}:{view.id}"
    if view.callback_id == ASK:
        return Asked(id=id, at=at, sender=sender, text=values.get("text", ""))
    kept = _kept(view.private_metadata)
    place = Place(
        platform=PLATFORM,
        workspace=sender.workspace,
        channel=kept.get("channel", ""),
        thread=kept.get("thread") or None,
        audience=Audience(kept.get("audience", Audience.DIRECT)),
    )
    if view.callback_id == COMMENT:
        return Feedback(
            id=id, organisation=organisation, at=at, sender=sender, place=place, helpful=False,
            comment=values.get("text", ""),
        )  # fmt: skip
    if "token" not in kept:
        return None
    return CardAction(
        id=id, organisation=organisation, at=at, sender=sender, place=place,
        token=kept["token"], values=values,
    )  # fmt: skip


def _slash(slash: Slash, organisation: str, at: datetime) -> Command | Asked | Wish:
    sender = Sender(
        platform=PLATFORM, workspace=slash.team_id, user=slash.user_id, name=slash.user_name
    )
    text, _ = plain(slash.text, "")
    id = f"slack:command:{slash.team_id}:{slash.trigger_id}"
    if not text:
        return Wish(callback=ASK, trigger=slash.trigger_id)
    if not understood(text):
        return Asked(id=id, at=at, sender=sender, text=text)
    place = Place(
        platform=PLATFORM,
        workspace=slash.team_id,
        channel=slash.channel_id,
        audience=_by_name(slash.channel_id, slash.channel_name),
    )
    return Command(id=id, organisation=organisation, at=at, sender=sender, place=place, text=text)


# ---- small parts ------------------------------------------------------------------------------


def meta(token: str, place: Place) -> str:
    """What a form carries along, to come back as it was pressed."""
    kept = {
        "token": token,
        "channel": place.channel,
        "thread": place.thread or "",
        "audience": place.audience.value,
    }
    return json.dumps(kept)


def _kept(metadata: str) -> dict[str, str]:
    return _KEPT.validate_json(metadata or "{}")


def _value(fields: Mapping[str, Mapping[str, object]]) -> str:
    for field in fields.values():
        return str(field.get("value") or "")
    return ""


def _kind_by_id(channel: str) -> str:
    return "im" if channel.startswith("D") else ""


def _by_name(channel: str, name: str) -> Audience:
    """Interactions and commands tell a channel's kind by a name of Slack's own."""
    if channel.startswith("D") or name == "directmessage":
        return Audience.DIRECT
    private = name == "privategroup" or name.startswith("mpdm-") or channel.startswith("G")
    return Audience.PRIVATE if private else Audience.PUBLIC


def _moment(ts: str) -> datetime:
    """Slack's stamp: seconds since 1970, a dot, and a counter that makes it unique."""
    return datetime.fromtimestamp(float(ts), UTC)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:12]
