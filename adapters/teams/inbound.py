"""Teams' activity → Event. Who called was verified before: see `http.py`."""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

from adapters.teams.payload import Activity, Attachment
from bot.event import CardAction, Command, Feedback, FromPerson, Message, Opened, Stopped
from bot.people import Sender
from bot.place import Audience, Place

PLATFORM = "teams"
PRESS = "press"
"""The verb of our buttons; their data holds the token."""

_KINDS = {
    "personal": Audience.DIRECT,
    "groupChat": Audience.PRIVATE,
    "channel": Audience.PUBLIC,
}
_CHANNELS = {"private": Audience.PRIVATE, "shared": Audience.SHARED}
_COMMAND = re.compile(r"^/?handrail\s+(?=\S)", re.IGNORECASE)
_PERSON = "29:"
"""How a person's account begins; of a tag or a channel the name is meant."""
_AT = re.compile(r"</?at[^>]*>")
_FILE = "application/vnd.microsoft.teams.file.download.info"
_RECALL = timedelta(minutes=2)
"""A question that is deleted so soon is not to be answered; later it means nothing."""

Json = Mapping[str, object]


def read(body: Json) -> Activity:
    """Raises `ValidationError` when it is no activity."""
    return Activity.model_validate(body)


def event(activity: Activity, organisation: str, at: datetime) -> FromPerson | None:
    """None: nothing that a person said or did to the bot."""
    sender = activity.sender
    if sender.role == "bot" or sender.id.startswith("28:"):
        return None
    match activity.type, activity.name:
        case "message", _ if activity.text is None or not activity.text.strip():
            return _pressed(activity, organisation, at) or _message(activity, organisation, at)
        case ("message", _) | ("messageUpdate", _):
            return _message(activity, organisation, at)
        case "messageDelete", _:
            return _recalled(activity, organisation, at)
        case "invoke", "adaptiveCard/action" | "task/fetch" | "task/submit":
            return _pressed(activity, organisation, at)
        case "invoke", "message/submitAction":
            return _rated(activity, organisation, at)
        case ("installationUpdate", _) | ("conversationUpdate", _):
            return _opened(activity, organisation, at)
        case _:
            return None


def place_of(activity: Activity) -> Place:
    """A post in a channel roots its thread; other chats are flat."""
    channel, _, thread = activity.conversation.id.partition(";messageid=")
    kind = activity.conversation.kind or ""
    audience = _KINDS.get(kind, Audience.PUBLIC)
    audience = _CHANNELS.get(activity.channel_data.channel.type or "", audience)
    return Place(
        platform=PLATFORM,
        workspace=activity.tenant,
        channel=channel,
        thread=thread or None,
        audience=audience,
    )


def sender_of(activity: Activity) -> Sender:
    return Sender(
        platform=PLATFORM, workspace=activity.tenant, user=activity.sender.id,
        name=activity.sender.name or "",
    )  # fmt: skip


def _id(activity: Activity) -> str:
    """Of the activity; some invokes have none, and are told apart by when and what."""
    own = activity.id
    if not own:
        what = (
            f"{activity.timestamp} {activity.sender.id} {json.dumps(activity.value, default=str)}"
        )
        own = hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:24]
    return f"teams:{activity.conversation.id}:{own}"


def _message(activity: Activity, organisation: str, at: datetime) -> Message | Command | None:
    edited = activity.type == "messageUpdate"
    if edited and activity.channel_data.event not in (None, "editMessage"):
        return None
    text, mentioned = _words(activity)
    place, sender = place_of(activity), sender_of(activity)
    command = _COMMAND.sub("", text)
    if command != text and not edited:
        # Who is mentioned stays an account: what Teams displays of them is nobody's name.
        command = _COMMAND.sub("", _words(activity, by_account=True)[0])
        return Command(
            id=_id(activity), organisation=organisation, at=at, sender=sender, place=place,
            text=command,
        )  # fmt: skip
    text = "\n".join(filter(None, (text, *map(_file, activity.attachments))))
    if not text:
        return None
    # In a thread `replyToId` only names its root, which the place does already.
    quoted = activity.reply_to if place.thread is None else None
    stamp = activity.timestamp if edited else None
    return Message(
        id=f"{_id(activity)}:{stamp}" if stamp else _id(activity),
        organisation=organisation,
        at=_moment(activity, at),
        sender=sender,
        place=place,
        message=activity.id,
        text=text,
        mentioned=mentioned,
        reply_to=quoted,
        edited=stamp,
    )


