"""spocd.toml: what a node is. Read with tomllib, checked as a whole, written with every value explicit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DeskSection:
    """Who the desk is to the people who write to it."""

    address: str  # the address that everybody writes to, desk@example.org; its local part has at most 20 octets
    name: str = "Service desk"
    language: str = "en"  # what a person is answered in until their own language is known
    zone: str = "UTC"  # the time zone of times in mails and of times that the shell reads
    delimiter: str = "+"  # between an address and its extension
    domains: tuple[str, ...] = ()  # who writes from these is known; empty: the domain of `address`
    addresses: Mapping[str, str] = field(default_factory=dict)  # further addresses of the desk, each with its service


@dataclass(frozen=True, slots=True)
class StoreSection:
    url: str = "sqlite:desk.db"  # sqlite:FILE (relative to spocd.toml) or postgresql://USER@HOST/DATABASE
    password_file: str = ""


@dataclass(frozen=True, slots=True)
class ListenSection:
    smtp: tuple[str, ...] = ("127.0.0.1:2525",)
    lmtp: str = "run/lmtp"
    control: str = "run/control"
    certificate: str = ""  # PEM; with `certificate_key` it switches STARTTLS on
    certificate_key: str = ""
    require_tls: bool = False


@dataclass(frozen=True, slots=True)
class RelaySection:
    url: str = ""  # smtp://HOST:PORT or smtps://HOST:PORT; empty: letters go into the Maildir `sent`
    tls: str = "verify"  # verify: STARTTLS or TLS with a checked certificate; loopback needs none. never: clear text
    user: str = ""
    password_file: str = ""
    connections: int = 4
    sent: str = "sent"  # the Maildir


@dataclass(frozen=True, slots=True)
class TrustSection:
    authserv_id: str = ""  # our own MTA's name in Authentication-Results; empty: none is believed
    spam_header: str = ""  # a header of our own MTA that marks spam when it says yes, such as X-Spam-Flag


@dataclass(frozen=True, slots=True)
class LimitsSection:
    max_mail: int = 26214400  # octets
    recipients: int = 100  # a transaction
    connections: int = 1000
    connections_per_peer: int = 10  # from one address that is not loopback
    commands: int = 100  # NOOP, RSET, VRFY, HELP a session
    idle: int = 60  # seconds without a command
    transfer: int = 300  # seconds for one DATA


@dataclass(frozen=True, slots=True)
class AutomaticSection:
    """How many mails that nobody wrote may go out because a mail came in."""

    unknown_a_day: int = 1  # acknowledgements to one address that is not known
    unknown_an_hour: int = 60  # to all of them together
    address_an_hour: int = 3  # to any one address
    address_a_day: int = 10


@dataclass(frozen=True, slots=True)
class TicketSection:
    close_after: int = 3  # days from resolved to closed
    reopen_within: int = 30  # days in which a reply reopens a closed ticket; later it opens a new one


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
    secret: str = "secret"  # the master key's file, 0600, the same on all nodes

    @property
    def folder(self) -> Path:
        return self.path.parent

    def file(self, name: str) -> Path:
        """Where a file that the configuration names stands."""
        return self.folder / name
