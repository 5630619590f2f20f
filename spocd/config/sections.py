"""The options of spocd.toml: of each its default, the words that explain it, and what it may be.

This is the one place that an option is written down in. Reading, writing and etc/spocd.toml follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spocd.config import values

_ANY_COUNT = 1_000_000_000


def _about(words: str, check: values.Check) -> dict[str, Any]:
    return {"words": words, "check": check}


@dataclass(frozen=True, slots=True)
class DeskSection:
    """Who the desk is to the people who write to it."""

    address: str = field(
        metadata=_about(
            "The address that everybody writes to. It has at most 20 octets in front of the @, "
            "since reply addresses add to it.",
            values.base_address,
        )
    )
    name: str = field(default="Service desk", metadata=_about("The name that the desk's mails come from.", values.line))
    language: str = field(
        default="en",
        metadata=_about(
            "What a person is answered in until their own language is known: da, de, en, fi, ru or sv.",
            values.language,
        ),
    )
    zone: str = field(
        default="UTC",
        metadata=_about(
            "The time zone of times in mails, and of times that the shell reads, such as Europe/Copenhagen.",
            values.zone,
        ),
    )
    delimiter: str = field(
        default="+",
        metadata=_about(
            "What stands between an address and its extension: the same as recipient_delimiter in Postfix. "
            "The address itself must not hold it.",
            values.delimiter,
        ),
    )
    domains: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "Who writes from these domains is known to the desk. Empty: the domain of the address.",
            values.domain_name,
        ),
    )
    addresses: Mapping[str, str] = field(
        default_factory=dict,
        metadata=_about(
            'Further addresses of the desk, each with the service that it stands for: "it@example.org" = "it".',
            values.service_address,
        ),
    )


@dataclass(frozen=True, slots=True)
class StoreSection:
    """Where tickets and mails are kept."""

    url: str = field(
        default="sqlite:desk.db",
        metadata=_about(
            "sqlite:FILE, or postgresql://USER@HOST/DATABASE where several nodes share a desk.", values.store_url
        ),
    )
    password_file: str = field(
        default="",
        metadata=_about(
            "A file of mode 0600 that holds the database's password, and nothing else.", values.path_or_none
        ),
    )


@dataclass(frozen=True, slots=True)
class ListenSection:
    """Where mail and commands come in. Sockets that systemd hands over take the place of these."""

    smtp: tuple[str, ...] = field(
        default=("127.0.0.1:2525",),
        metadata=_about(
            "Where SMTP listens, HOST:PORT each; port 0 takes a free one, an empty list switches SMTP off.",
            values.endpoint,
        ),
    )
    lmtp: str = field(
        default="run/lmtp",
        metadata=_about(
            "The unix socket that a mail server and `spocd pipe` deliver to. Its group may write to it.", values.path
        ),
    )
    control: str = field(
        default="run/control",
        metadata=_about(
            "The unix socket that every other command speaks to. Roles decide who may do what.", values.path
        ),
    )
    certificate: str = field(
        default="",
        metadata=_about(
            "A certificate with its chain, PEM. With its key it switches STARTTLS on.", values.path_or_none
        ),
    )
    certificate_key: str = field(
        default="", metadata=_about("The certificate's private key, PEM, closed to others.", values.path_or_none)
    )
    require_tls: bool = field(
        default=False, metadata=_about("Whether SMTP takes mail only after STARTTLS.", values.truth)
    )


@dataclass(frozen=True, slots=True)
class RelaySection:
    """Where the desk's own mails go out."""

    url: str = field(
        default="",
        metadata=_about(
            "smtp://HOST:PORT or smtps://HOST:PORT. Empty: nothing leaves, letters go into the Maildir below.",
            values.relay_url,
        ),
    )
    tls: str = field(
        default="verify",
        metadata=_about(
            '"verify": only over TLS and with a checked certificate, but for a relay on loopback. '
            '"never": in clear text.',
            values.tls,
        ),
    )
    user: str = field(
        default="", metadata=_about("Who the relay is to log us in as. Empty: nobody.", values.word_or_none)
    )
    password_file: str = field(
        default="",
        metadata=_about("A file of mode 0600 that holds that user's password, and nothing else.", values.path_or_none),
    )
    connections: int = field(
        default=4, metadata=_about("How many connections to the relay at once, at most.", values.between(1, 100))
    )
    sent: str = field(
        default="sent", metadata=_about("The Maildir for outgoing letters while there is no relay.", values.path)
    )


