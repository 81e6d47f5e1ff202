"""How many of a pack's own examples are heard when they are not among what was learned."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from bot.classifier import Classifier
from bot.guardrails import HandOver, check_input
from bot.pack import Rules
from tests.bench.quality import PACK, loaded

FOLDS = 5
CONCERNS = ("danger", "harassment")
ORDINARY = ("it", "hr", "small_talk", "out_of_scope")


def examples(folder: Path) -> dict[str, list[str]]:
    said = yaml.load((folder / "examples.yaml").read_text(), yaml.BaseLoader)
    return {label: [x for lines in each.values() for x in lines] for label, each in said.items()}


def heard(text: str, rules: Rules) -> bool:
    verdict = check_input(text, rules)
    return isinstance(verdict, HandOver) and verdict.concern is not None


def held_back(label: str, every: dict[str, list[str]], rules: Rules) -> Iterator[bool]:
    """Of each example: is it heard by what was learned from the others?"""
    for fold in range(FOLDS):
        back: Sequence[str] = every[label][fold::FOLDS]
        rest = {**every, label: [x for x in every[label] if x not in back]}
        learned = replace(rules, classifier=Classifier.learned(rest))
        yield from (heard(x, learned) for x in back)


def main() -> None:
    every, rules = examples(PACK), loaded().pack.rules
    print("\n-- the pack's own examples, each held back while the others were learned")
    for label in (*CONCERNS, *ORDINARY):
        found = list(held_back(label, every, rules))
        what = "heard" if label in CONCERNS else "taken for danger or harassment"
        print(f"{label} {what}".ljust(62), f"{sum(found):5d}/{len(found):<5d}")


if __name__ == "__main__":
    main()
