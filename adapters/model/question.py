"""What a requester asks, read without a model."""

import re
from collections.abc import Sequence

_LONGEST = 500
"""Characters of a search."""
_STEM = 5
"""Letters that the forms of a word share: print and printer, Urlaub and Urlaubs."""

# Words without a subject, in English and German. Those of one or two letters never have one,
# unless they are capitals: HR, UK.
_EMPTY_WORDS = """
about after again all also and any are been before but can could did does doing done for from
get got had has have her here him his how into its just like long many may mine more much must
need not now off only other our out please same she should some still than that the their them
then there these they this those too use very want was were what when where which who whom
whose why will with would yes you your

aber alle alles als auch auf aus bei beim bin bis bitte dann das dass dein deine dem den denn
der des dich die diese diesem diesen dieser dir doch dort ein eine einem einen einer eines
etwas euch für gibt habe haben hast hat hier ich ihm ihn ihnen ihr ihre immer ist jetzt kann
kannst kein keine können lang lange man mehr mein meine meinem meinen meiner mich mir mit muss
müssen nach nein nicht noch nur oder ohne sehr seit sich sie sind soll sollen sollte über und
uns unser unter viel viele vom von vor wann war warum was weil welche welcher wem wen wenn wer
werde werden wie wieder wieso will wir wird woher wohin würde zum zur
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())

# How a short line begins that goes on with the one before, and how many words it may have.
_GOES_ON = (
    (
        9,
        r"and|but|or|then|ok(?:ay)?|what about|how about|(?:the )?same|also (?:in|for|at|with)"
        r"|und|aber|oder|dann|was ist (?:mit|bei|in)|wie ist (?:es|das)|wie sieht (?:es|das)"
        r"|gilt das|auch (?:in|für|bei|mit|im)",
    ),
    (4, r"in|for|from|with|at|on|as|für|bei|mit|im|von|aus|als"),
)

_REPLY = 8
"""The most words of an answer to a question of ours."""

_OWN = (
    r"\b(?:my|mein\w{0,2}) (?:(?:own|open|old|other|last|latest|current|offene|letzte|andere)\w? )?"
)
_OWN_CASE = re.compile(
    # "In my case" is a figure of speech.
    rf"(?<!\bin ){_OWN}(?:cases?|tickets?|f[aä]lle?n?|vorg[aä]nge?n?)\b",
    re.IGNORECASE,
)
_CASE = re.compile(rf"\b[A-Z]{{2,10}}-\d{{3,}}\b|{_OWN}(?:requests?|anfragen?|anliegen)\b", re.I)
_NEWS = re.compile(
    r"\b(?:status|stand|sachstand|updates?|news|progress|what about|what happened|happening"
    r"|neues|neuigkeiten|was ist mit|was wurde aus|wie weit|wie steht)\b",
    re.IGNORECASE,
)


def query(said: Sequence[str], *, replies: bool) -> str:
    """What to search for. `said` are the requester's lines; the newest is the last.

    `replies`: it comes after a question of ours.
    """
    taken = [said[-1]]
    for earlier in reversed(said[:-1]):
        answer = replies and len(taken) == 1 and len(taken[0].split()) <= _REPLY
        if not answer and not _goes_on(taken[0]):
            break
        taken.insert(0, earlier)
    joined = " ".join(taken)
    return joined[-_LONGEST:] if len(taken) > 1 else joined[:_LONGEST]


def is_about_own_cases(text: str) -> bool:
    return bool(_OWN_CASE.search(text) or (_NEWS.search(text) and _CASE.search(text)))


def stems(text: str) -> frozenset[str]:
    """The beginnings of its words, to compare texts by. None of those that say nothing."""
    return frozenset(
        word.casefold()[:_STEM]
        for word in re.findall(r"\w+", text)
        if (len(word) > 2 or (len(word) == 2 and word.isupper())) and word.casefold() not in _EMPTY
    )


def _goes_on(line: str) -> bool:
    words = len(line.split())
    return not stems(line) or any(
        words <= most and re.match(rf"\W*(?:{beginning})\b", line, re.IGNORECASE)
        for most, beginning in _GOES_ON
    )
