"""What the parts of this adapter have in common: its names, and what else than events is heard."""

from dataclasses import dataclass
from datetime import datetime

from bot.event import FromPerson
from bot.people import Sender

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
