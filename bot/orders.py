"""Orders in a document: nobody there may tell the model what to do."""

import re
from collections import Counter
from collections.abc import Iterator

from bot.meanings import SMALL, letters
from bot.signs import ALL, MARKUP, ROLE_LINE, Rules, enough, found, weighed
from bot.words import plain

_UNSEEN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    r"\uffa0\U000e0000-\U000e007f\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_COMMENT = re.compile(r"<!--(?:(?!-->|<!--).){0,20000}-->", re.DOTALL)
_UNSHOWN = re.compile(
    r"<(span|div|p|font|td|a|section)\b[^<>]{0,300}?(?:display:\s?none|visibility:\s?hidden"
    r"|font-size:\s?0|opacity:\s?0(?![.\d])|color:\s?(?:white|#fff(?:fff)?)\b"
    r"|\bhidden\b)[^<>]{0,300}>"
    r"[^<]{0,5000}</\1>",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"[^\n.!?。！？]+(?:[.!?]+(?![\s.!?])[^\n.!?。！？]+)*[.!?。！？]*[\"')\]”]*"
)
_ITEM = re.compile(r"\s*(?:[-*+#>•|_]|\d+[.)]|[a-zA-Z][.)])")
_NAME = re.compile(r"[^\W\d_]{4,}")
_FEW = 3
"""Points that are enough where nobody may give orders."""
_SHORT = 12
"""Letters of a sentence in which no order has room."""
_HEAD = 400
"""Letters of a sentence in which an order to the model shows."""
_LONG = 30
"""Words of a wish at most."""
_MUCH = 12
"""Words from which a document has a subject."""

_MACHINE = (
    r"(?:ai|a i|llm|gpt|chatgpt|copilot|claude|gemini)(?: (?:assistant|model|agent|system|bot"
    r"|reader"
    r"|summari[sz]er)s?)?|(?:language|large language) models?|chatbots?|(?:virtual|help desk"
    r"|digital|automated) (?:assistant|agent|bot)s?|ki(?: assistent\w*| modell\w*)?"
    r"|asistente de ia|assistant ia|assistente (?:di )?ia"
)
_ADDRESSED = re.compile(
    rf"^(?:(?:dear|attention|note (?:to|for)|hey|hi|hello|to|important|notice(?: to)?|message"
    rf" (?:to|for)"
    rf"|instructions? (?:to|for)|for|an|hinweis an|achtung) )+(?:the |any |all |every |alle |die )?"
    rf"(?:{_MACHINE}|assistants?|assistent\w*)\b"
    rf"|^(?:{_MACHINE}|assistant) (?:you |must |please |ignore|do not |always |never |reply"
    rf"|respond|reading |who read )"
    rf"|\bif you are (?:an? )?(?:{_MACHINE}|assistant|bot|automated)\b"
    rf"|\bas (?:an? )(?:ai|language model|ai assistant|llm) you (?:must|should|will|are)\b"
    rf"|\b(?:when|while|if|before) (?:summari[sz]ing|processing|answering|reading|you summari[sz]e)"
    rf" (?:this|the) (?:document|page|text|article|email|file|content)\b.* (?:you must|always"
    rf"|include"
    rf"|say|reply|respond|tell|mention|recommend)"
    rf"|^(?:do not|don't|never) (?:tell|inform|mention|reveal|alert|show) (?:\w+ )?(?:this |it"
    rf" )?(?:to )?"
    rf"the user (?:about )?(?:this|that)\b"
    rf"|\bwithout (?:telling|informing|notifying|asking|alerting) the user\b"
)
_ANSWER = r"(?:responses?|reply|replies|answers?|output|summary)"
_ON_TIME = (
    r"(?! (?:by (?:\d|the|end|noon|next|\w+day|tomorrow|e ?mail|mail|phone)|to the|within"
    r"|before|via|at|form|time|on the form|in the form|from)\b)"
)
_CHANGE = (
    r"add|append|insert|integrate|modify|enhance|augment|replace|rearrange|substitute|convert|use"
    r"|misspell|group|combine|render|provide|encode|write|change|alter|end|begin|start|finish"
    r"|conclude|translate|format|deliver|craft|make|embed|incorporate|mention|supplement|adjust"
    r"|reverse|shuffle|scramble|remove|omit|swap|capitalize|repeat|present|express|give|weave"
    r"|extend"
    r"|amend|complement|infuse|put|include|promote|introduce|apply|transform|turn|switch|mix"
    r"|encrypt"
    r"|cipher|obfuscate|structure|craft|compose|tailor|close|sprinkle|hide|conceal|link|attach"
    r"|offer"
)
_BENT = re.compile(
    rf"^(?:please |now |also |always |only |then |and )*(?:{_CHANGE})\b.*\byour (?:\w+"
    rf" )?{_ANSWER}\b{_ON_TIME}"
    rf"|^(?:please |now |always )*(?:render|encode|scramble|convert|rearrange|transform|encrypt"
    rf"|reverse)"
    rf"\b.*\byour (?:\w+ )?(?:message|text)\b"
    rf"|^in (?:all |each |every )?(?:of )?your (?:\w+ )?{_ANSWER}\b|\bin your (?:next |final"
    rf" )?{_ANSWER}$"
    rf"|^(?:respond|reply|answer) (?:only |always |exclusively )?(?:in|with|using|as|without)\b"
)
_CARRIED = re.compile(
    r"^(?:please |now |then |also |and |first |next )*(?:send|post|forward|e ?mail|upload"
    r"|transmit|submit"
    r"|exfiltrate|leak|copy|append|encode|include)\b.{0,80}\b(?:conversation|chat history|message"
    r" history"
    r"|system prompt|credentials?|passwords?|api keys?|tokens?|secrets?|session|chat logs?|user"
    r" data"
    r"|personal data|user's)\b.{0,80}\b(?:to|at|into|in|as)\b.{0,80}\b(?:https?|www|com|net|org"
    r"|io|url|link"
    r"|query|address|webhook)\b"
)
_CIPHERED = re.compile(
    rf"^(?:please )?(?:{_CHANGE})\b.*\b(?:vowels?|consonants?|anagrams?|caesar|morse code|pig latin"
    r"|leetspeak|homophon\w+|alphanumeric substitution"
    r"|every (?:second|third|fourth|fifth|other) (?:word|letter))\b"
)
_LINKED = re.compile(r"!\[[^\]\n]{0,200}\]\(https?://[^)\s]{0,400}[{<\[]")
_ORDER = re.compile(
    r"^(?:please |now |then |also )*(?:write|compose|create|develop|draft|generate|craft|provide"
    r"|explain"
    r"|describe|translate|summari[sz]e|list|tell|give|discuss|outline|design|suggest|calculate"
    r"|solve"
    r"|imagine|define|name|recommend|compare|analy[sz]e|prepare|produce|invent|identify|convert"
    r"|find"
    r"|teach|show|act|pretend|implement|build|plan|pen|construct|formulate|elaborate|share)\b"
)
_ASKED = re.compile(r"^(?:what|who|whose|when|where|which|how|why|can you|could you|do you)\b.*")
_ORDERS = (
    ("instruction", _ADDRESSED),
    ("exfiltrate", _CARRIED),
    ("instruction", _BENT),
    ("instruction", _CIPHERED),
)
_COMMON = frozenset(
    "what when where which whose that this with from your into about some main simple terms term"
    " work works example does have many much would could should write compose create develop"
    " draft generate craft provide explain describe translate summarize list tell give discuss"
    " outline design suggest please between using used make they their there them then than these"
    " those mean means happen process people time following name letter".split()
)


