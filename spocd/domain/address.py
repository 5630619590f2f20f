"""A mail address, read strictly: what is not plainly one address is none.

Mail libraries mend what they are given, and the mail goes elsewhere than the row says (`alice@example.org)bob@evil.com`
to alice, `a@b.c,d@e.f` to the first; CVE-2023-27043). Every address that identifies somebody or is sent to passes here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from spocd.errors import Exit, Refused

# RFC 5321 section 4.1.2 Dot-string, with RFC 6531's UTF-8: any character beyond ASCII that is no space, no control
# character and no surrogate.
_BEYOND = r"\u00a1-\u1fff\u2c00-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd"
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~\-{_BEYOND}\U00010000-\U000efffd]+"
_LABEL = rf"[A-Za-z0-9{_BEYOND}](?:[A-Za-z0-9\-{_BEYOND}]*[A-Za-z0-9{_BEYOND}])?"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")

# RFC 5321 section 4.5.3.1.
MOST_LOCAL_OCTETS = 64
MOST_OCTETS = 254


# Whoever reads these is a program.
_UNREAD = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|(?:no|do[-_.]?not)[-_.]?reply(?:[-_+.].*)?|.*[-_.+]no[-_.]?reply|owner-.*|"
    r".*-(?:request|bounces?|owner)|bounces?(?:[-+=].*)?"
    # “No reply” in other languages.
    r"|(?:(?:ingen|ikke|inget)[-_.]?svar|svar[-_.]?(?:ikke|ej)|(?:svara|besvara)[-_.]?(?:inte|ej)|ei[-_.]?vastata|"
    r"(?:ala|älä)[-_.]?vastaa|keine?[-_.]?antwort(?:en)?|nicht[-_.]?antworten|ne[-_.]?pas[-_.]?repondre|"
    r"no[-_.]?responder?|nao[-_.]?respond(?:a|er)|non[-_.]?rispondere|niet[-_.]?(?:be)?antwoorden|"
    r"nie[-_.]?odpowiadac|neodpovidat|dev[-_.]?null)(?:[-_.+].*)?)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Address:
    """One addr-spec: `local` as written, `domain` in lower case."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> str:
        """The form that two spellings of one mailbox share. No system in use tells local parts apart by case.

        Lower case and not case folding, which would make one of straße.example and strasse.example: two domains.
        """
        return f"{self.local}@{self.domain}".lower()


def find(text: str) -> Address | None:
    """The address that `text` is, or None where it is not exactly one plain address.

    Quoted local parts, address literals, comments, routes and groups are none: nobody who writes to a desk has one,
    and each is a way to be read as two different people by two programs.
    """
    return _find(text) if len(text) <= MOST_OCTETS else None


@lru_cache(maxsize=4096)  # the addresses of one mail are each looked at a dozen times
def _find(text: str) -> Address | None:
    match = _PLAIN.fullmatch(text)
    # Not printable: what shows nothing (a soft hyphen, a byte order mark, a tag) and the spaces of other scripts.
    if match is None or not text.isprintable():
        return None
    local, domain = match[1], match[2].lower()
    if len(local.encode()) > MOST_LOCAL_OCTETS or len(text.encode()) > MOST_OCTETS:
        return None
    return Address(local, domain)


def parse(text: str) -> Address:
    """The address that `text` is; Refused("bad-address") where it is none."""
    found = find(text)
    if found is None:
        sentence = f"“{text}” is not one plain mail address such as ann@example.org."
        if inner := find(text.partition("<")[2].partition(">")[0]):
            sentence = f"“{text}” is not one plain mail address. Give it without the name: {inner}"
        raise Refused("bad-address", sentence, Exit.USAGE)
    return found


def is_unread(address: str) -> bool:
    """Whether nobody reads what is sent there, by its local part: mailer-daemon, no-reply, owner-…, …-bounces."""
    return _UNREAD.fullmatch(address.partition("@")[0]) is not None
