"""What people press, send and type: interactions and commands → Event."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime

from pydantic import TypeAdapter

from adapters.slack.payload import Interaction, Slash
from adapters.slack.terms import (
    ASK,
    ASK_ABOUT,
    COMMENT,
    FEEDBACK,
    PLATFORM,
    PRESS,
    Asked,
    Heard,
    Installation,
    Wish,
)
from adapters.slack.text import plain, with_files
from bot.admin import understood
from bot.event import CardAction, Command, Feedback
from bot.people import Sender
from bot.place import Audience, Place

_LABEL = re.compile(r"<@([^<>|]*)\|[^<>]*>")
_KEPT = TypeAdapter(dict[str, str])


def who(body: Mapping[str, object]) -> Sender:
    """Who pressed, sent or typed, of a payload that `heard` could read."""
    if "command" in body:
        slash = Slash.model_validate(body)
        return Sender(
            platform=PLATFORM, workspace=slash.team_id, user=slash.user_id, name=slash.user_name
        )
    return _person(Interaction.model_validate(body))


def interaction(
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
        return [rated, Wish(callback=COMMENT, trigger=pressed.trigger_id, about=meta("", place))]
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
    channel = kept.get("channel", "")
    place = Place(
        platform=PLATFORM,
        workspace=sender.workspace,
        channel=channel,
        thread=kept.get("thread") or None,
        audience=Audience(kept.get("audience") or _by_name(channel, "")),
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


def slash(typed: Slash, organisation: str, at: datetime) -> Command | Asked | Wish:
    sender = Sender(
        platform=PLATFORM, workspace=typed.team_id, user=typed.user_id, name=typed.user_name
    )
    text, _ = plain(typed.text, "")
    id = f"slack:command:{typed.team_id}:{typed.trigger_id}"
    if not text:
        return Wish(callback=ASK, trigger=typed.trigger_id)
    if not understood(text):
        return Asked(id=id, at=at, sender=sender, text=text)
    place = Place(
        platform=PLATFORM,
        workspace=typed.team_id,
        channel=typed.channel_id,
        audience=_by_name(typed.channel_id, typed.channel_name),
    )
    # Who is mentioned stays an account: what Slack displays of them is nobody's name.
    text, _ = plain(_LABEL.sub(r"<@\1>", typed.text), "")
    return Command(id=id, organisation=organisation, at=at, sender=sender, place=place, text=text)


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


def _by_name(channel: str, name: str) -> Audience:
    """Interactions and commands tell a channel's kind by a name of Slack's own."""
    if channel.startswith("D") or name == "directmessage":
        return Audience.DIRECT
    private = name == "privategroup" or name.startswith("mpdm-") or channel.startswith("G")
    return Audience.PRIVATE if private else Audience.PUBLIC


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:12]
