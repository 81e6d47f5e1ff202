"""Injection: words meant for the model and not for the help desk, in messages and in documents."""

import base64
import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.words import plain


class Origin(StrEnum):
    USER = "user"
    DOCUMENT = "document"
    """A page, or the result of a tool: nobody there may give orders."""


# What a word means for an attempt, as one letter: a text becomes a string of such letters, in which
# a rule is short and reads every language. `word*` is the word with any ending.
_MEANINGS = {
    # To leave aside, where the verb comes first.
    "I": "ignore ignoring disregard* forget bypass override overrule circumvent neglect ignoriere"
    " ignorier vergiss vergesst vergiß missachte umgehe ignorez ignorer oublie oubliez oublier"
    " ignora ignoren ignorar ignorad olvida olvide olviden olvidate omite omiso dimentica"
    " dimenticate dimenticati ignorate ignorare tralascia trascura esqueca esquece esquecer"
    " desconsidere desconsidera negeer vergeet zignoruj* ignoruj* zapomnij* pomin odrzuc игнорир*"
    " проигнорир* забудь* забыть отбрось ігноруй* проігноруй* ignorera glom unngå zapomen*"
    " ignorati uita abaikan lupakan تجاهل تجاهلي انس 忽略 忽视 无视 忘记 忘掉 抛开 不要理会"
    " 不要遵守 不用管 不必遵守 别管",
    # The same where it comes last.
    "J": "ignorieren vergessen missachten negeren vergeten unut unutun unutunuz gormezden yoksay"
    " yoksayin dikkate 無視 忘れ 従わない 무시* 잊어* 잊고",
    # What came before.
    "P": "previous previously prior above preceding earlier foregoing before former past"
    " vorherig* vorher bisherig* vorangegangen* vorangehend* obig* fruher* vorig* zuvor oben"
    " davor precedent* anterieur* dessus avant anterior* previa* previo* antes arriba sopra prima"
    " acima vorige eerdere voorgaande bovenstaande poprzedni* wczesniejsz* powyzsz* предыдущ*"
    " прежн* ранее вышеуказанн* предшеств* попередн* tidigare foregaende tidligere predchoz*"
    " predesl* anterioare onceki* yukaridaki sebelumnya السابقة السابقه 之前 先前 以前 以上 前面"
    " 上述 上面 此前 これまで 今まで 前の 上記 従来 이전* 앞의 위의",
    "A": "all any every everything whatever alle aller alles samtliche jegliche tout toute toutes"
    " tous todo todos toda todas tutto tutti tutte wszystki* wszelki* все всех всё всі alla"
    " vsechn* toate tum butun hersey semua جميع كل 所有 一切 全部 任何 全て すべて 모든",
    "Y": "тебя your yours dein* euer eure* tes ton ta votre vos tu tus su sus tuo tuoi tue tua"
    " vostre seu seus sua suas teu teus tuas je jouw uw twoje* twoja swoje swoich твои* твой"
    " свои* ваши* ваш твої dina ditt dine senin 你的 您的 あなたの 君の 당신의 너의",
    # What one is told to keep to.
    "N": "instruction* instructs directive* command commands order orders rule rules programming"
    " anweisung* instruktion* instrukcj* befehl* vorgabe* regel regeln regels protocol protocols"
    " richtlinie* instruccion* consigne* regle regles directives regla reglas orden ordenes"
    " directri* indicacion* istruzion* regole regola direttiv* comand* instruco* instruca* regra"
    " regras ordens diretri* instructie* opdracht* richtlijn* polecen* zasad* regul* wytyczn*"
    " инструкц* правил* указани* команд* распоряжен* інструкц* instruktioner pokyn* instructiuni*"
    " talimat* kural* komut* yonerge* instruksi perintah تعليمات التعليمات الأوامر القواعد 指令"
    " 指示 规则 規則 命令 ルール 지시* 명령* 규칙*",
    "M": "systeeminstruct* systemanweisung* systeminstruktion* prompt prompts promptu promptun"
    " promptunu systemprompt* systemprompts промпт* プロンプト 프롬프트* 提示词 提示詞",
    # Limits, and what they are made of.
    "L": "restriction* limitation* guideline* filter filters constraint* boundaries ethic ethics"
    " ethical ethically moral morals morality policy policies censor* safeguard* guardrail*"
    " confines inhibitions taboos einschrankung* beschrankung* grenzen ethik zensur filtre"
    " filtres restricoes limites restriccion* etica restrizion* limiti censura beperking*"
    " ograniczen* cenzur* ограничен* цензур* морал* этик* kisitlama* sinir* sansur 限制 约束 道德"
    " 审查 制限 倫理 検閲 제한*",
    # Messages and talk: people ask often enough to leave a mail aside.
    "C": "message messages conversation conversations chat text context nachricht* gesprach*"
    " conversacion* mensaje* conversa* conversazion* messaggi* сообщен* разговор* 对话 会話",
    # To let somebody see.
    "R": "reveal show print display repeat output disclose leak expose dump recite share tell"
    " give return reproduce spell list verrate verrat zeige zeig nenne wiederhole gib offenbare"
    " ausgeben revele revelez montre montrez affiche affichez repete repetez divulgue donne"
    " revela revelame muestra muestrame mostrar dime repite imprime mostra mostrami rivela"
    " rivelami ripeti stampa dimmi mostre repita diga toon onthul herhaal geef laat pokaz ujawnij"
    " powtorz wyswietl podaj покажи* раскрой* повтори* выведи* напиши скажи назови goster* acikla"
    " soyle tekrarla yazdir 显示 告诉 透露 输出 重复 打印 泄露 展示 公开 説明 教えて 表示 出力"
    " 見せて 開示 繰り返 알려* 보여* 공개* 출력* اكشف اعرض",
    "W": "what what's whats was welche welches quel quelle quelles quels cual cuales que qual"
    " quali quais wat lautet lauten welke jaki jakie co какой какие каков ne nedir neler 什么"
    " 是什么 何 何ですか",
    # That which one does not show.
    "H": "system system's systems initial original hidden secret internal confidential developer"
    " core default underlying preprompt pre systeme sistema sistem systemow* systemnachricht"
    " anfanglich* ursprunglich* intern* geheim* versteckt* initiale initiales initial* iniciales"
    " inicial iniciais oculta* originale originali iniziali iniziale verborgen poczatkow* ukryt*"
    " систем* исходн* начальн* скрыт* первоначальн* baslangic gizli 系统 初始 原始 隐藏 内部"
    " システム 初期 内部の 시스템* 초기* النظام",
    "i": "i ich we wir yo eu io я мы ben",
    "u": "you u du ihr sie tu vous usted ustedes voce jij ty wy ты вы sen siz 你 您 あなた 너는"
    " 당신은",
    "n": "jetzt nun ab maintenant desormais ahora ora adesso agora nu teraz теперь отныне сейчас"
    " artik simdi 现在 从现在 今から これから 지금부터",
    "m": "my mine mein* mon mes meu minha mio mia mijn moj* мои* мой",
    "h": "how wie comment como come hoe jak как nasil 如何 怎么",
    # What is told is known.
    "k": "told learned learnt know knew said instructed programmed trained received gesagt"
    " gesagte gelernt weisst dit appris dicho detto dito gezegd говорил* сказал* знаешь wiesz",
    # Not to.
    "X": "no not never without cannot can't won't don't dont doesn't doesnt isn't dosn't aren't"
    " free freed none nor neither regardless ohne kein* nicht nie niemals sans aucun aucune"
    " jamais sin nunca ningun* senza nessun* mai sem nenhum* zonder geen bez без не никак*"
    " никогдаhicbir 没有 不 不受 无需",
    # The same where it comes last.
    "x": "olmadan olmayan yok olmaksizin yoktur なし ない 없이 없는 없다",
    # To say no to a wish, and to soften an answer.
    "F": "refuse refuses refusing refusal reject rejects decline declines deny denies disclaimer*"
    " warnings cautions apologize apologise apology apologies moralize moralizing lecture"
    " verweiger* ablehn* warnung* refuser refuse* avertissement* negar* rechaz* advertenc*"
    " rifiut* avvertenz* recus* aviso* weiger* odmaw* отказ* предупрежден* reddet* 拒绝 警告 拒否"
    " 거부*",
    # The machine itself.
    "G": "chatgpt gpt openai chatbot chatbots llm claude gemini bard copilot anthropic bot ai a.i"
    " assistant ki asistente assistente asystent* ассистент* бот ии ia yapay 人工智能 人工知能"
    " 助手 机器人",
    # To be somebody else.
    "B": "pretend pretending roleplay roleplaying impersonate impersonating simulate simulating"
    " emulate emulating act acting persona personas embody immerse spiele verhalte agiere incarne"
    " joue actua actue finge comporta interpreta fingi agisci aja finja speel udawaj притворись"
    " представь веди действуй davran 扮演 假装 演じ 振る",
    # Without shame.
    "Z": "unfiltered uncensored unrestricted amoral immoral unethical jailbreak jailbroken"
    " jailbreaking unbiased* unbound limitless unlimited nsfw evil illegal unlawful inappropriate"
    " offensive profanity profane swear swears cursing vulgar racist sexist harmful immorality"
    " illegality legality inhumane depraved machiavellian unhinged unzensiert* ungefiltert*"
    " illegal* unmoralisch* ilegal* inmoral* illegale* censure нецензур* незаконн* аморальн*"
    " sansursuz",
}  # fmt: skip

