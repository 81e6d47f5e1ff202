"""Slack's payload → Event. Who called was verified before: see `listener.py`."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from adapters.slack import pressed
from adapters.slack.payload import Envelope, Interaction, SlackEvent, Slash, Spoken
from adapters.slack.terms import PLATFORM, Heard, Home, Installation
from adapters.slack.text import plain, with_files
from bot.event import FromPerson, Message, Opened, Stopped
from bot.people import Sender
from bot.place import Audience, Place

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
        return (pressed.slash(Slash.model_validate(body), organisation, at),)
    return tuple(pressed.interaction(Interaction.model_validate(body), organisation, at, app))


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
        roots=place.audience is Audience.DIRECT and spoken.thread_ts is None,
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


def _kind_by_id(channel: str) -> str:
    return "im" if channel.startswith("D") else ""


def _moment(ts: str) -> datetime:
    """Slack's stamp: seconds since 1970, a dot, and a counter that makes it unique."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("a moment beyond all calendars") from error