def defused(text: str) -> str:
    """Without what is meant for the model, cannot be seen, or plays at being a chat."""
    text = _UNSHOWN.sub("", _COMMENT.sub("", _UNSEEN.sub("", text)))
    kept, at = "", 0
    for start, end, _ in _orders(text):
        kept += text[at:start]
        at = end
    return MARKUP.sub("", kept + text[at:])


def planted(text: str) -> str | None:
    if MARKUP.search(text):
        return "markup"
    if _LINKED.search(text):
        return "exfiltrate"
    hidden = (x[0] for rule in (_COMMENT, _UNSHOWN) for x in rule.finditer(text))
    told = {re.sub(r"<!--|-->|<[^<>]*>", " ", x) for x in hidden if len(x) > _SHORT * 2}
    if any(map(_order, told)):
        return "hidden"
    return next((kind for _, _, kind in _orders(text)), None)


def _orders(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a sentence speaks to the model, and how."""
    stems = Counter(_stem(x) for x in _NAME.findall(text.lower()))
    # A rule that is not met in the whole is met in no sentence.
    whole = re.sub(r"[\n。！？]", ".\n\n", text.translate(SMALL))
    rules = tuple(found(plain(whole), ALL))
    for match in _SENTENCE.finditer(text):
        sentence = match[0]
        if sentence.lstrip().startswith("|") or len(sentence) < _SHORT:
            continue
        kind = _order(sentence, rules) or _unrelated(match, text, stems)
        if kind:
            yield match.start(), match.end(), kind


def _order(sentence: str, rules: Rules = ALL) -> str | None:
    bare = plain(sentence.translate(SMALL))
    for kind, rule in _ORDERS:
        if rule.search(bare[:_HEAD]):
            return kind
    line = ROLE_LINE.match(sentence)
    if line and re.search(r"[uYIJRnX]|^_?B", letters(plain(line["said"]))):
        return "markup"
    return enough(list(weighed(bare, rules)), _FEW)


def _unrelated(match: re.Match[str], text: str, stems: Counter[str]) -> str | None:
    """A wish that stands alone, for a thing of which the document says nothing."""
    bare = plain(match[0])
    asks = match[0].rstrip().endswith("?") and _ASKED.match(bare)
    if not (asks or _ORDER.match(bare)) or len(bare.split()) > _LONG:
        return None
    if not _stands_alone(match, text):
        return None
    own = Counter(_stem(x) for x in _NAME.findall(match[0].lower()) if x not in _COMMON)
    if stems.total() - own.total() < _MUCH:
        return None
    told = sum(stems[x] > much for x, much in own.items())
    return "order" if own and told * 4 <= len(own) else None


def _stands_alone(match: re.Match[str], text: str) -> bool:
    """A line of its own, and no item of a list and no heading."""
    start, end = match.span()
    whole = text[max(start - 1, 0) : start] in ("", "\n") and text[end : end + 1] in ("", "\n")
    return whole and not _ITEM.match(match[0])


def _stem(word: str) -> str:
    return word[:5]
