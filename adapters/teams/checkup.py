"""What `handrail doctor` asks Microsoft: is the password good, can the keys be had?"""

from adapters.teams.auth import Keys, Refused
from adapters.teams.connector import Tokens, session
from bot.ports import Clock, PortError, Rejected


async def password(url: str, app_id: str, secret: str, clock: Clock) -> tuple[bool, str]:
    """Good or bad, in a sentence that says what to click."""
    async with session() as shared:
        try:
            await Tokens(url, app_id, secret, shared, clock).get()
        except Rejected as error:
            return False, (
                f"TEAMS_APP_PASSWORD: Microsoft says {error}; make a new client secret under Azure"
                " Bot → Configuration → Manage Password, and check TEAMS_APP_ID, TEAMS_TENANT_ID"
            )
        except PortError as error:
            return False, f"TEAMS_TOKEN_URL: Microsoft cannot be reached ({error})"
    return True, "Microsoft knows the Teams app and its password"


async def keys(url: str, clock: Clock) -> tuple[bool, str]:
    async with session() as shared:
        try:
            await Keys(url, shared, clock).get("any")
        except Refused:  # The keys were had; this one is none of them.
            return True, "the keys that sign Teams' calls can be fetched"
        except PortError as error:
            return False, f"TEAMS_OPENID_METADATA_URL: the keys cannot be fetched ({error})"
    return True, "the keys that sign Teams' calls can be fetched"
