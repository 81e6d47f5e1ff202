"""Reply → Block Kit. A button is only its label, token and style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.slack import pressed, terms
from adapters.slack.blocks import Block, defused, markdown, mrkdwn, shortened
from bot.place import Place
from bot.reply import Button, Card, Fact, Form, Invalid, Reply, Source, Style

_BLOCKS = 50
_FALLBACK = 3_000
_SHORT = 80
"""A fact up to this length stands beside another; a longer one takes the whole width."""
_STYLES = {Style.PRIMARY: "primary", Style.DANGER: "danger"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    text: str
    """For notifications and screen readers: what the blocks say, in short."""
    blocks: list[Block]


def reply(reply: Reply) -> Message:
    blocks: list[Block] = []
    if reply.card:
        blocks += _card(reply.card)
    else:
        words = f"**{reply.author}**\n\n{reply.text}" if reply.author else reply.text
        blocks += markdown(words)
    if reply.sources:
        blocks.append(_quiet(" · ".join(_source(x) for x in reply.sources[:8])))
    if reply.context:
        blocks.append(_quiet(mrkdwn(reply.context)))
    if reply.buttons:
        blocks.append(_row(reply.buttons))
    if reply.sources and not reply.card:
        blocks.append(_thumbs())
    return Message(text=_fallback(reply), blocks=blocks[:_BLOCKS])


def status(text: str) -> Message:
    """What stands while an answer is made."""
    return Message(text=text, blocks=[_quiet(mrkdwn(text))])


def draft(text: str) -> Message:
    return Message(text=_cut(text, _FALLBACK), blocks=markdown(text))


# ---- modals and the home ----------------------------------------------------------------------


def form(form: Form, token: str, place: Place) -> Block:
    """The fields' names come back as the ids of their blocks."""
    fields: list[Block] = []
    for field in form.fields:
        element: Block = {
            "type": "plain_text_input",
            "action_id": "value",
            "multiline": not field.short,
            "max_length": min(field.limit, 3000),
            "focus_on_load": not fields,
        }
        if field.value:
            element["initial_value"] = field.value[: min(field.limit, 3000)]
        one: Block = {
            "type": "input",
            "block_id": field.name,
            "label": _plain(field.label, 2000),
            "element": element,
        }
        fields.append({**one, "hint": _plain(field.hint, 2000)} if field.hint else one)
    return _modal(form.title, fields, form.submit, "form", pressed.meta(token, place))


def question(title: str, label: str, submit: str, callback: str, about: str = "") -> Block:
    """A form of this adapter's own: to ask the desk, or to say more about a rating."""
    element: Block = {
        "type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": 3000,
        "focus_on_load": True,
    }  # fmt: skip
    field: Block = {
        "type": "input", "block_id": "text", "label": _plain(label, 2000), "element": element
    }  # fmt: skip
    return _modal(title, [field], submit, callback, about)


def opened(card: Card) -> Block:
    """What a confidential card does not show, for the one who may read it."""
    return _modal(card.title, _card(card)[:100])


def sentence(title: str, text: str) -> Block:
    return _modal(title, [{"type": "section", "text": _plain(text, 3000)}])


def refused(invalid: Invalid, title: str) -> Block:
    """What Slack does with a form that was sent: say it at the field, or in its place."""
    if invalid.field:
        return {"response_action": "errors", "errors": {invalid.field: invalid.text}}
    return {"response_action": "update", "view": sentence(title, invalid.text)}


def home(greeting: str, cases: Sequence[str], ask: str) -> Block:
    blocks: list[Block] = [{"type": "section", "text": {"type": "mrkdwn", "text": greeting}}]
    button: Block = {
        "type": "button", "action_id": terms.ASK, "style": "primary", "text": _plain(ask, 75)
    }  # fmt: skip
    blocks.append({"type": "actions", "elements": [button]})
    blocks += [{"type": "divider"}] if cases else []
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": _cut(mrkdwn(x), 3000)}}
        for x in cases
    ]
    return {"type": "home", "blocks": blocks[:100]}


def _modal(
    title: str, blocks: list[Block], submit: str = "", callback: str = "", kept: str = ""
) -> Block:
    view: Block = {"type": "modal", "title": _plain(title, 24), "blocks": blocks}
    if submit:
        view |= {"submit": _plain(submit, 24), "callback_id": callback, "private_metadata": kept}
    return view


# ---- parts ------------------------------------------------------------------------------------


def _card(card: Card) -> list[Block]:
    title = f":rotating_light: {card.title}" if card.urgent else card.title
    blocks: list[Block] = [{"type": "header", "text": _plain(title, 150)}]
    if card.status:
        blocks.append(_quiet(f"*{mrkdwn(card.status)}*"))
    short: list[Block] = []
    for fact in card.facts:
        field: Block = {"type": "mrkdwn", "text": _fact(fact)}
        if len(fact.text) <= _SHORT and "\n" not in fact.text:
            short.append(_limited(field, 2000))
            continue
        blocks += _fields(short)
        short = []
        blocks.append({"type": "section", "text": _limited(field, 3000), "expand": True})
    blocks += _fields(short)
    if card.body:
        blocks += markdown(card.body)
    return blocks


def _fields(fields: list[Block]) -> list[Block]:
    """Two in a row, and ten to a section."""
    return [{"type": "section", "fields": fields[i : i + 10]} for i in range(0, len(fields), 10)]


def _fact(fact: Fact) -> str:
    label = f"*{mrkdwn(fact.label)}*"
    text = mrkdwn(fact.text)
    if fact.until:
        text = f"{_date(fact.until)} {text}".strip()
    return f"{label}\n{text}"


def _date(moment: datetime) -> str:
    """In the reader's own time zone and words; the fallback is for old clients."""
    stamp, fallback = int(moment.timestamp()), moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{stamp}^{{date_short_pretty}}, {{time}}|{fallback}>"


def _source(source: Source) -> str:
    title = _cut(mrkdwn(source.title).replace("|", "/"), 200)
    if not source.url.startswith(("http://", "https://")):
        return title
    return f"<{source.url.replace('|', '%7C').replace('>', '%3E')}|{title}>"


def _row(buttons: Sequence[Button]) -> Block:
    return {"type": "actions", "elements": [_button(x, i) for i, x in enumerate(buttons[:25])]}


def _button(button: Button, number: int) -> Block:
    # Never the grant: what a token stands for stays on this side.
    block: Block = {
        "type": "button",
        "action_id": f"{terms.PRESS}:{number}",
        "text": _plain(button.label, 75),
        "value": button.token,
    }
    style = _STYLES.get(button.style)
    return {**block, "style": style} if style else block


def _thumbs() -> Block:
    def thumb(label: str, value: str) -> Block:
        return {"text": _plain(label, 75), "value": value}

    element: Block = {
        "type": "feedback_buttons",
        "action_id": terms.FEEDBACK,
        "positive_button": thumb("👍", "good"),
        "negative_button": thumb("👎", "bad"),
    }
    return {"type": "context_actions", "elements": [element]}


def _quiet(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _cut(text, 3000)}]}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": _cut(defused(text), limit) or " ", "emoji": True}


def _limited(field: Block, limit: int) -> Block:
    return {**field, "text": _cut(str(field["text"]), limit)}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _fallback(reply: Reply) -> str:
    card = reply.card
    words = f"{reply.author}: {reply.text}" if reply.author else reply.text
    if card:
        facts = (f"{x.label}: {x.text}" for x in card.facts if x.text)
        words = "\n".join((reply.text or card.title, card.status, *facts))
    return shortened(defused(words), _FALLBACK)
