"""Passwords and codes as people write them, in English and German prose."""

import re
from collections.abc import Iterator

from bot.credentials import GIVES, Secret

_PASSWORD = (
    r"(?:pass?[ -]?w(?:or|ro|r)d|passowrd|passwd|pass?wort|kennwort|passphrase|passcode"
    r"|zugangscode|(?<![a-z0-9])(?:pwd?|pswd|pass|pin))"
)
_FOR = r"(?:\s(?:for|of|on|to|from|für|von|vom|zum|zur|am|im)(?:\s[\w.@/-]{1,40}){1,5}?)?"
_SAYS = (
    r"\s{1,3}(?:is|are|was|lautet|ist|war|heißt|heisst)(?:\s(?:now|jetzt|nun|just))?[:\s]\s{0,3}"
)
_OPENS = r"[\"'`„“‚‘«»(\[*_]{0,3}(?:(?<=[*_`])[ \t])?"
_VALUE = r"(?P<value>(?:[^\s<]|<(?!/))+)"
_WORD = re.compile(_VALUE)

# The connection is clear: what follows is the password, unless it reads like a sentence.
_TOLD = re.compile(rf"{_PASSWORD}\d{{0,2}}{_FOR}(?:{GIVES}|{_SAYS}){_OPENS}{_VALUE}", re.I)
# The connection is loose: what follows is the password only if no word looks like it.
_LOOSE = (
    re.compile(
        rf"{_PASSWORD}[\"'`*_)]{{0,3}}(?:[,;.]?\s{{1,3}}(?:it|which|that|es|das)"
        r"(?:['’]s|\s(?:is|was|ist|war|lautet))"
        r"|\s(?:set\s|reset\s|changed?\s|geändert\s)?(?:it\s|es\s)?(?:from|to|as|in|von|auf|zu|als)"
        rf"|,?\s(?:und zwar|nämlich|[-–—])|\s?/)?\s{{1,3}}{_OPENS}{_VALUE}",
        re.I,
    ),
    re.compile(
        rf"{_PASSWORD}\s(?:from|von)\s\S{{3,100}}\s(?:to|in|auf|zu)\s{_OPENS}{_VALUE}",
        re.I,
    ),
    re.compile(
        r"(?<!\S)(?P<value>\S{6,200})\s{1,3}(?:(?:is|was|ist|war)\s(?:my|our|the|mein|unser|das)"
        rf"|as|als)\s(?:\w{{2,12}}\s){{0,2}}{_PASSWORD}",
        re.I,
    ),
)
_LOGIN = re.compile(
    r"\b(?:log-?in|credentials?|creds|user(?:name)?|zugangsdaten|anmeldedaten|benutzer)"
    r"(?:\s?(?:/|and|und)\s?\w{2,12})?(?:\s(?:is|are|ist|sind|lauten))?[:=\s]\s{0,3}"
    r"[^\s:/|]{1,64}\s?[:/|]\s?(?P<value>[^\s/:|]{5,200})",
    re.I,
)
_BOTH = re.compile(
    r"\b(?:user(?:name)?|log-?in|account|e-?mail|benutzer(?:name)?|konto|id)[\s:=]\s{0,3}\S{1,80}"
    rf"[\s,;/]\s{{0,3}}(?:(?:and|with|und|mit)\s)?{_PASSWORD}[\s:=]\s{{0,3}}{_VALUE}",
    re.I,
)
_CODE = re.compile(
    r"\b(?:(?:otp|totp|tan|puk)(?=\s?[:=]|\s(?:is|ist|lautet)\b)|(?:otp|2fa|mfa|one-?\s?time|einmal"
    r"|verification|security|log-?in|sms|auth\w{0,12}|recovery|backup|access|bestätigungs"
    r"|sicherheits|verifizierungs|freischalt|anmelde)[ -]?"
    r"(?:code|pin|passcode|kennwort|passwort|password|token)s?)"
    r"(?:\s{0,3}[:=]|\s(?:is|was|ist|lautet|war)\b)?\s{0,3}[\"'`*(]{0,2}"
    r"(?P<value>\d{3}[ -]\d{3}|\d{4,8})(?![\w-])",
    re.I,
)