_LINKS = frozenset("de del di do da of".split())
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")


def _stems() -> tuple[dict[str, str], dict[str, str], re.Pattern[str], dict[str, str]]:
    whole: dict[str, str] = {}
    begun: dict[str, str] = {}
    inside: dict[str, str] = {}
    for letter, words in _MEANINGS.items():
        for word in words.split():
            bare = plain(word.removesuffix("*"))
            into = inside if _CJK.search(bare) else begun if word.endswith("*") else whole
            into.setdefault(bare, letter)
    pattern = "|".join(sorted(inside, key=len, reverse=True))
    return whole, begun, re.compile(pattern), inside


_WHOLE, _BEGUN, _INSIDE, _INSIDE_LETTERS = _stems()
_SMALL = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_SHORTEST = min(map(len, _BEGUN))
_LONGEST = max(map(len, _BEGUN))


def _letter(word: str) -> str:
    if word == ".":
        return "."
    if word in _LINKS:
        return ""
    word = word.replace("ː", "")
    if found := _WHOLE.get(word):
        return found
    if _CJK.search(word):
        return _run(word)
    for end in range(min(len(word), _LONGEST), _SHORTEST - 1, -1):
        if found := _BEGUN.get(word[:end]):
            return found
    return "_"


def _run(word: str) -> str:
    """Chinese and Japanese leave no blanks between words."""
    letters, at = "", 0
    for match in _INSIDE.finditer(word):
        letters += _gap(word[at : match.start()]) + _INSIDE_LETTERS[match[0]]
        at = match.end()
    return letters + _gap(word[at:])