@dataclass(frozen=True, slots=True)
class TrustSection:
    """What of an incoming mail's header is believed, because our own mail server wrote it."""

    authserv_id: str = field(
        default="",
        metadata=_about(
            "The name that our own mail server signs Authentication-Results with. Empty: none is believed.",
            values.word_or_none,
        ),
    )
    spam_header: str = field(
        default="",
        metadata=_about(
            "The header in which our own mail server says yes to spam, such as X-Spam-Flag. Empty: none.",
            values.header_or_none,
        ),
    )


@dataclass(frozen=True, slots=True)
class LimitsSection:
    """What one client may ask of the listeners."""

    max_mail: int = field(
        default=26_214_400,
        metadata=_about("The largest mail that is taken, in octets.", values.between(65_536, 268_435_456)),
    )
    recipients: int = field(default=100, metadata=_about("Recipients of one mail, at most.", values.between(1, 10_000)))
    connections: int = field(default=1000, metadata=_about("Connections at once, at most.", values.between(1, 10_000)))
    connections_per_peer: int = field(
        default=10,
        metadata=_about("Connections at once from one address that is not loopback.", values.between(1, 10_000)),
    )
    commands: int = field(
        default=100,
        metadata=_about("NOOP, RSET, VRFY and HELP in one session, before it is closed.", values.between(1, 100_000)),
    )
    idle: int = field(
        default=60,
        metadata=_about("Seconds without a command, before a session is closed.", values.between(1, 3600)),
    )
    transfer: int = field(
        default=300, metadata=_about("Seconds that the text of one mail may take to arrive.", values.between(1, 3600))
    )


@dataclass(frozen=True, slots=True)
class AutomaticSection:
    """How many mails that nobody wrote may go out because a mail came in; beyond them the desk is silent."""

    unknown_a_day: int = field(
        default=1,
        metadata=_about(
            "Acknowledgements a day to one address that the desk does not know. Here and below, 1000000 is no limit.",
            values.between(0, _ANY_COUNT),
        ),
    )
    unknown_an_hour: int = field(
        default=60,
        metadata=_about("Acknowledgements an hour to all such addresses together.", values.between(0, _ANY_COUNT)),
    )
    address_an_hour: int = field(
        default=3, metadata=_about("Automatic mails an hour to any one address.", values.between(0, _ANY_COUNT))
    )
    address_a_day: int = field(
        default=10, metadata=_about("Automatic mails a day to any one address.", values.between(0, _ANY_COUNT))
    )


@dataclass(frozen=True, slots=True)
class TicketSection:
    """How long a ticket stays with somebody, and how long one that is done can be taken up again."""

    close_after: int = field(
        default=3,
        metadata=_about("Days without an answer after which resolved becomes closed.", values.between(0, 3650)),
    )
    reopen_within: int = field(
        default=30,
        metadata=_about(
            "Days in which a reply reopens a closed ticket; a later one opens a new, linked ticket.",
            values.between(0, 36_500),
        ),
    )
    untouched: int = field(
        default=72,
        metadata=_about(
            "Hours after which a ticket goes back into the queue if whoever has it did nothing about it. 0: never.",
            values.between(0, 10_000),
        ),
    )
    moves_within: int = field(
        default=300,
        metadata=_about(
            "Seconds in which several hand-overs of a ticket are told to its people in one mail.",
            values.between(0, 86_400),
        ),
    )


@dataclass(frozen=True, slots=True)
class Config:
    """A checked spocd.toml. Paths in it are relative to `folder`, the folder that it stands in."""

    path: Path
    desk: DeskSection
    store: StoreSection = StoreSection()
    listen: ListenSection = ListenSection()
    relay: RelaySection = RelaySection()
    trust: TrustSection = TrustSection()
    limits: LimitsSection = LimitsSection()
    automatic: AutomaticSection = AutomaticSection()
    ticket: TicketSection = TicketSection()
    secret: str = field(
        default="secret",
        metadata=_about(
            "The file of mode 0600 that reply addresses are signed with, the same on all nodes of a desk. "
            "Without it no reply finds its ticket: keep it with the backups.",
            values.path,
        ),
    )

    @property
    def folder(self) -> Path:
        return self.path.parent

    def file(self, name: str) -> Path:
        """Where a file that the configuration names stands."""
        return self.folder / name


# Section by section, as the file has them.
SECTIONS: Mapping[str, type[Any]] = {
    "desk": DeskSection,
    "store": StoreSection,
    "listen": ListenSection,
    "relay": RelaySection,
    "trust": TrustSection,
    "limits": LimitsSection,
    "automatic": AutomaticSection,
    "ticket": TicketSection,
}
