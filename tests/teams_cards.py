"""What Teams refuses of an activity: the documented limits, and a card's elements."""

import json
from collections.abc import Mapping
from typing import Any

_ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "TextBlock": ("text",),
    "FactSet": ("facts",),
    "Input.Text": ("id",),
    "Container": ("items",),
}
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "Action.Submit": ("title", "data"),
    "Action.Execute": ("title", "verb", "data", "fallback"),
    "Action.OpenUrl": ("title", "url"),
}
_ROOT = "https://schema.org/Message"


def check(activity: Mapping[str, Any]) -> None:
    """Raises `AssertionError` with the reason."""
    raw = json.dumps(activity, ensure_ascii=False).encode("utf-16-le")
    assert len(raw) <= 100 * 1024, "MessageSizeTooBig"
    text = activity.get("text") or ""
    attachments = activity.get("attachments") or []
    assert text or attachments, "an activity says nothing"
    roots = [x for x in activity.get("entities") or [] if x["type"] == _ROOT]
    assert len(roots) <= 1, "two root entities"
    for root in roots:
        claims = root.get("citation") or []
        assert len(claims) <= 20, "citations"
        for claim in claims:
            shown = claim["appearance"]
            assert 0 < len(shown["name"]) <= 80, "citation name"
            assert 0 < len(shown["abstract"]) <= 160, "citation abstract"
            assert f"[{claim['position']}]" in text, "a citation without its mark"
    actions = (activity.get("suggestedActions") or {}).get("actions") or []
    assert len(actions) <= 3, "suggested actions"
    assert not (actions and attachments), "suggested actions beside an attachment"
    for attachment in attachments:
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        check_card(attachment["content"])


def check_card(card: Mapping[str, Any]) -> None:
    assert card["type"] == "AdaptiveCard"
    assert float(card["version"]) <= 1.5
    assert card.get("body") or card.get("actions"), "an empty card"
    ids: list[str] = []
    for element in card.get("body") or []:
        for name in _ELEMENTS[element["type"]]:
            assert element.get(name) not in (None, "", []), f"{element['type']} without {name}"
        if element["type"].startswith("Input."):
            ids.append(element["id"])
        for fact in element.get("facts", ()):
            assert fact["title"], "a fact without its title"
            assert fact["value"], "a fact without its value"
    assert len(ids) == len(set(ids)), "an input twice"
    for action in card.get("actions") or []:
        _check_action(action)


def _check_action(action: Mapping[str, Any]) -> None:
    for name in _ACTIONS[action["type"]]:
        assert action.get(name), f"{action['type']} without {name}"
    if "fallback" in action:
        _check_action(action["fallback"])
