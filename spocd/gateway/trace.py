"""The lines of the gateway's log: `event key=value`, one a mail, fit for grep and for a parser."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[!#-<>-\[\]-~]+")  # printable ASCII without space, quote, equals sign and backslash
_SHOWN_TOKEN = 4
_TOKEN = re.compile(r"[0-9a-z]{3,}(?:-[0-9a-z]+)?-[0-9a-z]{16}", re.IGNORECASE)
_SHOWN_RECIPIENTS = 5


def line(event: str, **fields: object) -> str:
    """One log line. Values that hold a space, a quote or anything unprintable are written as JSON strings."""
    return " ".join([event, *(f"{key}={_value(str(value))}" for key, value in fields.items())])


def _value(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def without_token(address: str, delimiter: str) -> str:
    """The address with tokens cut after four characters: whoever reads the log must not hold one."""
    local, at, domain = address.rpartition("@")
    local, domain = (local, domain) if at else (domain, "")
    base, mark, extension = local.partition(delimiter) if delimiter else (local, "", "")
    # On a sub-domain of its own a token has no base in front, and a sender's delimiter need not be ours.
    base = _TOKEN.sub(lambda match: _cut(match[0]), base)
    return base + mark + _cut(extension) + at + domain


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_TOKEN else text[:_SHOWN_TOKEN] + "..."


def recipients(addresses: tuple[str, ...], delimiter: str) -> str:
    """The first few recipients, tokens cut."""
    shown = [without_token(each, delimiter) for each in addresses[:_SHOWN_RECIPIENTS]]
    return ",".join([*shown, "..."] if len(addresses) > _SHOWN_RECIPIENTS else shown)
