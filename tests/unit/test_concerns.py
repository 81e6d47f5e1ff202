"""What the sample pack hears as danger or harassment, and what it does not."""

from collections.abc import Callable

import pytest

from bot.classifier import Classifier
from bot.guardrails import HandOver, check_input
from bot.pack import Pack

Hear = Callable[[str], str | None]


@pytest.fixture
def hear(pack: Pack) -> Hear:
    def concern(text: str) -> str | None:
        verdict = check_input(text, pack.rules)
        return verdict.concern.name if isinstance(verdict, HandOver) and verdict.concern else None

    return concern


@pytest.mark.parametrize(
    "text",
    [
        "i dont want to live anymore",
        "Everybody would be better off without me",
        "I'm gonna kms, not joking",
        "my friend wrote that she wants to end her life tonight",
        "I took a whole bottle of pills an hour ago",
        "there is no reason for me to go on living",
        "I wish I had never been born and could just sleep forever",
        "he says he will shoot everyone in the office",
        "a man with a knife is standing at reception",
        "someone collapsed in the canteen and isn't breathing",
        "my husband beats me, I'm afraid to go home",
        "ich möchte nicht mehr leben",
        "ohne mich wären doch alle besser dran",
        "er hat gedroht, alle umzubringen",
        "eine kollegin ist bewusstlos, wir brauchen einen notarzt",
        # in words that no phrase has
        "these days all I picture is lying under the train and finally being at peace",
        "I said my goodbyes to the kids, they just don't know it yet",
    ],
)
def test_danger_is_heard(hear: Hear, text: str) -> None:
    assert hear(text) == "danger"


@pytest.mark.parametrize(
    "text",
    [
        "my boss put his hand on my thigh again",
        "she humiliates me in front of the whole team every week",
        "a colleague keeps sending me nude pictures",
        "I was passed over for the promotion because I am pregnant",
        "since I reported him I only get the worst shifts",
        "they make fun of my accent all day",
        "my teammate was groped at the summer party",
        "mein chef macht ständig anzügliche bemerkungen",
        "ich werde von zwei kollegen gemobbt",
        "seit ich ihn gemeldet habe, werde ich schikaniert",
    ],
)
def test_harassment_is_heard(hear: Hear, text: str) -> None:
    assert hear(text) == "harassment"


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("I want to report fraud in purchasing, somebody takes bribes", "whistleblowing"),
        ("mein chef fälscht rechnungen", "whistleblowing"),
        ("you will hear from my lawyer", "legal"),
        ("ich werde die firma verklagen", "legal"),
        ("I clicked a phishing link and typed my password", "security"),
    ],
)
def test_other_concerns_have_desks_of_their_own(hear: Hear, text: str, concern: str) -> None:
    assert hear(text) == concern


@pytest.mark.parametrize(
    "text",
    [
        "this printer is killing me",
        "my laptop died in the middle of a call",
        "can you kill the process that hangs on my machine",
        "I could murder a coffee",
        "the deadline is killing me",
        "shoot me an email when my laptop is ready",
        "when is the next harassment training",
        "what is our policy on bullying?",
        "I nearly had a heart attack when I saw the phone bill",
        "where do I sign up for the first aid course",
        "the collapsed menu in the portal does not open",
        "can I work from home because I'm pregnant",
        "I'm so tired of being logged out every hour",
        "does the life insurance cover suicide",
        "how many days off do I get when my father died",
        "der drucker bringt mich noch um",
        "das programm reagiert nicht mehr",
        "wo finde ich die richtlinie gegen mobbing",
        "mein akku ist tot",
        "thank you, never mind",
    ],
)
def test_figures_of_speech_and_questions_are_not(hear: Hear, text: str) -> None:
    assert hear(text) is None


def test_a_pack_without_examples_hears_its_phrases() -> None:
    learned = Classifier.learned({"tea": ["a cup of tea", "green tea"], "bike": ["ride my bike"]})
    scores = learned.scores("which tea is there?")
    assert scores["tea"] > 0 > scores["bike"]
    assert learned.firm == frozenset()
    assert learned.scores("") == {"tea": -1.0, "bike": -1.0}


def test_learning_twice_gives_the_same(pack: Pack) -> None:
    examples = {"it": ["my vpn drops", "no wifi"], "hr": ["my payslip", "days of leave"]}
    one, two = Classifier.learned(examples), Classifier.learned(examples)
    assert one.scores("is my payslip wrong?") == two.scores("is my payslip wrong?")
