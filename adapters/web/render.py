"""Reply → JSON for the page. A button is only its label, token and style."""

from bot.reply import Button, Card, Fact, Form, Invalid, Reply

Json = dict[str, object]


def reply(reply: Reply) -> Json:
    """What is empty is left out."""
    body: Json = {
        "text": reply.text,
        "author": reply.author,
        "context": reply.context,
        "sources": [{"title": x.title, "url": x.url} for x in reply.sources],
        "card": card(reply.card) if reply.card else None,
        "buttons": [_button(x) for x in reply.buttons],
        "suggestions": list(reply.suggestions),
    }
    return _filled(body)


def card(card: Card) -> Json:
    body: Json = {
        "title": card.title,
        "status": card.status,
        "urgent": card.urgent,
        "facts": [_fact(x) for x in card.facts],
        "body": card.body,
    }
    return _filled(body)


def form(form: Form) -> Json:
    fields = [
        {
            "name": x.name, "label": x.label, "limit": x.limit, "hint": x.hint,
            "value": x.value, "short": x.short,
        }
        for x in form.fields
    ]  # fmt: skip
    return {"title": form.title, "submit": form.submit, "fields": fields}


def answer(answer: Form | Card | Invalid | None) -> Json:
    """What the door says to a pressed button or a sent form."""
    match answer:
        case Form():
            return {"form": form(answer)}
        case Card():
            return {"card": card(answer)}
        case Invalid(text=text, field=field):
            return _filled({"refused": text, "field": field})
        case None:
            return {}


def _button(button: Button) -> Json:
    # Never the grant: what a token stands for stays on this side.
    return {"label": button.label, "token": button.token, "style": button.style.value}


def _fact(fact: Fact) -> Json:
    until = fact.until.isoformat() if fact.until else None
    return _filled({"label": fact.label, "text": fact.text, "until": until})


def _filled(body: Json) -> Json:
    return {k: v for k, v in body.items() if v not in (None, "", [], False)}
