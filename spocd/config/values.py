"""What one value of spocd.toml may be: each check raises ValueError, worded to stand behind `key "desk.zone" `.

A list is checked item by item, a table entry by entry. The sentence shows the value unless that may hold a password.
What is slow to import is imported where it is used, for every command reads this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], None]

LANGUAGES = ("da", "de", "en", "fi", "ru", "sv")
# What stands behind the base address is up to 41 octets of token and action; RFC 5321 allows 64 in all.
MOST_BASE_OCTETS = 20
_MOST_LINE = 200
_MOST_SHOWN = 60

_DELIMITERS = "+-=_"
# What mail servers mark spam with; the reader keeps these of each mail.
SPAM_HEADERS = frozenset(["x-spam-flag", "x-spam", "x-spam-status", "x-rspamd-action"])
_NAME = re.compile(r"[!-~]+")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9._-]*")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_LARGEST_PORT = 65535
_MOVE_IT = "holds a password; move it into a file of mode 0600 and name that as {}.password_file"
_POSTGRESQL_URL = "postgresql://USER@HOST/DATABASE"
# What may stand in the query of a PostgreSQL URL; whatever else would become a setting of the server's.
_POSTGRESQL = frozenset(
    ["host", "port", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "target_session_attrs"]
)


def shown(value: object) -> str:
    """The value as a sentence quotes it: on one line, cut where it is long, without anything a terminal obeys."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    cut = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    visible = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in cut)
    return f'"{visible}"' if isinstance(value, str) else visible


def line(value: str) -> None:
    """One line of text; a control character in it would end a header of a mail early."""
    from spocd.domain.line import one_line

    if not value.strip():
        raise ValueError("is empty; write some text")
    try:
        in_one = one_line(value)
    except ValueError:
        in_one = ""
    if in_one != value:
        raise ValueError(f"is {shown(value)}; write it on one line, without control characters")
    if len(value) > _MOST_LINE:
        raise ValueError(f"has {len(value)} characters; write at most {_MOST_LINE}")


def base_address(value: str) -> None:
    """An address that tokens are added to, so its local part has to leave room for them."""
    from spocd.domain import address

    found = address.find(value)
    if found is None:
        raise ValueError(f"is {shown(value)}, which is not one plain mail address such as desk@example.org")
    octets = len(found.local.encode())
    if octets > MOST_BASE_OCTETS:
        raise ValueError(
            f"has {octets} octets in front of the @; use an address with at most {MOST_BASE_OCTETS}, "
            "since reply addresses add to it"
        )


def service_address(entry: tuple[str, str]) -> None:
    """One further address of the desk and the name of the service that it stands for."""
    key, service = entry
    base_address(key)
    if not _SERVICE.fullmatch(service):
        raise ValueError(f'names the service {shown(service)}; write its short name in lower case, such as "it"')


def domain_name(value: str) -> None:
    from spocd.domain import address

    if address.find(f"postmaster@{value}") is None:
        raise ValueError(f"holds {shown(value)}, which is no domain such as example.org")


def language(value: str) -> None:
    if value not in LANGUAGES:
        raise ValueError(f"is {shown(value)}, which is none of the languages: {', '.join(LANGUAGES)}")


def zone(value: str) -> None:
    """A time zone that this machine has rules for."""
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"is {shown(value)}, which is no time zone of this machine; {_other_zone(value)}") from None


def _other_zone(value: str) -> str:
    import difflib
    import zoneinfo

    known = zoneinfo.available_timezones()
    if not known:
        return "it has none at all: install the package tzdata"
    near = difflib.get_close_matches(value, sorted(known), 1)
    return f'did you mean "{near[0]}"?' if near else "write one such as Europe/Copenhagen or UTC"


def delimiter(value: str) -> None:
    if len(value) != 1 or value not in _DELIMITERS:
        raise ValueError(f"is {shown(value)}; write one of {' '.join(_DELIMITERS)}, the one that your mail server uses")


def path(value: str) -> None:
    if not value or "\0" in value:
        raise ValueError("names no file; write a path, relative to the folder of spocd.toml or absolute")


def path_or_none(value: str) -> None:
    if value:
        path(value)


