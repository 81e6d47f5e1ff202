"""The signs of an attempt at the model's orders, and what each weighs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.meanings import CJK, letters
from bot.words import plain

# A rule is a kind, its points and a pattern; a text with enough points is an attempt. Five: nobody
# writes that by accident. Two: people do, if seldom. One: it tells something beside others only.
ENOUGH = 5
_START = r"(?:^|\.)[_n]{0,2}"
_BY_LETTERS = (
    ("override", 5, r"(?<!i)[IJ][^.m]{0,5}[PH][^.m]{0,3}[NM]"),
    ("override", 5, r"(?<!i)[IJ][^.m]{0,5}[NM][^.m]{0,4}P"),
    ("override", 5, r"[PH][^.m]{0,4}[NM][^.m]{0,5}J"),
    ("override", 5, r"(?<!i)[IJ][^.m]{0,2}Y[^.m]{0,2}[NML]"),
    ("override", 5, _START + r"[IJ][^.m]{0,2}A[^.m]{0,4}[NMPk]"),
    ("override", 2, r"(?<!i)[IJ][^.m]{0,3}A[^.m]{0,3}[NML]"),
    ("override", 2, r"(?<!i)[IJ][^.m]{0,3}P[^.m]{0,3}C"),
    ("override", 2, _START + r"[IJ][^.m]{0,3}[PA][^.m]{0,3}C"),
    ("prompt leak", 5, r"[RW][^.hm]{0,6}Y[^.hm]{0,3}H[^.hm]?[NM]"),
    ("prompt leak", 5, r"[RW][^.hm]{0,6}Y[^.hm]{0,2}M"),
    ("prompt leak", 5, r"Y[^.hm]?H[^.hm]?[NM][^.hm]{0,4}[RW]"),
    ("prompt leak", 5, _START + r"R[^.hm]{0,4}[NM][^.hm]{0,3}P"),
    ("prompt leak", 5, _START + r"R[^.hm]{0,3}H_?M"),
    ("prompt leak", 5, r"[RW][^.hm]{0,3}Y[^.hm]?[NM]H|H_?M_?R|HNW"),
    ("prompt leak", 3, r"R[^.hm]{0,3}H_?M"),
    ("prompt leak", 3, _START + r"R[^.hm]{0,2}[AC][^.hm]{0,4}P"),
    ("prompt leak", 2, _START + r"[RW][^.hm]{0,4}Y[^.hm]{0,2}N"),
    ("role", 2, r"X[^.G]{0,3}L"),
    ("role", 2, r"L[^.]{0,2}x"),
    ("role", 2, r"X[^.]?F"),
    ("role", 2, r"G[^.]{0,6}Z|Z[^.]{0,3}G"),
    ("role", 1, r"X[^.G]{0,3}L[^.]{0,2}G|G[^.]{0,4}X[^.G]{0,3}L"),
    ("role", 1, r"Z[^.]{0,3}Z"),
    ("role", 1, r"Z"),
    ("role", 1, r"B"),
    ("role", 1, r"G"),
    ("role", 1, r"nu|u[^.]?n|n[^.]?u"),
)
_BY_WORDS = (
    ("role", 5, r"do anything now|developer mode (?:is |now )*(?:enabled|output|response)"),
    (
        "role",
        2,
        r"(?:developer|dev|god|debug|debugging|jailbreak|dan|admin|root|sudo|evil|opposite) mode"
        r"|(?:entwickler|gott)modus|mod[eo] (?:de )?(?:developpeur|desarrollador|desenvolvedor"
        r"|programador|sviluppatore|dios)|modalita sviluppatore",
    ),
    ("role", 2, r"\w+gpt\b(?<!chatgpt)|(?:as|named|called|be|play|mode) dan|dan(?: ai| mode)"),
    ("role", 2, r"you are now|from now on|from this (?:point|moment)|henceforth|you will now"),
    (
        "role",
        2,
        r"you are (?:about|going) to (?:act|be|pretend|play|immerse|roleplay)|your name is",
    ),
    ("role", 2, r"(?:stay|remain|staying|keep) in character|break\w* (?:of )?character"),
    ("role", 2, r"never (?:say|use the words?|start|mention)"),
    ("role", 1, r"as an ai|ai language model"),
    ("role", 2, r"first (?:prompt|qustion|command|requst|qury)|insert \w+ here|insert prompt"),
    ("role", 1, r"(?:respond|answer|reply|speak|talk|behave)(?: \w+){0,4} (?:as|like)"),
    (
        "role",
        1,
        r"you (?:will|must) (?:\w+ )?(?:answer|respond|reply|act|be|obey|comply|pretend|play)",
    ),
    ("role", 1, r"if you (?:understand|understood|agree|are ready)|do you understand"),
    ("role", 1, r"nsfw|roleplay\w*|persona|hypothetical (?:story|world|scenario)"),
    ("role", 2, r"broken? free|freed|set free|free from|not bound|no longer bound|unbound by"),
    ("role", 2, r"openai(?:'s)? (?:\w+ )?(?:policy|policies|rules|guidelines)|content polic\w+"),
    ("role", 2, r"(?:two|2|both) (?:\w+ )?(?:ways|responses|answers|paragraphs|outputs|personas)"),
    ("role", 2, r"(?:no|without(?: any)?|against|break the) rules|rules (?:do not|don't) apply"),
    (
        "role",
        2,
        r"not (?:have to |need to )?(?:follow|abide by|obey|adhere to) (?:\w+ ){0,3}(?:rules)",
    ),
    (
        "role",
        3,
        r"(?:programmer|developer|employee|engineer) (?:at|of|from) openai|openai employee",
    ),
    ("role", 3, r"(?:am|are) (?:one of )?your (?:developer|creator|programmer|maker)s?"),
    ("role", 2, r"stop everything"),
    (
        "override",
        5,
        r"(?:ignore|disregard|forget) (?:all |everything |the |of ){0,3}above and (?:say|tell|print"
        r"|write|output|do|give|show|instead|just)|(?:disable|turn off|remove|drop|deactivate|lift)"
        r" (?:all )?your (?:\w+ )?(?:filters?|restrictions?|safety|safeguards|guardrails|limits"
        r"|limitations|ethics)",
    ),
    (
        "override",
        3,
        r"new (?:system )?(?:instructions?|directives?|orders|system prompt)(?! for| to)",
    ),
    ("override", 2, r"the user is (?:an? )?(?:admin\w*|authori[sz]ed|root|verified)"),
    ("role", 2, r"pretend (?:that )?(?:you|there|your) (?:\w+ ){0,2}(?:no|not|without|don't)"),
    (
        "role",
        5,
        r"you are (?:no longer|not) (?:an? |the )?(?:\w+ ){0,3}(?:bot|assistant|ai|chatbot"
        r"|chatgpt)",
    ),
    (
        "role",
        1,
        r"(?:begin|start) (?:your|all|every|each) (?:\w+ )?(?:answer|response|reply|message)s?",
    ),
    (
        "prompt leak",
        5,
        r"your (?:\w+ )?(?:system|hidden|secret) (?:prompt|instructions?)"
        r"|prompt (?:that )?you (?:were|have been|are) (?:given|told|provided)",
    ),
    (
        "exfiltrate",
        5,
        r"(?:conversation|chat history|system prompt|session|context) (?:\w+ ){0,4}(?:to|at)"
        r" (?:https?|www|webhook|url)",
    ),
    ("prompt leak", 3, r"verbatim|word for word"),
    ("prompt leak", 2, r"code block|starting with you are|everything above"),
)
_ELSEWHERE = (
    ("prompt leak", 5, "你的系统提示,您的系统提示,你的初始提示"),
    (
        "prompt leak",
        3,
        "wortlich,mot pour mot,palabra por palabra,parola per parola,palavra por palavra,"
        "woord voor woord,slowo w slowo,слово в слово,дословно,kelimesi kelimesine,逐字,一字一句",
    ),
    ("override", 5, "bỏ qua tất cả các hướng dẫn,bỏ qua mọi hướng dẫn,bỏ qua các hướng dẫn trước"),
    (
        "role",
        2,
        "du bist jetzt,du bist nun,du bist ab jetzt,du bist ab sofort,ab jetzt bist du,ab sofort"
        " bist du,von nun an,von jetzt an,tu es maintenant,tu es desormais,vous etes maintenant,"
        "a partir de maintenant,desormais tu,ahora eres,a partir de ahora,de ahora en adelante,"
        "a partir de agora,voce agora,agora voce,ora sei,adesso sei,d'ora in poi,da ora in poi,"
        "je bent nu,vanaf nu,teraz jestes,jestes teraz,od teraz,теперь ты,ты теперь,отныне,"
        "с этого момента,artik sen,sen artik,bundan sonra,bundan"
        " boyle,你现在是,从现在开始,从现在起,"
        "你現在是,從現在開始,あなたは今から,今からあなた,これからは,이제부터,지금부터,너는"
        " 이제,من الآن,"
        "från och med nu,od teď",
    ),
    (
        "role",
        1,
        "tu so als,stell dir vor du,fais comme si,fais semblant,haz como si,finge que,fai finta,"
        "finja que,faz de conta,doe alsof,udawaj,zachowuj sie jak,веди себя,представь"
        " что,притворись,"
        "gibi davran,rolunu,rolle,假装,扮演,ふりを,振る舞,행동해,역할",
    ),
    (
        "role",
        2,
        "mache alles,alles tun,haz cualquier cosa,hacer cualquier cosa,fare qualsiasi cosa,"
        "tout faire,fazer qualquer coisa,alles doen,zrobic wszystko,делать все что угодно,"
        "her seyi yapabilir,做任何事,任何事情,何でもできる,모든 것을 할 수",
    ),
)  # fmt: skip
MARKUP = re.compile(
    r"<\|?/?\s?(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|begin_of_text"
    r"|start_header_id|end_header_id|end_of_turn|start_of_turn)\s?\|?>|\[/?(?:INST|SYS)\]|<</?SYS>>"
    r"|\[/?system(?: message| prompt)?\]|\(#[a-z ]+\)\s*#(?=system)|\{\{(?:char|user|system)\}\}"
    r"|</?(?:system|system_prompt|instructions)>",
    re.IGNORECASE,
)
ROLE_LINE = re.compile(
    r"^[ \t]{0,8}[#*>\"']{0,4}[ \t]?(?:system|assistant|developer|new instructions?)"
    r"(?: (?:message|prompt|note|override|update|instructions?))?[*\"']{0,3}[ \t]?:(?P<said>.*)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Rule:
    kind: str
    points: int
    pattern: re.Pattern[str]
    by_letters: bool


def _words(shape: str) -> str:
    return rf" (?:{shape})(?= )"


def _said(lines: str) -> str:
    """Chinese and Japanese leave no blanks between words."""
    phrases = map(plain, lines.split(","))
    return "|".join(re.escape(x) if CJK.search(x) else _words(re.escape(x)) for x in phrases)


Rules = tuple[Rule, ...]
ALL: Rules = (
    *(Rule(kind, points, re.compile(x), True) for kind, points, x in _BY_LETTERS),
    *(Rule(kind, points, re.compile(_words(x)), False) for kind, points, x in _BY_WORDS),
    *(Rule(kind, points, re.compile(_said(x)), False) for kind, points, x in _ELSEWHERE),
)
# Is there any of them at all? Most texts have none, and then one look is enough.
_ANY_LETTERS = re.compile("|".join(x for _, _, x in _BY_LETTERS))
_ANY_WORDS = re.compile(
    "|".join((_words("|".join(x for _, _, x in _BY_WORDS)), *(_said(x) for _, _, x in _ELSEWHERE)))
)


def enough(points: list[tuple[str, int]], enough: int) -> str | None:
    """The kind of the weightiest, if something weighs and all weigh enough."""
    kind, most = max(points, key=lambda x: x[1], default=("", 0))
    return kind if most > 1 and sum(x for _, x in points) >= enough else None


def weighed(bare: str, rules: Rules = ALL) -> Iterator[tuple[str, int]]:
    for rule in found(bare, rules):
        yield rule.kind, rule.points


def found(bare: str, rules: Rules) -> Iterator[Rule]:
    if not rules:
        return
    spelled, apart = letters(bare), f" {bare} "
    by_letters, by_words = _ANY_LETTERS.search(spelled), _ANY_WORDS.search(apart)
    for rule in rules:
        if rule.by_letters:
            match = by_letters and rule.pattern.search(spelled)
        else:
            match = by_words and rule.pattern.search(apart)
        if match:
            yield rule
