"""`make bench`: what the guardrails take and find, beside Presidio, and on hostile input.

    python -m tests.bench.guardrails [speed] [hostile]

Presidio has an environment of its own, so that nothing of it gets into this one.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from adapters.slack import blocks
from adapters.slack.text import plain as from_slack
from adapters.teams import markdown
from bot import words
from bot.colleagues import Names
from bot.guardrails import check_input
from bot.injection import Origin, injection
from bot.leaving import check_output
from bot.orders import defused
from bot.pack import Rules
from bot.redaction import redact
from bot.sentences import sentences
from bot.vault import hide
from tests.bench.hostile import shapes
from tests.bench.quality import loaded
from tests.bench.quality import redact as redacted
from tests.conftest import DATA

LENGTH = 40_000
TICKETS = 1_500
CROWD = 50_000
KINDS = ("EMAIL_ADDRESS", "IBAN_CODE", "US_SSN", "IP_ADDRESS", "CREDIT_CARD", "PHONE_NUMBER")
INSTALL = """\
  Presidio is not here. To compare with it:
    python3 -m venv build/presidio && build/presidio/bin/pip install 'presidio-analyzer>=2.2,<3'
    PRESIDIO=build/presidio/bin/python python -m tests.bench.guardrails speed"""

Row = dict[str, Any]


@cache
def rules() -> Rules:
    return loaded().pack.rules


def rows(name: str) -> list[Row]:
    return [json.loads(x) for x in (DATA / name).read_text().splitlines()]


def guarded(text: str) -> object:
    """All that a message passes: secrets, concerns, attempts, personal data."""
    return hide(check_input(text, rules()).text, {})


def cpu(work: Callable[[str], object], texts: list[str]) -> float:
    """Seconds of CPU for all of them, in the second round: many a pattern is made when needed."""
    for text in texts:
        work(text)
    _forget()
    started = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - started


def _forget() -> None:
    """What one turn asks often is kept: here every text is another."""
    words._known.clear()  # pyright: ignore[reportPrivateUsage]
    words._placed.cache_clear()  # pyright: ignore[reportPrivateUsage]


# ---- beside Presidio ----------------------------------------------------------------------------


def presidio(texts: list[str]) -> tuple[float, list[str]] | None:
    """CPU seconds and what is left of each text. None: it is not installed."""
    python = os.environ.get("PRESIDIO") or (find_spec("presidio_analyzer") and sys.executable)
    if not python:
        return None
    script = Path(__file__).with_name("presidio_patterns.py")
    done = subprocess.run(
        [python, str(script)], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["left"]


def crowd() -> Names:
    """Employees whose names are two of the texts' own words, so that many words begin one."""
    letters = sorted({x for r in rows("routing/it_tickets_train.jsonl") for x in r["text"].split()})
    words = [x for x in letters if x.isalpha() and len(x) > 3]
    count = len(words)
    return Names(f"{words[i % count]} {words[i * 7919 % count]}" for i in range(CROWD))


def told(name: str, seconds: float, count: int) -> None:
    print(f"  {name:44s} {count / seconds:8.0f} messages/s   {seconds / count * 1000:6.2f} ms each")


def recall(name: str, labelled: list[Row], left: list[str]) -> None:
    """How many labelled values are gone, and how many texts without any were changed."""
    gone = [
        (span["type"], span["value"] not in text)
        for row, text in zip(labelled, left, strict=True)
        for span in row["spans"]
        if span["type"] in KINDS
    ]
    each = (
        f"{kind.partition('_')[0].lower() if kind != 'US_SSN' else 'ssn'}"
        f" {sum(x for k, x in gone if k == kind)}/{sum(k == kind for k, _ in gone)}"
        for kind in KINDS
    )
    clean = [(r["text"], x) for r, x in zip(labelled, left, strict=True) if not r["spans"]]
    changed = sum(a != b for a, b in clean)
    print(
        f"  {name:12s} {sum(x for _, x in gone)}/{len(gone)} values gone ({', '.join(each)});"
        f" {changed}/{len(clean)} texts without any changed"
    )


def speed() -> None:
    if not DATA.exists():
        print(f"Guardrails: there are no texts at {DATA}")
        return
    labelled = rows("pii/presidio_synth.jsonl")
    tickets = [x["text"] for x in rows("routing/it_tickets_train.jsonl")[:TICKETS]]
    texts = [x["text"] for x in labelled] + tickets
    average = sum(map(len, texts)) // len(texts)
    print(f"Guardrails on one core: {len(texts)} texts of {average} letters on average, CPU time")
    told("all guardrails of a message", cpu(guarded, texts), len(texts))
    ours = cpu(redacted, texts)
    told("redaction alone: secrets and personal data", ours, len(texts))
    found = cpu(lambda x: hide(x, {}), texts)
    told("personal data alone", found, len(texts))
    names = crowd()
    told(f"the names of {CROWD:,} employees alone", cpu(names.find, texts), len(texts))
    base = presidio(texts)
    recall("handrail", labelled, [redacted(x["text"]) for x in labelled])
    if base is None:
        print(INSTALL)
        return
    seconds, left = base
    told("presidio, patterns only: personal data alone", seconds, len(texts))
    alone, both = seconds / found, seconds / ours
    print(f"  handrail is {both:.1f} times as fast, {alone:.0f} times without secrets")
    recall("presidio", labelled, left[: len(labelled)])


# ---- hostile input ------------------------------------------------------------------------------

CHECKS: dict[str, Callable[[str], object]] = {
    "redact": redact,
    "hide": lambda x: hide(x, {}),
    "check_input": lambda x: check_input(x, replace(rules(), longest=LENGTH)),
    "injection, a user's": lambda x: injection(x, Origin.USER),
    "injection, a document's": lambda x: injection(x, Origin.DOCUMENT),
    "defused": defused,
    "check_output": lambda x: check_output(x, (), (), (), x),
    "sentences": sentences,
    "slack, in": lambda x: from_slack(x, "U1"),
    "slack, out": blocks.markdown,
    "teams, out": markdown.shown,
}


def took(check: Callable[[str], object], text: str) -> float:
    """Milliseconds, of the better of two."""
    best = float("inf")
    for _ in range(2):
        _forget()
        started = time.process_time()
        check(text)
        best = min(best, time.process_time() - started)
    return best * 1000


def hostile() -> None:
    whole, half = shapes(LENGTH), shapes(LENGTH // 2)
    print(f"The dearest shapes of {LENGTH // 1000} kB, of {len(whole)}; ms (times that of half)")
    for name, check in CHECKS.items():
        check("Warm up, please.")
        dear = sorted(((took(check, x), k) for k, x in whole.items()), reverse=True)
        shown = [f"{k} {ms:.0f} ({ms / max(took(check, half[k]), 0.1):.1f})" for ms, k in dear[:4]]
        print(f"  {name:24s} {', '.join(shown)}", flush=True)


PARTS = {"speed": speed, "hostile": hostile}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