def _words(activity: Activity, *, by_account: bool = False) -> tuple[str, bool]:
    """The text without the bot's mention, and whether it was mentioned."""
    text, mentioned = activity.text or "", False
    for entity in activity.entities:
        if entity.type == "mention" and entity.mentioned and entity.text:
            own = entity.mentioned.id == activity.recipient.id
            mentioned |= own
            person = by_account and entity.mentioned.id.startswith(_PERSON)
            name = entity.mentioned.id if person else entity.mentioned.name or ""
            text = text.replace(entity.text, "" if own else f"@{name}")
    words = html.unescape(_AT.sub("", text)).replace("\xa0", " ")
    return words.strip(), mentioned


def _file(attachment: Attachment) -> str:
    """Screenshots and files go along, for the people who get the case."""
    if attachment.kind == _FILE and attachment.url:
        return f"{attachment.name or 'File'}: {attachment.url}"
    return (attachment.name or "An image") if attachment.kind.startswith("image/") else ""


def _pressed(activity: Activity, organisation: str, at: datetime) -> CardAction | None:
    data = _data(activity)
    token = data.get("token")
    if not isinstance(token, str):
        return None
    sent = activity.name == "task/submit"
    fields = {k: str(v) for k, v in data.items() if k not in ("token", "msteams")}
    return CardAction(
        id=_id(activity), organisation=organisation, at=at, sender=sender_of(activity),
        place=place_of(activity), token=token, values=fields if sent else None,
    )  # fmt: skip


def _data(activity: Activity) -> Json:
    """A button's, wherever this kind of activity holds it."""
    value = _mapping(activity.value)
    if activity.name == "adaptiveCard/action":
        action = _mapping(value.get("action"))
        return _mapping(action.get("data")) if action.get("verb") == PRESS else {}
    return _mapping(value.get("data")) if activity.type == "invoke" else value


def _rated(activity: Activity, organisation: str, at: datetime) -> Feedback | None:
    value = _mapping(activity.value)
    told = _mapping(value.get("actionValue"))
    if value.get("actionName") != "feedback" or "reaction" not in told:
        return None
    return Feedback(
        id=_id(activity), organisation=organisation, at=at, sender=sender_of(activity),
        place=place_of(activity), helpful=told["reaction"] == "like",
        comment=_comment(str(told.get("feedback") or "")),
    )  # fmt: skip


def _comment(told: str) -> str:
    """Teams sends JSON in a string; the Agents Playground the words themselves."""
    try:
        return str(_mapping(json.loads(told)).get("feedbackText") or "")
    except ValueError:
        return told


def _opened(activity: Activity, organisation: str, at: datetime) -> Opened | None:
    place = place_of(activity)
    added = activity.action in ("add", "add-upgrade") or any(
        x.id == activity.recipient.id for x in activity.added
    )
    if not added or place.audience is not Audience.DIRECT:
        return None
    # Both kinds of update tell of one installation: whichever comes first.
    return Opened(
        id=f"teams:opened:{activity.tenant}:{activity.conversation.id}",
        organisation=organisation,
        at=at,
        sender=sender_of(activity),
        place=place,
    )


def _recalled(activity: Activity, organisation: str, at: datetime) -> Stopped | None:
    """Who deletes a question at once wants no answer to it. A message's id is its moment, in
    milliseconds."""
    # Fifteen digits reach beyond the year 9999.
    if not re.fullmatch("[0-9]{1,14}", activity.id):
        return None
    written = datetime.fromtimestamp(int(activity.id) / 1000, UTC)
    if at - written > _RECALL:
        return None
    return Stopped(
        id=f"{_id(activity)}:deleted", organisation=organisation, at=at,
        sender=sender_of(activity), place=place_of(activity),
    )  # fmt: skip


def _moment(activity: Activity, at: datetime) -> datetime:
    try:
        return datetime.fromisoformat(activity.timestamp).astimezone(UTC)
    except (ValueError, OverflowError):
        return at


def _mapping(value: object) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}