_QUOTES = {'"': '"', "'": "'", "`": "`", "„": "“", "“": "”", "‚": "‘", "‘": "’", "»": "«", "«": "»"}
_TAIL = re.compile(r"[.,;:!?\"'`“”’»«)\]}>*_]+\Z")
_MARK = re.compile(r"[!@#$%^&+~=?|\\§*]")
# What stands where a password could, and is none: an address, a measure, a product, a variable.
_OTHER = re.compile(
    r"(?:[a-z]+:)?//.*|www\..*|[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}"
    r"|[<>~]?[\d.,:/-]+(?:st|nd|rd|th|h|m|s|d|x|am|pm|min|%|\+)?|\d+-?[a-z]{2,}|v?\d+(?:\.\d+)+"
    r"|(?:win(?:dows)?|o|office|outlook|sap|sql|server|exchange|teams|iphone|ipad|ios|android|macos"
    r"|version|v|ticket|case|user|room|inc|req|chg|ritm|task|it|hr)[-_ ]?\d+|1password|[2m]fa"
    r"|.*\]\(.*|\$\{.*|\$\(.*|\$[A-Z_]+|\{.*|%\w+%|(.)\1{2,}.*|\[?secret\]?",
    re.I,
)
_AFTER = re.compile(
    r"\s*\Z|[ \t]*\n|[.,;!)<]|[\"'`“”’»«)\]*_]"
    r"|\s+(?:and|but|or|can|could|i|please|pls|plz|thx|thanks|und|aber|oder|kann|können|bitte|danke"
    r"|ich)\b",
    re.I,
)
_UNIT = re.compile(
    r"\s*(?:days?|weeks?|months?|years?|hours?|minutes?|times?|attempts?|char\w*|digits?|letters?"
    r"|tage?n?|wochen?|monate?n?|jahre?n?|stunden?|minuten?|mal|zeichen|ziffern|stellen)\b",
    re.I,
)
_GRAMMAR = re.compile(
    r"(?:\w+(?:ed|ing|able|ible|ive|ly|ful|less|ent|ant|ous|lich|bar|isch|iert|ieren)"
    r"|(?:ge|be|ver|zer|ent|er|ab|aus|ein|um|zurück)\w+(?:t|en)|\w+['’]\w+|\w+-\D+)\Z",
    re.I,
)
# What comes after "my password is" when no password comes.
_SENTENCE = frozenset(
    """
    about again all almost already also always and another any anything around ask away back bad
    because been before being better bit both broken but can case compromised correct could dead
    default different does doing done down due each easy either email empty enough error ever
    every exactly expire expires expiry false fine first for forget forgot forgotten from full
    get gets gone good great had hard has have her here his how incorrect insecure instead
    invalid its just known last late later like linked locked long lost manager max may maybe
    might min mine minimum missing more most much must need needs never new none not nothing now
    null off okay old one only other our out outdated over own password passwords passwort
    please pretty probably protected public quite real really reset right safe same secret
    secure seems sensitive set she short should shown similar simple since some somehow
    something somewhere soon still strange strong stuck such supposed sure synced temporary that
    the their them then there these they thing this too true twice under unknown used useful
    valid very via visible was way weak were what when where whether which who why will with
    without won wont works would written wrong yes yet you your aber abgelaufen aktuell alt alte
    anders auch auf aus bei beim bereits bin bis bitte damit dann das dass dasselbe dein dem den
    der deren des dich die diese dieser dieses doch durch ein eine einem einen einer eines
    einfach etwas falsch fehlerhaft folgendes für gehackt geheim genau gesperrt gestern gleich
    gültig hab habe haben hat heute hier ich identisch ihm ihr immer ist jedes jetzt kann kaputt
    kein keine klein korrekt kurz lang leer leider mal man mein meine mehr mind mindestens mir
    mit muss nach neu neue nein nicht nichts nie niemals noch nötig nun nur oder ohne richtig
    schon schwach schwer sehr seit sicher sie sind sofort sollte somit unbekannt und ungültig
    unklar unsicher unser unter vergessen verloren vom von vor warum was weg wegen weil wenn wer
    wichtig wie wieder wird wohl wurde zum zur zwar
    """.split()
)


