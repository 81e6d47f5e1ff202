"""What words mean for an attempt at the model's orders, in many languages, as one letter each."""

import re
from functools import lru_cache

from bot.words import plain

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
CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")


def _stems() -> tuple[dict[str, str], dict[str, str], re.Pattern[str], dict[str, str]]:
    whole: dict[str, str] = {}
    begun: dict[str, str] = {}
    inside: dict[str, str] = {}
    for letter, words in _MEANINGS.items():
        for word in words.split():
            bare = plain(word.removesuffix("*"))
            into = inside if CJK.search(bare) else begun if word.endswith("*") else whole
            into.setdefault(bare, letter)
    pattern = "|".join(sorted(inside, key=len, reverse=True))
    return whole, begun, re.compile(pattern), inside


_WHOLE, _BEGUN, _INSIDE, _INSIDE_LETTERS = _stems()
SMALL = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_SHORTEST = min(map(len, _BEGUN))
_LONGEST = max(map(len, _BEGUN))


# Texts differ, their words hardly do.
@lru_cache(maxsize=8192)
def _letter(word: str) -> str:
    if word == ".":
        return "."
    if word in _LINKS:
        return ""
    word = word.replace("ː", "")
    if found := _WHOLE.get(word):
        return found
    if CJK.search(word):
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


def letters(text: str) -> str:
    """A letter for each word of a text that is plain."""
    return "".join(map(_letter, text.replace("yok say", "yoksay").split()))
