"""Reply → activity. What only some places show (streams) is asked for by name."""

import json
from typing import Any

from adapters.teams import card
from adapters.teams.markdown import link, shortened, shown
from bot.reply import Purpose, Reply, Source

Json = dict[str, Any]

LARGEST = 100 * 1024
"""Bytes of an activity, as UTF-16: beyond it Teams answers 413."""
_TEXT = 12_000
_SUGGESTIONS = 3
"""Teams shows no more."""
_CITED = 20
_ANSWERS = frozenset({Purpose.SOLVED, Purpose.SHOW_PAGE})
"""Purposes of the buttons under an answer."""


def reply(reply: Reply) -> Json:
    """A whole message, without where it goes."""
    if reply.card:
        return _bounded(_card(reply))
    return _bounded(_on_a_card(reply) if reply.buttons else _words(reply))


def _bounded(activity: Json) -> Json:
    while _size(activity) > LARGEST:
        # A card bounds its own texts: it is the message's that is too long.
        activity["text"] = shortened(str(activity.get("text", "")), len(activity["text"]) // 2)
    return activity


def status(text: str) -> Json:
    return {"type": "message", "textFormat": "markdown", "text": f"_{shown(text)}_"}


def draft(text: str) -> Json:
    words = shortened(shown(text), _TEXT)
    return {"type": "message", "textFormat": "markdown", "text": words}


def informative(text: str) -> Json:
    """Begins a stream: the line that Teams shows over it."""
    return _stream(text, streamType="informative", streamSequence=1)


def streaming(text: str, stream: str, sequence: int) -> Json:
    """All the text so far: it must extend what was sent before."""
    words = shown(text)
    return _stream(words, streamId=stream, streamType="streaming", streamSequence=sequence)


def final(answer: Reply, stream: str) -> Json:
    """A stream's end is the one message that may hold both a text and a card. Anywhere else Teams
    makes two of it, and refuses it as an update ("resulted into multiple skype activities")."""
    activity = _bounded(_words(answer))
    if answer.buttons:
        activity.pop("suggestedActions", None)
        activity["attachments"] = [card.attachment(card.buttons(answer.buttons))]
    info = {"type": "streaminfo", "streamId": stream, "streamType": "final"}
    return activity | {"entities": [info, *activity.get("entities", [])]}


def _stream(text: str, **info: object) -> Json:
    return {"type": "typing", "text": text, "entities": [{"type": "streaminfo", **info}]}


def _card(reply: Reply) -> Json:
    assert reply.card
    return {
        "type": "message",
        "summary": shortened(reply.text or reply.card.title, 500),
        "attachments": [card.attachment(card.card(reply.card, reply.buttons))],
    }


def _on_a_card(reply: Reply) -> Json:
    """A text with buttons. Citations need a message's own text: here the sources are links."""
    activity: Json = {
        "type": "message",
        "summary": shortened(reply.text, 500),
        "attachments": [card.attachment(card.answer(reply))],
    }
    if _is_answer(reply):
        activity["entities"] = [_made_by_ai(())]
    if reply.sources:
        activity["channelData"] = {"feedbackLoop": {"type": "default"}}
    return activity


def _words(reply: Reply) -> Json:
    words = shortened(shown(reply.text), _TEXT)
    cited = reply.sources[:_CITED]
    missing = [f"[{i}]" for i in range(1, len(cited) + 1) if f"[{i}]" not in words]
    parts = [f"**{reply.author}**" if reply.author else "", " ".join([words, *missing])]
    # Old and small clients show no citations: the sources stand under the answer too.
    parts.append(" · ".join(link(x.title, x.url) for x in cited[:8]))
    parts.append(f"_{shown(reply.context)}_" if reply.context else "")
    activity: Json = {
        "type": "message",
        "textFormat": "markdown",
        "text": "\n\n".join(filter(None, parts)) or " ",
        "summary": shortened(reply.text, 500),
    }
    if _is_answer(reply):
        activity["entities"] = [_made_by_ai(cited)]
    if cited:
        activity["channelData"] = {"feedbackLoop": {"type": "default"}}
    if reply.suggestions:
        actions = [
            {"type": "imBack", "title": x, "value": x} for x in reply.suggestions[:_SUGGESTIONS]
        ]
        activity["suggestedActions"] = {"to": [], "actions": actions}
    return activity


def _is_answer(reply: Reply) -> bool:
    """What was found or made for this question; the pack's own sentences are nobody's guess."""
    purposes = {x.grant.purpose for x in reply.buttons}
    return bool(reply.sources or purposes & _ANSWERS)


def _made_by_ai(sources: tuple[Source, ...]) -> Json:
    """The label that Teams shows over an answer, with its sources. There may be only one."""
    entity: Json = {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "@id": "",
        "additionalType": ["AIGeneratedContent"],
    }
    claims = [_claim(i, x) for i, x in enumerate(sources, 1)]
    return entity | {"citation": claims} if claims else entity


def _claim(position: int, source: Source) -> Json:
    appearance: Json = {
        "@type": "DigitalDocument",
        "name": source.title[:80] or "Source",
        "abstract": source.title[:160] or "Source",
    }
    if source.url.startswith(("http://", "https://")):
        appearance["url"] = source.url
    return {"@type": "Claim", "position": position, "appearance": appearance}


def _size(activity: Json) -> int:
    return len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))