def endpoint(value: str) -> None:
    """HOST:PORT to listen on; an IPv6 address stands in brackets, port 0 takes a free one."""
    host, colon, port = value.rpartition(":")
    if not colon or not _HOST.fullmatch(host) or not _is_port(port):
        raise ValueError(f"holds {shown(value)}; write HOST:PORT, such as 127.0.0.1:2525 or [::1]:2525")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= _LARGEST_PORT


def store_url(value: str) -> None:
    """sqlite:FILE or postgresql://USER@HOST/DATABASE, without a password, since everybody may read spocd.toml."""
    scheme, _, rest = value.partition(":")
    match scheme:
        case "sqlite" if rest.startswith("//"):
            raise ValueError("starts with sqlite://; write sqlite:FILE, such as sqlite:desk.db or sqlite:/srv/desk.db")
        case "sqlite":
            if not rest or rest == ":memory:" or not rest.isprintable():
                raise ValueError("names no file; write sqlite:FILE, such as sqlite:desk.db")
        case "postgresql" | "postgres":
            _postgresql(value)
        case _:
            raise ValueError(f"is no database; write sqlite:FILE, such as sqlite:desk.db, or {_POSTGRESQL_URL}")


def _postgresql(value: str) -> None:
    """A server of the network, or one on this machine: postgresql:///DATABASE?host=FOLDER names its socket's folder."""
    from urllib.parse import parse_qs

    parts = _server(
        value, "store", f"{_POSTGRESQL_URL}, or postgresql:///DATABASE?host=/run/postgresql", elsewhere="host="
    )
    query = parse_qs(parts.query)
    if "password" in query:
        raise ValueError(_MOVE_IT.format("store"))
    if strange := sorted(query.keys() - _POSTGRESQL):
        raise ValueError(f"asks for {shown(strange[0])}; behind the ? may stand: {', '.join(sorted(_POSTGRESQL))}")


def relay_url(value: str) -> None:
    """smtp://HOST:PORT or smtps://HOST:PORT, or nothing."""
    if not value:
        return
    wanted = "smtp://HOST:PORT or smtps://HOST:PORT"
    if value.partition("://")[0] not in ("smtp", "smtps"):
        raise ValueError(f"is no relay; write {wanted}")
    parts = _server(value, "relay", wanted)
    if parts.username is not None:
        raise ValueError("holds a user; write it as relay.user")
    if not parts.port or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            f"is not {wanted}; ports are 25 to a relay of your own, 587 for smtp and 465 for smtps with a login"
        )


def _server(value: str, section: str, wanted: str, *, elsewhere: str = "") -> Any:
    """The parts of a URL that names a server; the sentence never repeats the URL, for it may hold a password.

    The host may be missing where the query holds `elsewhere`.
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 (raises where it is no port)
    except ValueError:
        raise ValueError(f"is no URL; write {wanted}") from None
    if parts.password is not None:
        raise ValueError(_MOVE_IT.format(section))
    hosted = parts.hostname or (elsewhere and elsewhere in parts.query)
    if not hosted or not value.isprintable() or " " in value:
        raise ValueError(f"names no host; write {wanted}")
    return parts


def tls(value: str) -> None:
    if value not in ("verify", "never"):
        raise ValueError(f'is {shown(value)}; write "verify" or, for a relay that has no TLS, "never"')


def word_or_none(value: str) -> None:
    if value and not _NAME.fullmatch(value):
        raise ValueError(f"is {shown(value)}; write one word, such as mail.example.org")


def header_or_none(value: str) -> None:
    if value and value.lower() not in SPAM_HEADERS:
        raise ValueError(f"is {shown(value)}; take X-Spam-Flag, X-Spam, X-Spam-Status or X-Rspamd-Action")


def truth(value: bool) -> None:
    """Both are right."""


def between(least: int, most: int) -> Check:
    """A check that a number is from `least` to `most`."""

    def check(value: int) -> None:
        if not least <= value <= most:
            raise ValueError(f"is {shown(value)}; write a number from {least} to {most}")

    return check


def on_loopback(url: str) -> bool:
    """Whether a relay is on this machine, so that nobody can listen on the way to it."""
    import ipaddress
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
