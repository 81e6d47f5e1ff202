"""Card and Form → Adaptive Card 1.5, the newest that Teams shows everywhere."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.teams.inbound import PRESS
from adapters.teams.markdown import link, literal, shortened, shown
from bot.reply import Button, Card, Fact, Field, Form, Invalid, Purpose, Reply, Style

Json = dict[str, Any]

TYPE = "application/vnd.microsoft.card.adaptive"
_OPENS = frozenset(
    {
        Purpose.WRITE, Purpose.REPLY, Purpose.NOTE, Purpose.OPEN, Purpose.REVEAL,
        Purpose.MAKE_PAGE,
    }
)  # fmt: skip
"""Their buttons open a dialog."""
_STYLES = {Style.PRIMARY: "positive", Style.DANGER: "destructive"}
_SHORT = 80
"""A fact up to this length stands in a row; a longer one under its label."""
_FACT = 4_000
_TEXT = 12_000
_CITED = re.compile(r" ?\[\d+\](?!\()")
"""A citation's mark: a card names its sources without them."""
_FENCE = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)


def card(card: Card, buttons: Sequence[Button] = ()) -> Json:
    return _whole([*_head(card), *_facts(card.facts), *_body(card)], [_button(x) for x in buttons])


def buttons(buttons: Sequence[Button]) -> Json:
    """Under an answer, which is the message's own text."""
    return _whole([], [_button(x) for x in buttons])


def answer(reply: Reply) -> Json:
    """A text with its sources and buttons, where the message itself may hold only one of them."""
    body = [_text(literal(reply.author), weight="bolder")] if reply.author else []
    body += _paragraphs(reply.text)
    if reply.sources:
        links = " · ".join(link(x.title, x.url) for x in reply.sources[:8])
        body.append(_text(links, isSubtle=True, spacing="medium"))
    if reply.context:
        body.append(_text(shown(reply.context), isSubtle=True, size="small", spacing="small"))
    return _whole(body, [_button(x) for x in reply.buttons])


def dialog(form: Form, token: str) -> Json:
    body = [_input(x) for x in form.fields]
    return _dialog(form.title, _whole(body, [_send(form.submit, token)]))


def again(invalid: Invalid, values: Mapping[str, str], title: str, submit: str, token: str) -> Json:
    """The dialog once more: what is wrong, and what was typed."""
    body: list[Json] = [_text(invalid.text, color="attention", weight="bolder")]
    for name, value in values.items():
        field = Field(name=name, label=invalid.text, limit=3000)
        body.append(_input(field) | {"value": value, "label": " "})
    return _dialog(title, _whole(body, [_send(submit, token)]))


def opened(shown_card: Card) -> Json:
    """What a confidential card does not show, for the one who may read it."""
    return _dialog(shown_card.title, card(shown_card))


def sentence(text: str) -> Json:
    return {"task": {"type": "message", "value": text}}


def attachment(content: Json) -> Json:
    return {"contentType": TYPE, "content": content}


def _dialog(title: str, content: Json) -> Json:
    value = {"title": title, "height": "medium", "width": "medium", "card": attachment(content)}
    return {"task": {"type": "continue", "value": value}}


def _whole(body: list[Json], actions: list[Json]) -> Json:
    content: Json = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "body": body,
    }
    return content | {"actions": actions} if actions else content


def _head(card: Card) -> list[Json]:
    title = _text(literal(card.title), size="large", weight="bolder")
    if card.urgent:
        title |= {"color": "attention"}
    return [
        title,
        *([_text(literal(card.status), isSubtle=True, spacing="none")] if card.status else []),
    ]


def _facts(facts: Sequence[Fact]) -> list[Json]:
    """In their order: runs of short ones as a set, a long one as a paragraph under its label."""
    elements: list[Json] = []
    for fact in facts:
        text = _fact(fact)
        if len(text) > _SHORT or "\n" in text:
            elements.append(_text(literal(fact.label), weight="bolder", spacing="medium"))
            elements.append(_text(shortened(text, _FACT), spacing="none"))
            continue
        if not elements or elements[-1]["type"] != "FactSet":
            elements.append({"type": "FactSet", "facts": []})
        elements[-1]["facts"].append({"title": literal(fact.label), "value": text})
    return elements


def _fact(fact: Fact) -> str:
    text = literal(fact.text).replace("\n", "\n\n")
    return f"{_date(fact.until)} {text}".strip() if fact.until else text or " "


def _date(moment: datetime) -> str:
    """In the reader's own time zone and language."""
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{{{{DATE({stamp}, SHORT)}}}} {{{{TIME({stamp})}}}}"


def _paragraphs(text: str) -> list[Json]:
    """A card's text knows no code: a fence is set in a fixed width, a short piece as words."""
    parts = _FENCE.split(shortened(shown(_CITED.sub("", text)), _TEXT))
    blocks: list[Json] = []
    for i, part in enumerate(parts):
        if part.strip():
            code = i % 2 == 1
            words = part.strip("\n") if code else part.strip().replace("`", "")
            blocks.append(_text(words, fontType="monospace") if code else _text(words))
    return blocks


def _body(card: Card) -> list[Json]:
    return [_text(shortened(shown(card.body), _FACT), separator=True)] if card.body else []


def _text(text: str, **more: object) -> Json:
    return {"type": "TextBlock", "text": text or " ", "wrap": True, **more}


def _button(button: Button) -> Json:
    # Never the grant: what a token stands for stays on this side.
    data: Json = {"token": button.token}
    if button.grant.purpose in _OPENS:
        data |= {"msteams": {"type": "task/fetch"}}
        action: Json = {"type": "Action.Submit", "title": button.label, "data": data}
    else:
        fallback = {"type": "Action.Submit", "title": button.label, "data": data}
        action = {
            "type": "Action.Execute", "title": button.label, "verb": PRESS, "data": data,
            "fallback": fallback,
        }  # fmt: skip
    style = _STYLES.get(button.style)
    return action | {"style": style} if style else action


def _send(title: str, token: str) -> Json:
    return {"type": "Action.Submit", "title": title, "style": "positive", "data": {"token": token}}


def _input(field: Field) -> Json:
    content: Json = {
        "type": "Input.Text",
        "id": field.name,
        "label": field.label,
        "isMultiline": not field.short,
        "maxLength": field.limit,
        "placeholder": field.hint,
    }
    return content | {"value": field.value} if field.value else content
