"""Tongue: which language a text is in, as far as two are known, and what of it carries meaning."""

import re
from enum import Enum

from bot.figures import SPELLED
from bot.words import plain

# Letters that the forms of a word share: print and printer, Urlaub and Urlaubs.
_STEM = 5
_ENGLISH = """
    a about after all also am an and any anyone are as at be because been before being both but by
    can cannot could did do does done during each either every everyone few for from get gets given
    give go goes going got had has have he her him his how however i if in instead into is it its
    itself just know let like made make makes many may me might more most much must my need needed
    needs no not of off on once one only or our out over own per please put same see
    set shall she should since so some someone soon still such take taken takes than that the their
    them then there these they thing things this those through to too under until up upon us use
    used using very via want was way we well were what when where whether which while who whom
    whose why will with within without would yes yet you your yourself simply following follow
    there's it's that's you're don't doesn't isn't can't won't you'll they're
    called call means mean depending depends applies apply available possible usually normally
    day days week weeks month months year years hour hours minute minutes time times
    generally currently already directly automatically first second third then next finally
"""
_GERMAN = """
    aber alle allem allen aller alles als also am an auch auf aus bei beim bekommst
    bekommt bis bist bitte brauchst braucht da dabei dafur damit danach dann daran darauf darf
    darfst
    das dass dein deine deinem deinen deiner dem den denn der des deshalb dich die dies diese diesem
    diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines er erhaltst erhalt
    es etwas euch euer fur gibt gilt gelten hab habe haben hast hat hatte hier ich ihm ihn ihnen ihr
    ihre ihrem ihren ihrer im immer in innerhalb ist ja jede jedem jeden jeder jemand jetzt kann
    kannst kein keine keinen konnen man mehr mein meine mit mochtest mochte muss musst mussen nach
    nicht noch nur ob oder ohne sein seine sich sie sind so sobald soll sollen sollst sollte sondern
    sowie um und uns unser unsere unter vom von vor wann war warum was weil wenn wer werde werden
    wie wieder wir wird wo wurde wurden zu zum zur zwischen uber steht stehen pro je zuerst danach
    tag tage tagen woche wochen monat monate monaten jahr jahre jahren stunde stunden minute minuten
    uhr anschliessend einfach folgende folgenden heisst normalerweise automatisch direkt bereits
"""
# Of French, Spanish, Portuguese, Italian, Dutch, Polish: enough to tell that it is none of the two.
_ELSEWHERE = """
    le la les des une est pour dans avec vous votre sur pas que qui el los las por para con del
    una su se como es en os uma nao com voce seu il di che per non sono gli della het een van
    voor met niet zijn naar nie jest sie na do ze prosze lub oraz
"""
_OF_OTHERS = frozenset(plain(_ELSEWHERE).split())
_OF_ENGLISH = frozenset(plain(_ENGLISH).split())
_OF_GERMAN = frozenset(plain(_GERMAN).split())
_EMPTY = _OF_ENGLISH | _OF_GERMAN | SPELLED.keys()
_NUMBER = re.compile(r".*\d.*")
_SHORT = re.compile(r"\b[A-Z]{2}\b")


class Tongue(Enum):
    ENGLISH = "en"
    GERMAN = "de"
    OTHER = "other"
    UNKNOWN = "unknown"
    """It cannot be told: too short, or only names."""


def tongue(text: str) -> Tongue:
    words = plain(text).split()
    counts = {
        Tongue.ENGLISH: sum(x in _OF_ENGLISH for x in words),
        Tongue.GERMAN: sum(x in _OF_GERMAN for x in words),
        Tongue.OTHER: sum(x in _OF_OTHERS for x in words),
    }
    # Words are without accents here: what is left is another alphabet.
    if sum(not x.isascii() for x in words) > len(words) / 2:
        return Tongue.OTHER
    best = max(counts, key=lambda x: counts[x])
    tied = list(counts.values()).count(counts[best]) > 1
    return Tongue.UNKNOWN if tied else best


def content(text: str) -> list[str]:
    """The stems of the words that carry meaning, each once, in order. Numbers are none."""
    words = (
        _stem(x)
        for x in re.findall(r"[^\W_]+", plain(text))
        if len(x) > 2 and x not in _EMPTY and not _NUMBER.match(x)
    )
    short = (x.lower() for x in _SHORT.findall(text))
    return list(dict.fromkeys((*words, *short)))


def stems(text: str) -> frozenset[str]:
    return frozenset(content(text))


def _stem(word: str) -> str:
    word = word.removesuffix("s") if len(word) > 3 else word
    return word[:_STEM].removesuffix("y").removesuffix("i") if len(word) >= _STEM else word
