"""The arguments of MAIL and RCPT, read strictly where a recipient is concerned and mildly where a sender is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spocd.domain import address

# Greedy up to the last bracket: no parameter holds one, and what stands between is judged as a whole.
_PATH = re.compile(r"(?:FROM|TO): *<(?P<text>.*)>(?P<parameters>(?: .*)?)", re.IGNORECASE)
_PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:=[^ =]+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Path:
    """An address as MAIL or RCPT names it, and the parameters behind it with their names in capitals."""

    text: str
    parameters: dict[str, str]


def words(line: bytes) -> tuple[str, str] | None:
    """The verb of a command line in capitals and its argument; None where the line is not text."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(text):
        return None
    verb, _, argument = text.partition(" ")
    return verb.upper(), argument.strip(" ")


def path(keyword: str, argument: str) -> Path | None:
    """The path behind FROM or TO (`keyword`); None where the argument has another shape."""
    match = _PATH.fullmatch(argument)
    if match is None or argument[: len(keyword)].upper() != keyword:
        return None
    if not match["parameters"]:
        return Path(match["text"], {})
    parameters = match["parameters"].split()
    if not all(_PARAMETER.fullmatch(each) for each in parameters):
        return None
    pairs = (each.partition("=") for each in parameters)
    return Path(match["text"], {name.upper(): value for name, _, value in pairs})


def sender_fault(given: Path, most: int) -> str | None:
    """The reply to a MAIL that cannot be taken. An unusual sender is no fault: its mail is somebody's contact."""
    if any(each in given.text for each in " <>"):
        return "501 5.1.7 This sender is not an address; say MAIL FROM:<ann@example.org>"
    for name, value in given.parameters.items():
        match name:
            case "SIZE" if value.isascii() and value.isdigit():
                if int(value) > most:
                    return too_large(most)
            case "BODY" if value.upper() in ("7BIT", "8BITMIME"):
                pass
            case "SMTPUTF8" if not value:
                pass
            case "SIZE" | "BODY" | "SMTPUTF8":
                return f"501 5.5.4 {name} cannot have this value"
            case _:
                return "555 5.5.4 MAIL knows the parameters SIZE, BODY and SMTPUTF8 only"
    return None


def sender_too_long(given: Path) -> str | None:
    """The reply to a MAIL whose sender is longer than RFC 5321 section 4.5.3.1.3 allows.

    More than 64 octets in front of the @ are taken: forwarders that rewrite senders (SRS, VERP) need them.
    """
    if len(given.text.encode()) > address.MOST_OCTETS:
        return f"501 5.1.7 This sender is too long: {address.MOST_OCTETS} octets at most"
    return None


def recipient_fault(given: Path) -> str | None:
    """The reply to an RCPT that is no plain address or asks us to pass the mail on to somebody else."""
    if given.parameters:
        return "555 5.5.4 RCPT knows no parameters"
    if given.text.lower() == "postmaster":
        return None
    found = address.find(given.text)
    if found is None:
        return "501 5.1.3 This recipient is not one plain address such as desk@example.org"
    # somebody%elsewhere@here and elsewhere!somebody@here once meant: take it and pass it on.
    if "%" in found.local or "!" in found.local:
        return "550 5.7.1 Mail is not passed on from here"
    return None


def too_large(most: int) -> str:
    """The reply to a mail of more than `most` octets."""
    return f"552 5.3.4 message too large: {most} octets at most"