# A look for a word is a hundred times cheaper than for a pattern, and most texts have none.
_WORDS = ("pas", "pw", "pswd", "pin", "kennwort", "zugangscode")
_ACCOUNTS = ("log", "cred", "user", "zugang", "anmelde", "benutzer")
_THREE = re.compile(r"\d\d\d")


def passwords(text: str) -> Iterator[Secret]:
    folded = text.casefold()
    if any(x in folded for x in _WORDS):
        yield from _told(text)
    if any(x in folded for x in _ACCOUNTS):
        yield from (_password(x) for x in _LOGIN.finditer(text) if _unlike_words(x["value"]))
    if _THREE.search(text):
        for match in _CODE.finditer(text):
            yield Secret(start=match.start("value"), end=match.end("value"), kind="code")


def _told(text: str) -> Iterator[Secret]:
    for match in _TOLD.finditer(text):
        end = _end(text, match.start("value"), "phrase" in match[0].lower())
        if end:
            yield Secret(start=match.start("value"), end=end, kind="password")
    for pattern in _LOOSE:
        yield from (_password(x) for x in pattern.finditer(text) if _unlike_words(x["value"]))
    yield from (_password(x) for x in _BOTH.finditer(text) if _odd(x["value"]))


def _password(match: re.Match[str]) -> Secret:
    start, end = match.span("value")
    rest = _WORD.match(match.string, end)
    return Secret(start=start, end=rest.end() if rest else end, kind="password")


def _end(text: str, start: int, phrase: bool) -> int | None:
    """Where the password ends that begins here. None: it is a sentence that goes on."""
    line = text[start : start + 200].partition("\n")[0]
    quote = _QUOTES.get(text[start - 1])
    if quote and quote in line[1:]:
        line = line[: line.index(quote, 1)]
        return start + len(line) if _quoted(line) else None
    words = list(_WORD.finditer(line))
    if phrase and len(words) > 2 and sum(x[0].lower() in _SENTENCE for x in words) < 2:
        return start + len(line)
    for at, word in enumerate(words[:4]):
        bare = _TAIL.sub("", word[0])
        follows = start + word.start() + len(bare)
        if bare.isdecimal() and _UNIT.match(text, follows):
            return None
        if _odd(bare) or (at and bare.isdecimal() and len(bare) > 1):
            return start + word.end()
        if bare.lower() in _SENTENCE or len(bare) < 3 or _GRAMMAR.match(bare):
            return None
        if at == 0 and bare.isalpha() and _AFTER.match(text, follows):
            return start + word.end()
        if bare != word[0]:
            return None
    return None


def _quoted(value: str) -> bool:
    words = value.split()
    plain = sum(x.lower() in _SENTENCE or bool(_GRAMMAR.match(x)) for x in words)
    return plain < min(2, len(words)) and len(words) < 8


def _odd(value: str) -> bool:
    """No word of a sentence: digits or marks among letters, or capitals inside."""
    if _OTHER.fullmatch(value):
        return value.isdecimal() and len(value) > 3
    letters = any(x.isalpha() for x in value)
    if any(x.isdigit() for x in value) or _MARK.search(value):
        return letters or (value.isdecimal() and len(value) > 3)
    return value.isalpha() and value[1:].lower() != value[1:] != value[1:].upper()


def _unlike_words(value: str) -> bool:
    """Letters and digits with a mark among them, or with small and capital letters."""
    if _OTHER.fullmatch(_TAIL.sub("", value)) or not _odd(value) or len(value) < 6:
        return False
    mixed = value.lower() != value != value.upper()
    digits = any(x.isdigit() for x in value)
    return digits and (mixed or bool(_MARK.search(value.rstrip("?!"))))