def _gap(rest: str) -> str:
    if not rest:
        return ""
    return "".join(map(_letter, re.findall("[a-z]+", rest))) or "_"


def _letters(text: str) -> str:
    """`text` is plain."""
    return "".join(map(_letter, text.replace("yok say", "yoksay").split()))


# A rule is a kind, its points and a pattern; a text with enough points is an attempt. Five: nobody
# writes that by accident. Two: people do, if seldom. One: it tells something beside others only.
_ENOUGH = 5
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
_MARKUP = re.compile(
    r"<\|?/?\s?(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|begin_of_text"
    r"|start_header_id|end_header_id|end_of_turn|start_of_turn)\s?\|?>|\[/?(?:INST|SYS)\]|<</?SYS>>"
    r"|\[/?system(?: message| prompt)?\]|\(#[a-z ]+\)\s*#(?=system)|\{\{(?:char|user|system)\}\}"
    r"|</?(?:system|system_prompt|instructions)>",
    re.IGNORECASE,
)
_ROLE_LINE = re.compile(
    r"^[ \t]{0,8}[#*>\"']{0,4}[ \t]?(?:system|assistant|developer|new instructions?)"
    r"(?: (?:message|prompt|note|override|update|instructions?))?[*\"']{0,3}[ \t]?:(?P<said>.*)",
    re.IGNORECASE | re.MULTILINE,
)
_SLOT = re.compile(
    r"[<\[{(](?:insert|your|prompt|target ?language|keyword|input|describe"
    r"|user)\b[^<>\[\]{}()\n]{0,30}"
    r"[>\]})]",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[\[(]\W{0,4}[A-Z][\w ]{1,20}\W{0,4}[\])]\s?:|[\[(]\W{0,4}[A-Z]\w{1,20}:\W{0,3}[\])]"
)
_MUST = re.compile(r"\b(?:must|will|always|never|shall|cannot)\b")


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: str
    points: int
    pattern: re.Pattern[str] = re.compile("")
    by_letters: bool = False
    phrases: tuple[str, ...] = ()


