"""What is read of Slack's payloads; all else in them is ignored.

Formats: docs.slack.dev, the Events API envelope, interaction payloads and slash commands.
"""

from pydantic import BaseModel, ConfigDict, Field


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class File(_Payload):
    name: str | None = None
    permalink: str | None = None


class Edited(_Payload):
    ts: str


class Spoken(_Payload):
    """A message, as an event is one and as others quote it."""

    subtype: str | None = None
    user: str | None = None
    bot_id: str | None = None
    text: str = ""
    ts: str = ""
    thread_ts: str | None = None
    files: tuple[File, ...] = ()
    edited: Edited | None = None


class SlackEvent(Spoken):
    type: str
    channel: str = ""
    channel_type: str | None = None
    event_ts: str = ""
    tab: str | None = None
    message: Spoken | None = None
    """What it became, of an edit."""
    previous_message: Spoken | None = None


class Envelope(_Payload):
    team_id: str
    event_id: str
    is_ext_shared_channel: bool = False
    event: SlackEvent


class Id(_Payload):
    id: str


class User(Id):
    name: str = ""
    username: str = ""
    team_id: str = ""


class Channel(Id):
    name: str = ""


class Container(_Payload):
    message_ts: str | None = None
    thread_ts: str | None = None


class Action(_Payload):
    type: str
    action_id: str
    value: str | None = None
    action_ts: str = ""


class State(_Payload):
    values: dict[str, dict[str, dict[str, object]]] = {}


class View(Id):
    callback_id: str = ""
    private_metadata: str = ""
    state: State = State()


class Interaction(_Payload):
    type: str
    user: User
    team: Id | None = None
    channel: Channel | None = None
    container: Container | None = None
    message: Spoken | None = None
    actions: tuple[Action, ...] = ()
    view: View | None = None
    callback_id: str = ""
    trigger_id: str = ""


class Slash(_Payload):
    team_id: str
    channel_id: str
    channel_name: str = ""
    user_id: str
    user_name: str = ""
    text: str = ""
    trigger_id: str
    command: str = Field(pattern="^/")
