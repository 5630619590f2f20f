"""What a mail server's words about an undelivered mail mean: for ever, for now, or still being tried."""

from __future__ import annotations

import re

from spocd.gateway.reading.delivery_status import REPLY_CODE, STATUS

_MOST = 8000  # characters of a letter that are looked at
# The server goes on trying by itself.
_LATE = re.compile(
    r"(?:will|going to|shall) (?:continue|keep|be re-?tried|be re-?sent|be attempted again|re-?try|try again|attempt)|"
    r"still (?:trying|being (?:re)?tried)|not yet been delivered|warning only|warning message only|"
    r"advisory[- ]only|has been (?:delayed|postponed)|(?:is|was) delayed|temporary failure report|retried until|"
    r"delivery attempts will continue|"
    r"weiter(?:hin)? versuch|wurde noch nicht zugestellt|verzögert|"
    r"försöker (?:igen|fortfarande)|fortsätter att försöka|försenad|fördröj|"
    r"forsinket|prøver (?:igen|igjen|fortsat|fortsatt)|viivästy|yritetään (?:uudelleen|edelleen)|"
    r"n'a pas encore été remis|retardé|aún no se ha entregado|se ha retrasado|ritardat|foi adiad|"
    r"vertraagd|opóźnion|opóźnien|zpožděn|késik|задерж|будут продолжены|"
    r"遅延|遅れて|延迟|延遲|지연"
)
# It gave up, and has forgotten what its recipient's server said, or never reached it.
_FOR_NOW = re.compile(
    r"timed? ?out|timeout exceeded|failing for a long time|connection (?:refused|reset|lost|was dropped)|deferred|"
    r"temporar|try (?:again )?later|grey-?list|no route to host|host (?:not reachable|unreachable)|network unreachable|"
    r"too busy|server (?:is )?busy|resources? unavailable|could not (?:establish|make) an? .{0,20}connection|"
    r"not accepting (?:messages|mail)\b(?! (?:with|from|of|that)\b)|"
    r"queue too long|vorübergehend|tillfällig|midlertidig|väliaikai|временно"
)
# A server speaks to who sent the mail.
_YOUR_MAIL = re.compile(
    r"your (?:e-?mail|message|mail)\b(?! ?-?(?:server|domain|system|address|box|account))|(?:message|"
    r"mail) (?:that )?you sent|"
    r"ihre (?:nachricht|e-?mail|mail)|(?:din|ditt) (?:meddelelse|meddelande|melding|e-post|mail)|viestisi|lähettämäsi|"
    r"ваше (?:письмо|сообщение)|votre (?:message|courriel)|su mensaje|il (?:tuo|suo) messaggio|sua mensagem|uw bericht|"
    r"twoj\w{1,2} wiadomoś|您的邮件|您的郵件|お送りした|送信された"
)
_DONE = re.compile(
    r"(?<!not )(?<!n't )(?:successfully (?:delivered|relayed|sent)|successful (?:mail )?delivery)|"
    r"delivery (?:notification|report|status notification)\W{1,3}(?:success|relay|delivered)|erfolgreich zugestellt"
)
_TRIES_NO_MORE = re.compile(
    r"not (?:going to|be) (?:re)?tr(?:y|ied)|given up|gave up|giving up|no longer being tr", re.I
)


def is_done(letter: str) -> bool:
    """Whether the letter says that the mail has arrived."""
    return _DONE.search(letter[:_MOST].lower()) is not None


def is_late(letter: str) -> bool:
    """Whether the letter says that its server still tries to deliver the mail."""
    return _LATE.search(letter[:_MOST].lower()) is not None and _TRIES_NO_MORE.search(letter[:_MOST]) is None


def is_spoken(letter: str) -> bool:
    """Whether a letter holds any words of a server about a delivery."""
    if _YOUR_MAIL.search(letter[:_MOST].lower()):
        return True
    return is_late(letter) or _TRIES_NO_MORE.search(letter[:_MOST]) is not None or said(letter) != (None, None)


def said(text: str) -> tuple[str | None, bool | None]:
    """The status (RFC 3463) in a server's words, and whether they are final; None where they do not say."""
    text = text[:_MOST]
    status = next((each[1] for each in STATUS.finditer(text) if each[1][0] != "2"), None)
    if status:
        return status, status[0] == "5"
    code = REPLY_CODE.search(text)
    if code:
        return None, code[1][0] == "5"
    if _FOR_NOW.search(text.lower()):
        return None, False
    return None, None
