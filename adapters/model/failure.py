"""What went wrong on the wire, sorted by who has to act. The far side's words stay out of it."""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx2
import openai

from bot.ports import Rejected, Unavailable

# Time heals these, as it does everything from 500 on.
_PASSING = frozenset({408, 409, 425, 429})

_ADVICE = {
    400: "check HANDRAIL_MODEL_FAST and HANDRAIL_MODEL_DEEP",
    401: "check OPENAI_API_KEY",
    403: "check OPENAI_API_KEY, and what it may use",
    404: "check OPENAI_BASE_URL, HANDRAIL_MODEL_FAST and HANDRAIL_MODEL_DEEP",
    422: "check HANDRAIL_MODEL_FAST and HANDRAIL_MODEL_DEEP",
}


def of(error: Exception) -> Unavailable | Rejected:
    match error:
        case Unavailable() | Rejected():
            return error
        case openai.APIStatusError():
            return _refusal(error)
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return Unavailable("the endpoint was silent for too long")
        case openai.APIConnectionError():
            return Unavailable(f"no connection: {type(error.__cause__).__name__}")
        case httpx2.HTTPError() | OSError():
            return Unavailable(f"the connection broke: {type(error).__name__}")
        case _:
            return Unavailable(f"the answer is unreadable: {type(error).__name__}")


def midway(error: object) -> Unavailable:
    """The far side began to answer, and then sent this instead of the rest."""
    return Unavailable(f"the endpoint failed in the middle of its answer{_code(error)}")


def _refusal(error: openai.APIStatusError) -> Unavailable | Rejected:
    status = error.status_code
    why = f"the endpoint answered {status}{_code(error.body)}"
    if status in _PASSING or status >= 500:
        return Unavailable(why, retry_after(error.response.headers))
    return Rejected(f"{why}: {_ADVICE.get(status, 'check OPENAI_BASE_URL')}")


def _code(body: object) -> str:
    """Only the code of an error: its message may repeat the key or the prompt."""
    match body:
        case {"code": str(code)} if re.fullmatch(r"[a-zA-Z_]{1,60}", code):
            return f" ({code})"
        case _:
            return ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds. None: the far side did not say, or nothing that makes sense."""
    if (seconds := _number(headers.get("retry-after-ms"))) is not None:
        return seconds / 1000
    said = headers.get("retry-after")
    if said is None or (seconds := _number(said)) is not None:
        return seconds if said else None
    try:
        # By the far side's own clock: ours may differ.
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
