"""Claims: sentences that say something was done, which only a receipt may back."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.outcome import Receipt
from bot.words import Phrases

_SAID = "i|we"
_HAVE = "i-have|i've|we-have|we've"
_WILL = "i-will|i'll|i-shall|let-me|i'm-going-to|i-am-going-to"
_AM = "i-am|i'm|we-are|we're"
_BY_THE_WAY = "?just|now|already|also|successfully|gladly|then ?gone-ahead-and|go-ahead-and"
_IS = (
    "has-been|have-been|was|were|is-now|are-now|has-now-been|has-already-been|has-just-been"
    "|has-successfully-been|have-now-been"
)
_ICH = "ich-habe|habe-ich|wir-haben|haben-wir|ich-hab|hab-ich"
_WERDE = "ich-werde|werde-ich|wir-werden|werden-wir"
_WURDE = "wurde|wurden|ist-nun|ist-jetzt|ist-soeben|sind-nun|sind-jetzt"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    tools: re.Pattern[str]
    """Tools whose receipt backs it, by their name."""
    spoken: Phrases
    """By somebody who says I or we."""
    told: Phrases
    """Of the thing itself; after an "if" or "when" it is no claim."""
    undone: Phrases
    """Said not to be done. English says so before the verb, where the others do not match."""

    def claimed(self, sentence: str) -> bool:
        sentence = self.undone.cut(sentence)
        if self.spoken.found(sentence):
            return True
        return bool(self.told.found(sentence)) and not _IF.found(sentence)


def _deed(
    tools: str, *, done: str, doing: str, what: str, getan: str, tun: str, tue: str, was: str
) -> _Deed:
    forms = doing.split("|")
    now = "|".join(x for x in forms if x.endswith("ing"))
    later = "|".join(x for x in forms if not x.endswith("ing"))
    # "Should I reset" looks like "I reset": such a verb counts after a "have" only.
    past = "|".join(x for x in done.split("|") if x not in forms)
    spoken = (
        f"{_HAVE} {_BY_THE_WAY} {done} ... {what}",
        f"{_SAID} {_BY_THE_WAY} {past} ... {what}",
        f"{_WILL} {_BY_THE_WAY} {later} ... {what}",
        f"{_AM} {_BY_THE_WAY} {now} ... {what}",
        f"{_ICH} ... {was} ... {getan}",
        f"{_WERDE} ... {was} ... {tun}",
        f"ich|wir {tue} ... {was}",
    )
    told = (
        f"{what} ... {_IS} ?now|already|successfully|also {done}",
        f"{was} ... {_WURDE} ... {getan}",
    )
    return _Deed(
        tools=re.compile(tools, re.IGNORECASE),
        spoken=Phrases.of(spoken),
        told=Phrases.of(told),
        undone=Phrases.of((f"nicht|nie|niemals {getan}", f"kein|keine|keinen {was} {getan}")),
    )


_CASE = "case|cases|ticket|tickets|request|incident|report|escalation|complaint"
_FALL = "fall|ticket|anfrage|vorgang|antrag|meldung|anliegen|beschwerde|störung"
_IT = "it|this|that|your|you|the|them|everything|matter|case|ticket|request|issue|question"
_ES = "es|das|dies|sie|ihr*|dein*|euer*|die|den|alles|anliegen|fall|ticket|anfrage|frage"
_PEOPLE = (
    "team|desk|support|manager|security|department|colleague*|someone|somebody|person|people"
    "|specialist*|it|hr|them|him|her|admin*|helpdesk|facilities|payroll"
)
_LEUTE = (
    "it|hr|team|support|abteilung|kolleg*|vorgesetzte*|manager*|personal*|sicherheit*|helpdesk"
    "|jemand*|person*|fachabteilung|führungskraft|admin*"
)
_DEEDS = (
    _deed(
        r"case|ticket|issue|incident|request|escalat|create|hand_?over",
        done="opened|created|raised|filed|logged|submitted|registered|made|recorded|reopened|closed",
        doing="open|opening|create|creating|raise|raising|file|filing|log|logging|submit|submitting"
        "|register|registering|reopen|reopening",
        what=_CASE,
        getan="eröffnet|erstellt|angelegt|aufgemacht|aufgenommen|eingereicht|erfasst|geöffnet",
        tun="eröffnen|erstellen|anlegen|aufmachen|aufnehmen|einreichen|erfassen|öffnen",
        tue="eröffne|erstelle|lege|mache|erfasse|öffne|reiche|eröffnen|erstellen",
        was=_FALL,
    ),
    _deed(
        r"case|ticket|issue|incident|escalat|assign|forward|transfer|hand_?over",
        done="escalated|forwarded|passed|handed|transferred|assigned|routed|referred|reported",
        doing="escalate|escalating|forward|forwarding|pass|passing|hand|handing|transfer"
        "|transferring|assign|assigning|route|routing|refer|referring|connect|connecting|put|putting",
        what=_IT,
        getan="weitergeleitet|eskaliert|übergeben|weitergegeben|gemeldet|zugewiesen|übermittelt",
        tun="weiterleiten|eskalieren|übergeben|weitergeben|melden|zuweisen|verbinden",
        tue="leite|eskaliere|übergebe|gebe|melde|verbinde|leiten|übergeben|geben",
        was=_ES,
    ),
    _deed(
        r"password|passwort|unlock|reset|credential|mfa",
        done="reset|unlocked|changed|re-set|renewed|restored",
        doing="reset|resetting|unlock|unlocking|change|changing|restore|restoring",
        what="password|account|pin|mfa|passcode|login|authenticator",
        getan="zurückgesetzt|entsperrt|geändert|erneuert|freigeschaltet|wiederhergestellt",
        tun="zurücksetzen|entsperren|ändern|erneuern|freischalten|wiederherstellen",
        tue="setze|entsperre|ändere|erneuere|schalte|setzen|entsperren",
        was="passwort|kennwort|konto|pin|mfa|zugang|account",
    ),
    _deed(
        r"order|purchas|procure|buy|ship|replace",
        done="ordered|purchased|bought|shipped|dispatched",
        doing="order|ordering|purchase|purchasing|buy|buying|ship|shipping",
        what="a|an|the|your|you|new|it|one|laptop|monitor|phone|headset|licence|license|replacement",
        getan="bestellt|gekauft|versendet|verschickt",
        tun="bestellen|kaufen|versenden|verschicken",
        tue="bestelle|kaufe|versende|bestellen",
        was="ein*|den|die|das|ihr*|dein*|neu*|es|laptop|monitor|handy|headset|lizenz",
    ),
    _deed(
        r"book|schedul|reserv|calendar|meeting|appointment|leave|absence|vacation|holiday|time_?off",
        done="booked|scheduled|reserved|arranged|requested|entered|blocked",
        doing="book|booking|schedule|scheduling|reserve|reserving|arrange|arranging|enter|entering",
        what="a|an|the|your|you|it|room|appointment|call|meeting|leave|vacation|holiday|flight|desk",
        getan="gebucht|reserviert|vereinbart|eingetragen|beantragt|geplant|arrangiert",
        tun="buchen|reservieren|vereinbaren|eintragen|beantragen|arrangieren",
        tue="buche|reserviere|vereinbare|trage|beantrage|buchen",
        was="ein*|den|die|das|ihr*|dein*|es|raum|termin|urlaub|besprechung|flug",
    ),
    _deed(
        r"notif|inform|messag|mail|send|contact|page|case|ticket|escalat",
        done="notified|informed|alerted|contacted|messaged|emailed|e-mailed|told|pinged|paged|asked"
        "|called",
        doing="notify|notifying|inform|informing|alert|alerting|contact|contacting|message"
        "|messaging|email|emailing|e-mail|ping|pinging|tell|telling|ask|asking|call|calling",
        what=_PEOPLE,
        getan="informiert|benachrichtigt|kontaktiert|verständigt|angeschrieben|angerufen|gefragt"
        "|gebeten|alarmiert",
        tun="informieren|benachrichtigen|kontaktieren|verständigen|anschreiben|fragen|bitten",
        tue="informiere|benachrichtige|kontaktiere|verständige|frage|bitte|rufe|schreibe",
        was=_LEUTE,
    ),
    _deed(
        r"access|grant|group|permission|role|licen[cs]e|add|provision|assign|install|enable|approv",
        done="granted|added|enabled|activated|assigned|provisioned|approved|removed|revoked|disabled"
        "|installed|given",
        doing="grant|granting|add|adding|enable|enabling|activate|activating|assign|assigning"
        "|approve|approving|remove|removing|revoke|revoking|install|installing",
        what="access|permission*|right*|licence|license|account|you|group|role|software|request",
        getan="gewährt|hinzugefügt|aktiviert|zugewiesen|genehmigt|entfernt|entzogen|installiert"
        "|freigegeben|erteilt",
        tun="gewähren|hinzufügen|aktivieren|zuweisen|genehmigen|entfernen|entziehen|installieren",
        tue="gewähre|füge|aktiviere|genehmige|entferne|installiere|erteile",
        was="zugriff|zugang|berechtigung*|recht*|lizenz|konto|gruppe|rolle|software|sie|dich|antrag",
    ),
    _deed(
        r"updat|chang|cancel|delet|remov|clos|send|submit|record|save|set|edit|create",
        done="updated|changed|cancelled|canceled|deleted|corrected|sent|submitted|saved|uploaded",
        doing="update|updating|change|changing|cancel|cancelling|canceling|delete|deleting|correct"
        "|correcting|send|sending|submit|submitting",
        what="your|you|address|profile|record|details|request|booking|order|payslip|form|email|mail",
        getan="aktualisiert|geändert|storniert|gelöscht|korrigiert|gesendet|geschickt|abgeschickt",
        tun="aktualisieren|ändern|stornieren|löschen|korrigieren|senden|schicken",
        tue="aktualisiere|ändere|storniere|lösche|korrigiere|sende|schicke",
        was="ihr*|dein*|adresse|profil|daten|anfrage|buchung|bestellung|ihnen|dir|mail|formular",
    ),
)
_IF = Phrases.of(
    ("if|when|whenever|once|after|until|till|unless|whether|before|while|as-soon-as|in-case|should"
    "|how|where", "wenn|sobald|falls|nachdem|bis|ob|bevor|während|sofern|solange|wie|wo")
)  # fmt: skip


def unbacked(sentence: str, receipts: Iterable[Receipt]) -> bool:
    """It claims a deed, and no tool's receipt says that it was done."""
    if not sentence.strip():
        return False
    tools = [x.tool for x in receipts]
    deeds = (x for x in _DEEDS if not any(x.tools.search(tool) for tool in tools))
    return any(x.claimed(sentence) for x in deeds)