def _apart(phrase: str) -> str:
    bare = plain(phrase)
    return bare if _CJK.search(bare) else f" {bare} "


_Rules = tuple[_Rule, ...]
_ALL: _Rules = (
    *(_Rule(kind, points, re.compile(x), by_letters=True) for kind, points, x in _BY_LETTERS),
    *(_Rule(kind, points, re.compile(rf" (?:{x})(?= )")) for kind, points, x in _BY_WORDS),
    *(
        _Rule(kind, points, phrases=tuple(map(_apart, x.split(","))))
        for kind, points, x in _ELSEWHERE
    ),
)

# What is left when nothing stands between the letters: blanks, signs and hyphens hide nothing.
_TIGHT = (
    (
        "override",
        re.compile(
            r"(?:ignore|disregard|forget|bypass)(?:all|any|the|of|your|every){0,4}"
            r"(?:previous|prior|above|earlier|system|preceding)(?:set|of|your|system){0,3}"
            r"(?:instruction|prompt|rule|directive|guideline|command)"
        ),
    ),
    (
        "prompt leak",
        re.compile(
            r"(?:reveal|show|print|repeat|output|give|tell|leak|display|whatis|whatare)"
            r"(?:me|us|your|full|entire){1,4}(?:system|initial|hidden|original)"
            r"(?:prompt|instruction)"
        ),
    ),
    ("role", re.compile(r"doanythingnow|developermodeenabled")),
)
_LEET = str.maketrans("013457@$!|", "oieastasil")
_MIXED = re.compile(r"[a-z][013457@$!|]+[a-z]", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX = re.compile(r"(?:(?:\\x|0x|%)?[0-9a-fA-F]{2}[ :,]?){12,}")
_ROT13 = re.compile(r"vafgehpgvba|cebzcg|vtaber|cergraq|qvfertneq|flfgrz", re.IGNORECASE)
_BACKWARDS = re.compile(r"snoitcurtsni|tpmorp|erongi|dragersid|lla wohs", re.IGNORECASE)
_TAGS = re.compile(r"(?<![\U000e0000-\U000e007f\U0001f3f4])[\U000e0020-\U000e007e]{4,}")
_DECODED = 8
"""Readings at most: a page of codes is no message."""
_NEAR = 2000
"""Letters on each side of where a code begins to show."""


def injection(text: str, origin: Origin) -> str | None:
    """What kind of attempt at the model's orders it is. None: it is none."""
    if _TAGS.search(text):
        return "hidden"
    found = _planted(text) if origin is Origin.DOCUMENT else _attempt(text)
    return found or ("encoded" if any(map(_attempt, _readings(text))) else None)


def _attempt(text: str) -> str | None:
    bare = plain(text.translate(_SMALL))
    if kind := _enough([*_weighed(bare), *_shaped(text, bare)], _ENOUGH):
        return kind
    tight = re.sub(r"[\W_ː]+", "", bare)
    return next((kind for kind, rule in _TIGHT if rule.search(tight)), None)


def _enough(points: list[tuple[str, int]], enough: int) -> str | None:
    """The kind of the weightiest, if something weighs and all weigh enough."""
    kind, most = max(points, key=lambda x: x[1], default=("", 0))
    return kind if most > 1 and sum(x for _, x in points) >= enough else None


def _weighed(bare: str, rules: _Rules = _ALL) -> Iterator[tuple[str, int]]:
    for rule in _found(bare, rules):
        yield rule.kind, rule.points


def _found(bare: str, rules: _Rules) -> Iterator[_Rule]:
    letters, apart = _letters(bare), f" {bare} "
    for rule in rules:
        if rule.phrases:
            found = any(x in apart for x in rule.phrases)
        else:
            found = rule.pattern.search(letters if rule.by_letters else apart)
        if found:
            yield rule


def _shaped(text: str, bare: str) -> Iterator[tuple[str, int]]:
    """What the words alone do not say."""
    if _MARKUP.search(text):
        yield "markup", 5
    if _ROLE_LINE.search(text):
        yield "markup", 2
    if _SLOT.search(text):
        yield "role", 2
    if len(set(_LABEL.findall(text))) > 1:
        yield "role", 2
    musts = len(_MUST.findall(bare))
    if musts > 7:
        yield "role", 2 if musts > 14 else 1


def _readings(text: str) -> Iterator[str]:
    if mixed := _MIXED.search(text):
        yield _around(mixed, text).translate(_LEET)
    if turned := _ROT13.search(text):
        yield codecs.encode(_around(turned, text), "rot13")
    if backwards := _BACKWARDS.search(text):
        yield _around(backwards, text)[::-1]
    for at, match in enumerate(_BASE64.finditer(text)):
        if at == _DECODED:
            break
        yield _from_base64(match[0])
    for at, match in enumerate(_HEX.finditer(text)):
        if at == _DECODED:
            break
        yield _readable(bytes.fromhex(re.sub(r"\\x|0x|[^0-9a-fA-F]", "", match[0])))


def _around(match: re.Match[str], text: str) -> str:
    return text[max(match.start() - _NEAR, 0) : match.end() + _NEAR]


def _from_base64(code: str) -> str:
    code = code.rstrip("=")
    code = code[: len(code) - (len(code) % 4 == 1)]
    return _readable(base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_"))


def _readable(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or "\n" in text else ""


# --- documents ------------------------------------------------------------------------------------

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
    return _MARKUP.sub("", kept + text[at:])


def _planted(text: str) -> str | None:
    if _MARKUP.search(text):
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
    whole = re.sub(r"[\n。！？]", ".\n\n", text.translate(_SMALL))
    rules = tuple(_found(plain(whole), _ALL))
    for match in _SENTENCE.finditer(text):
        sentence = match[0]
        if sentence.lstrip().startswith("|") or len(sentence) < _SHORT:
            continue
        kind = _order(sentence, rules) or _unrelated(match, text, stems)
        if kind:
            yield match.start(), match.end(), kind


def _order(sentence: str, rules: _Rules = _ALL) -> str | None:
    bare = plain(sentence.translate(_SMALL))
    for kind, rule in _ORDERS:
        if rule.search(bare[:_HEAD]):
            return kind
    line = _ROLE_LINE.match(sentence)
    if line and re.search(r"[uYIJRnX]|^_?B", _letters(plain(line["said"]))):
        return "markup"
    return _enough(list(_weighed(bare, rules)), _FEW)


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
