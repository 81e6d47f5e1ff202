"""The base of `guardrails`: Presidio with its patterns only, in whatever Python has it.

Reads texts as JSON, and writes what it leaves of each and the CPU seconds that it took.
"""

import json
import sys
import time
from typing import Any

import spacy  # pyright: ignore[reportMissingImports]
from presidio_analyzer import (  # pyright: ignore[reportMissingImports]
    AnalyzerEngine,
    RecognizerRegistry,
)
from presidio_analyzer.nlp_engine import SpacyNlpEngine  # pyright: ignore[reportMissingImports]

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false


class Blank(SpacyNlpEngine):
    """Cuts a text into words, and knows no names."""

    def __init__(self) -> None:
        super().__init__()
        self.nlp: dict[str, Any] = {"en": spacy.blank("en")}


def engine() -> Any:
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    return AnalyzerEngine(
        nlp_engine=Blank(), registry=registry, supported_languages=["en"]
    )  # fmt: skip


def left(analyzer: Any, text: str) -> str:
    for found in sorted(analyzer.analyze(text, "en"), key=lambda x: x.start, reverse=True):
        text = text[: found.start] + "\0" * (found.end - found.start) + text[found.end :]
    return text


def main() -> None:
    texts: list[str] = json.load(sys.stdin)
    analyzer = engine()
    for text in texts:
        left(analyzer, text)
    started = time.process_time()
    out = [left(analyzer, x) for x in texts]
    json.dump({"seconds": time.process_time() - started, "left": out}, sys.stdout)


if __name__ == "__main__":
    main()
