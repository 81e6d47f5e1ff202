"""Credentials: keys, tokens and addresses with a password, as machines use them."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

# The formats of vendors that give their keys a shape of their own. Capital letters matter.
_SHAPES = re.compile(
    r"""(?<![A-Za-z0-9])(?:
    # clouds
    (?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)(?!\w*EXAMPLE\b)[A-Z2-7]{16}(?![A-Z0-9])
    | ABSK[A-Za-z0-9+/]{109,269}={0,2}(?![\w+/=])
    | bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=]*
    | AIza[\w-]{35} | GOCSPX-[\w-]{28} | ya29\.[\w-]{30,} | 1//0[\w-]{40,}
    | [\w~.]{3}\dQ~[\w~.-]{31,34} | [A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}
    | [A-Za-z0-9+/]{33,80}(?:JQQJ99|\+ASt|\+ACR|\+AMC|\+ARm|AzFu|ACDb|\+ABa|AzSe|APIM)
      [A-Za-z0-9+/]{4,}={0,2}
    | LTAI[A-Za-z0-9]{17,21} | do[opr]_v1_[0-9a-f]{64} | AGE-SECRET-KEY-1[0-9A-Z]{58}
    | HRKU-[\w-]{40,} | (?:fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/=]{100,})
    | v1\.0-[0-9a-f]{24}-[0-9a-f]{146} | nfp_\w{36,} | tk-us-[\w-]{48} | pscale_\w{2,5}_[\w.=-]{32,}
    | y0_[\w-]{55,} | t1\.[\w-]+={0,2}\.[\w-]{86} | AQVN[\w-]{35,38} | YC[\w-]{38}(?![\w-])
    # code, packages, builds
    | gh[pousr]_[A-Za-z0-9]{36,255} | github_pat_\w{40,255}
    | gl(?:agent|cbt|dt|feat|ffct|ft|imt|oas|pat|ptt|rt|soat|wt)-[\w.-]{20,}
    | (?:GR1348941|_gitlab_session=)[\w-]{20,}
    | AT(?:ATT3|CTT3|BB)[\w=-]{20,} | npm_[A-Za-z0-9]{36} | pypi-AgE[\w-]{50,} | oy2[a-z0-9]{43}
    | rubygems_[0-9a-f]{48} | dckr_[op]at_[\w-]{27,} | CLOJARS_[0-9a-f]{60} | hf_[A-Za-z]{30,}
    | api_org_[A-Za-z]{34} | CCIPAT_\w{20,} | bkua_[0-9a-f]{40} | AKCp[A-Za-z0-9]{69}
    | cmVmd[A-Za-z0-9]{59} | sq[upa]_[\w=-]{40} | sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}
    | hv[bsr]\.[\w-]{24,} | [A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,} | pul-[0-9a-f]{40}
    | s\.(?=[A-Za-z]*\d)(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{24}(?![A-Za-z0-9])
    | dp\.[a-z]{2,5}\.[A-Za-z0-9.]{40,} | PMAK-[0-9a-f]{24}-[0-9a-f]{34} | API-[A-Z0-9]{26}(?!\w)
    | (?:pat|sat)\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20} | sha256~[\w-]{43} | pnu_[a-z0-9]{36}
    | sm_[a-z]at_\w{16} | ico-[A-Za-z0-9]{32} | dapi[0-9a-f]{32}(?:-\d)? | sbp_[0-9a-f]{40}
    | (?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.[\w-]{10,64}\.[\w+/=-]{30,120}
    # chat, mail, phones
    | xox[abeoprs]-(?:\d+-){1,4}(?=[A-Za-z]*\d)[A-Za-z0-9]{8,} | xapp-\d-\w+-\d+-[a-z0-9]{20,}
    | hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[\w/+]{30,}
    | discord(?:app)?\.com/api/webhooks/\d+/[\w-]{60,}
    | [a-z0-9.-]{0,60}webhook\.office\.com/webhookb2/[\w@-]+/IncomingWebhook/[\w/-]+
    | [MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,} | \d{8,10}:A[\w-]{34}(?![\w-])
    | SG\.[\w-]{16,}\.[\w-]{16,} | SK[0-9a-f]{32} | (?:pub)?key-[0-9a-f]{32} | re_\w{30,}
    | [0-9a-f]{32}-us\d{1,2}(?!\w) | xkeysib-[0-9a-f]{64}-\w{16} | figd_[\w-]{40,}
    # money and shops
    | (?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,} | whsec_[A-Za-z0-9+/=]{24,}
    | shp(?:at|ca|pa|ss|tka|ua)_[0-9a-fA-F]{32} | sq0[a-z]{3}-[\w-]{22,43} | EAAA[\w-]{60}
    | shippo_(?:live|test)_[0-9a-f]{40} | EZ[AT]K[A-Za-z0-9]{54} | duffel_(?:live|test)_[\w=-]{43}
    | FLWSECK(?:_TEST)?-[0-9a-zA-Z-]{12,} | (?:live|test)_(?:pub_)?[0-9a-f]{35}(?![0-9a-z])
    | rzp_(?:live|test)_\w{14,} | live_[\w=-]{40}(?![\w=-])
    # models
    | sk-ant-[a-z]{2,6}\d\d-[\w-]{80,}AA(?![\w-]) | sk-[\w-]{0,120}T3BlbkFJ[\w-]{20,}
    | sk-(?:proj|svcacct|admin)-[\w-]{40,} | sk-or-v1-[0-9a-f]{64} | sk-[A-Za-z0-9]{32,}
    | pplx-[A-Za-z0-9]{48} | gsk_[A-Za-z0-9]{48,} | xai-[A-Za-z0-9]{60,} | r8_[A-Za-z0-9]{37}
    | nvapi-[\w-]{60,}
    # offices, watching, the rest
    | lin_(?:api|oauth)_[A-Za-z0-9]{32,} | ntn_[A-Za-z0-9]{40,} | secret_[A-Za-z0-9]{43}
    | tfp_[\w.=-]{59} | pat[A-Za-z0-9]{14}\.[0-9a-f]{64} | sl\.[\w=-]{60,} | fio-u-[\w=-]{64}
    | NR(?:AK|JS|II|RA|SP|IQ|BR)-[\w-]{19,} | sntry[su]_[\w=+/-]{40,} | gl(?:c|sa)_[\w+/=]{32,}
    | eyJrIjoi[A-Za-z0-9+/=]{60,} | dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64} | aio_\w{28}
    | p8e-[a-zA-Z0-9]{32} | dnkey-[\w=-]{26}-[\w=-]{52} | s-s4t2(?:ud|af)-[0-9a-f]{64}
    | rdme_[a-z0-9]{70} | tskey-[a-z]+-[\w-]{20,} | CFPAT-[\w-]{43} | [A-Za-z0-9]{6}_\w{29}_mmk
    | A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}
    | ops_eyJ[A-Za-z0-9+/=]{100,} | sk\.eyJ[\w-]{20,}\.[\w-]{20,}
    | EAA[MC][A-Za-z0-9]{20,} | (?:\d{6}-){7}\d{6}(?!\d)
    # signed tokens, also wrapped or encrypted
    | ey[A-Za-z0-9]{17,}\.ey[\w/\\-]{17,}(?:\.[\w/\\=-]*)? | eyJ[\w-]{20,}(?:\.[\w-]*){4}
    | ZXlK[A-Za-z0-9+/=]{60,}
    )""",
    re.VERBOSE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<value>[\s\S]*?)(?:-----END[ A-Z0-9_-]{0,60}KEY(?: BLOCK)?-----|\Z)"
    r"|PuTTY-User-Key-File-\d(?P<putty>[\s\S]*?)(?:Private-MAC: \w+|\Z)"
)
# How a value is given to a name, in prose and in the languages of files that people paste.
GIVES = (
    r"""["'`\])*_]{0,3}(?:\s{0,3}:?\s{0,3}string)?"""
    r"""(?:\s{0,3}(?:[:.]{0,3}=>?|\?=|->|→)[ \t]{0,8}|(?:\s{0,3}:|["']\s{0,3},|>)\s{0,20}"""
    r"""|["']\s{1,3}value\s?=\s?)"""
)
_OPENS = r"""["'`(<*_]{0,3}"""
_ABOUT = r"(?:\s(?:for|of|from|to|für|von|zu|zum|zur)(?:\s[\w.@/-]{1,30}){1,4}?)?"
_NAMED = re.compile(
    r"(?:secret|token|credentials?|password|passwd|pwd|auth|key|schlüssel)s?[_-]?\d{0,3}"
    rf"{_ABOUT}(?:{GIVES}|\s(?:is|was|ist|lautet|war)\s{{1,3}}){_OPENS}"
    r"(?P<value>[A-Za-z0-9_.+/=~:%-]{10,400})(?![\w(])",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\b(?:secret|token|key|schlüssel)\s(?P<value>[A-Za-z0-9_.+/=~-]{20,400})(?![\w(])", re.I
)
# Keys that are no secret: they are meant to be seen, or they name something.
_OPEN_NAME = re.compile(
    r"(?:public|publishable|csrf|xsrf|primary|foreign|partition|sort|cache|next|page|continuation"
    r"|sync|idempotency|registry|object|index|group|map|dict)[_. -]?.\Z",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"""(?:authorization|api-?key|-token|-auth|-key|-apikey)["']?\s{0,3}[:=]\s{0,3}["']?"""
    r"(?:[a-z-]{2,12}\s{1,3})?(?P<value>[\w.~+/=@:-]{8,4000})",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(?:bearer|basic)\s{1,3}(?P<value>[\w.~+/=-]{16,4000})", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,100}:(?!\d{1,5}(?:[/?#]|$))"
    r"(?P<value>[^\s\"'<>]{3,300})@(?=[\w\[])",
    re.IGNORECASE,
)
_CURL = re.compile(
    r"""\bcurl\b[^\n]{0,400}?\s(?:-u|--user)[ =]?\s{0,3}["']?[^\s:"']{1,80}:"""
    r"""(?P<value>[^\s"']{3,200})"""
)
_SIGNED = re.compile(r"[?&;](?:sig|signature|x-amz-signature)=(?P<value>[\w%+/-]{30,}=*)", re.I)
_VARIABLE = re.compile(r"[$<{%*]|x{3,}\Z|(?:your|my|the)?[-_]?(?:pass\w{0,5}|pw|secret)\Z", re.I)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_SEAM = re.compile(r"(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)|(?<=[a-z])(?=[A-Z])")
_REST = re.compile(r"[^\s\"'`<>,;()\[\]{}]*")
_BITS = 2.7
"""Of surprise in each character, and no placeholder. `XXXX` has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    start: int
    end: int
    kind: str


# A look for a word is far cheaper than for a pattern, and most texts have none.
_NAMES = ("secret", "token", "credential", "passw", "pwd", "auth", "key", "schlüssel")
_BY_NAME = ((_NAMED, 10), (_BARE, 20), (_HEADER, 8))
_SHORTEST = 15
"""Letters of the shortest of `_SHAPES`, in which there are no blanks."""


def credentials(text: str) -> Iterator[Secret]:
    yield from _shaped(text)
    folded = text.casefold()
    by_name = _BY_NAME if any(x in folded for x in _NAMES) else ()
    bearer = ((_BEARER, 8),) if "bearer" in folded or "bas" in folded else ()
    for pattern, least in (*by_name, *bearer, (_SIGNED, 8)):
        for match in pattern.finditer(text):
            name = text[max(0, match.start() - 20) : match.start() + 1]
            if _random(match["value"], least) and not _OPEN_NAME.search(name):
                yield _value(match, text, "key")
    for pattern, sign in ((_ADDRESS, "://"), (_CURL, "curl")):
        for match in pattern.finditer(text) if sign in folded else ():
            if not _VARIABLE.match(match["value"]):
                start, end = match.span("value")
                yield Secret(start=start, end=end, kind="password")


def _shaped(text: str) -> Iterator[Secret]:
    if "PRIVATE KEY" in text or "PuTTY" in text:
        for match in _PRIVATE_KEY.finditer(text):
            if len(match["value"] or match["putty"] or "") > 40:
                yield Secret(start=match.start(), end=match.end(), kind="private key")
    if max(map(len, text.split()), default=0) >= _SHORTEST:
        for match in _SHAPES.finditer(text):
            if _surprise(match[0]) > _BITS:
                end = _rest(text, match.end())
                yield Secret(start=match.start(), end=end, kind="key")


def _value(match: re.Match[str], text: str, kind: str) -> Secret:
    start, end = match.span("value")
    return Secret(start=start, end=_rest(text, end), kind=kind)


def _rest(text: str, end: int) -> int:
    """No part of a value stays behind, whatever its format says."""
    match = _REST.match(text, end)
    return match.end() if match else end


def _random(value: str, least: int = 10) -> bool:
    """Made by a machine: its letters and digits change places far more often than in words."""
    if _UUID.match(value):
        return True
    length = sum(x.isalnum() for x in value)
    digits = sum(x.isdigit() for x in value)
    seams = len(_SEAM.findall(value)) / max(length, 1)
    surprise = _surprise(value)
    mixed = seams >= (0.25 if digits < 2 else 0.2 if surprise < 3.2 else 0.13)
    return length >= least and mixed and surprise > _BITS


def _surprise(value: str) -> float:
    """Bits of entropy for each character."""
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)
