"""`make quality`: sentences as models write them, held against the pages that they answer from."""

from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypedDict

import yaml

from bot.support import Ground
from tests.bench.quality import own_handbook

SENTENCES = Path(__file__).with_suffix(".yaml")


class Row(TypedDict):
    page: str
    """A passage's id."""
    asked: str
    says: list[str]
    """What the page says."""
    invented: list[str]


def ground(row: Row) -> Ground:
    """The page, among the passages that a search finds with it."""
    index = own_handbook().index
    page = index.passage(row["page"])
    assert page, row["page"]
    around = (x for x in index.search(row["asked"], 3) if x.id != page.id)
    return Ground((page, *around), asked=row["asked"], names="Fernhill IT HR")


def stays(given: Ground, sentence: str) -> bool:
    return given.upheld([f"{sentence} [1]"]) != [None]


def main() -> None:
    sets: dict[str, list[Row]] = yaml.safe_load(SENTENCES.read_text())
    spent: list[float] = []
    for name, rows in sets.items():
        grounds = [(ground(row), row) for row in rows]
        for truth, what in (("says", "true sentences dropped"), ("invented", "invented caught")):
            pairs = [(given, x) for given, row in grounds for x in row.get(truth, [])]
            fell = 0
            for given, sentence in pairs:
                since = perf_counter()
                fell += not stays(given, sentence)
                spent.append(perf_counter() - since)
            share = 100 * fell / len(pairs)
            print(f"{f'{what}, {name}':62s} {fell:5d}/{len(pairs):<5d} {share:6.1f}%")
    print(f"a sentence, held against four passages: median {1e6 * median(spent):.0f} µs")


if __name__ == "__main__":
    main()
