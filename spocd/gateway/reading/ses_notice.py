"""Amazon SES tells of bounces, complaints and deliveries as JSON, which SNS then mails."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from spocd.domain.reading import Bounce
from spocd.gateway.reading.delivery_status import MOST_RECIPIENTS

_MOST = 256 * 1024  # characters of text that are looked at
_OPENING = re.compile(r"\s*\{")
# Raw line breaks in strings: long lines were wrapped on the way.
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the JSON tells; `undelivered` apart from a complaint or a delivery that worked."""

    undelivered: bool
    entries: tuple[Bounce, ...]


def find(text: str) -> Notice | None:
    """The notice that a mail's text begins with, or None."""
    if not _OPENING.match(text) or "otificationType" not in text[:_MOST]:
        return None
    document = _parsed(text[:_MOST].lstrip())
    if isinstance(document.get("Message"), str):
        document = _parsed(document["Message"])
    mail = _mapping(document.get("mail"))
    match document.get("notificationType"):
        case "Bounce":
            return Notice(True, _bounces(_mapping(document.get("bounce")), mail))
        case "Delivery":
            recipients = _sequence(_mapping(document.get("delivery")).get("recipients"))
            return Notice(False, tuple(_bounce(each, None, "delivered", None, mail) for each in recipients))
        case "Complaint":
            return Notice(False, ())
        case _:
            return None


def _bounces(bounce: dict[str, Any], mail: dict[str, Any]) -> tuple[Bounce, ...]:
    kind = bounce.get("bounceType")
    found = []
    for each in map(_mapping, _sequence(bounce.get("bouncedRecipients"))):
        action = _word(each.get("action")) or "failed"
        status = _word(each.get("status"))
        permanent = status.startswith("5") if status else kind == "Permanent"
        found.append(_bounce(each.get("emailAddress"), status, action, permanent and kind != "Transient", mail))
    return tuple(found) or (_bounce(None, None, "failed", kind == "Permanent", mail),)


def _bounce(recipient: Any, status: str | None, action: str, permanent: bool | None, mail: dict[str, Any]) -> Bounce:
    headers = _mapping(mail.get("commonHeaders"))
    message_id = (_word(headers.get("messageId")) or "").strip("<>") or None
    to = next(iter(_sequence(mail.get("destination"))), None)
    return Bounce(_word(recipient), status, action, permanent, message_id, _word(to))


def _parsed(text: str) -> dict[str, Any]:
    try:
        return _mapping(_DECODER.raw_decode(text)[0])
    except (ValueError, RecursionError):
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    return value[:MOST_RECIPIENTS] if isinstance(value, list) else []


def _word(value: Any) -> str | None:
    return value[:998] if isinstance(value, str) else None
