"""A desk without a daemon: a real store, the real reader of mails, and a clock that stands still until it is moved."""

from __future__ import annotations

import email.message
import email.policy
import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_type_hints

from spocd.control.introspection import bind, bound, fields_of
from spocd.daemon.operations import all_operations
from spocd.desk import blob, delivery, intake, letter, node
from spocd.desk.intake import Fate, Leased
from spocd.desk.operation import Desk, Operation, Settings, perform
from spocd.domain.delivery import Outcome
from spocd.domain.intake import Envelope, Limits, Rules
from spocd.domain.letter import Letter
from spocd.domain.reading import Reading
from spocd.domain.token import OwnAddresses, extended, fingerprint
from spocd.gateway.reading.reader import read
from spocd.gateway.writing import Writer
from spocd.store import Store, Transaction
from spocd.store.postgres import PostgresStore
from spocd.store.sqlite import SqliteStore
from tests import postgres

MASTER = bytes(range(32))
START = 1_770_000_000
HOUR, DAY = 3600, 86400
INSTANCE = "abc123"
OPERATIONS = {each.name: each for each in all_operations()}
ADDRESSES = {"desk@example.org": "", "it@example.org": "it"}
# Who works here, by uid; 4 has no role.
ADMIN, LEAD, AGENT, NOBODY, OTHER = 1, 2, 3, 4, 5


def settings() -> Settings:
    own = OwnAddresses(ADDRESSES | {"bounces@example.org": "", "postmaster@example.org": ""}, "+")
    return Settings(
        name="IT desk",
        address="desk@example.org",
        zone="UTC",
        language="en",
        delimiter="+",
        addresses=ADDRESSES,
        domains=frozenset({"example.org"}),
        rules=Rules(own, INSTANCE, "mx.example.org", "X-Spam-Flag"),
        limits=Limits(unknown_a_day=1, unknown_an_hour=60, address_an_hour=3, address_a_day=10),
        close_after=3,
        reopen_within=30,
        untouched=72,
        moves_within=300,
        master=MASTER,
        run="run-1",
        shared="{}",
        template_version=Writer().template_version,
        brief=Writer().brief,
    )


async def open_the_desk(tx: Transaction) -> None:
    await tx.run("found_desk", instance=INSTANCE, secret_fingerprint=fingerprint(MASTER), now=START - 10)
    await tx.run("add_signing_key", id="1", now=START - 10)
    # It beats no more, however far the clock is moved.
    await tx.run("node_joins", run="run-1", host="here", place="here:/desk", shared="{}", pid=1, now=START + 3650 * DAY)
    for uid, login in ((ADMIN, "admin"), (LEAD, "lead"), (AGENT, "agent"), (OTHER, "other")):
        role = "agent" if login == "other" else login
        await tx.run("add_agent", login=login, name=login.title(), address="", role=role, uid=uid, now=START)


def new_url(folder: Path) -> str:
    """Where a new desk is to be kept: a file in the folder, or a database of its own where PostgreSQL is wanted."""
    return postgres.fresh_database() if postgres.is_wanted() else f"sqlite:{folder}/desk.db"


def copy_of(url: str, folder: Path) -> str:
    """The URL of a copy of a desk that nobody uses now: copying takes less long than making one."""
    if url.startswith("postgresql:"):
        return postgres.fresh_database(like=url)
    return f"sqlite:{shutil.copy(url.removeprefix('sqlite:'), folder)}"


async def opened(url: str, *, create: bool = False) -> Store:
    if url.startswith("postgresql:"):
        return await PostgresStore.open(url, create=create)
    return await SqliteStore.open(Path(url.removeprefix("sqlite:")), create=create)


async def founded(url: str) -> None:
    """Make a desk on its first day."""
    store = await opened(url, create=True)
    await store.write(open_the_desk)
    await store.close()


async def alive(desk: RunningDesk) -> RunningDesk:
    """The desk, its node heard of now: by the clock of PostgreSQL the database may have been made a while ago."""
    if postgres.is_wanted():
        await desk.write(node.beat)
    return desk


def check_document(asked: Operation, answer: dict[str, Any]) -> None:
    """Whether an answer is the document that its operation promises: each field, each type, and nothing else."""
    promised = fields_of(get_type_hints(asked.function)["return"])
    assert bound(promised, answer) == answer, asked.name
    assert json.loads(json.dumps(answer)) == answer, asked.name


@dataclass
class RunningDesk:
    store: Store
    settings: Settings = field(default_factory=settings)
    now: int = START
    mails: int = 0

    async def ask(self, operation: str, *, by: int = AGENT, **parameters: Any) -> dict[str, Any]:
        """What the control socket would answer the uid `by`; the parameters are checked as it checks them."""
        asked: Operation = OPERATIONS[operation]
        bound_ones = bind(asked, parameters)
        answer = await perform(self.store, self.settings, asked, bound_ones, uid=by, clock=lambda: float(self.now))
        check_document(asked, answer)
        return answer

    async def write(self, work: Any) -> Any:
        """Run something of the desk that is no operation: `work(desk)`."""
        return await self.store.write(lambda tx: work(Desk(tx, self.now, self.settings)))

    async def read(self, work: Any) -> Any:
        return await self.store.read(lambda tx: work(Desk(tx, self.now, self.settings)))

    async def restart(self) -> None:
        """Begin a run anew, as a daemon does on the folder of one that died."""
        self.settings = replace(self.settings, run=f"{self.settings.run}+")
        await self.write(lambda desk: node.join(desk, host="here", place="here:/desk", pid=1))

    async def view(self, ticket: int) -> dict[str, Any]:
        return await self.ask("ticket.view", ticket=ticket)

    async def accept(self, raw: bytes, *to: str, sender: str = "ann@client.example") -> None:
        """Take a mail as a listener does."""
        envelope = Envelope(sender, to or ("desk@example.org",), "smtp", "127.0.0.1")
        mail = intake.accepted(envelope, [raw], blob.pack(raw))
        await self.store.write(lambda tx: intake.accept(tx, mail, self.now))

    async def lease(self) -> list[Leased]:
        return list(await self.write(lambda desk: intake.lease(desk, 100)))

    async def lease_letters(self) -> list[letter.Leased]:
        return list(await self.write(lambda desk: letter.lease(desk, 100)))

    async def decide(self, mail: Leased) -> Fate:
        """Read a leased mail and let the desk decide, as the intake loop does."""
        raw = await self.read(lambda desk: blob.fetch(desk, mail.raw))
        reading: Reading = read(raw)
        files = [blob.pack(part.content) for part in reading.attachments]
        await self.store.write(lambda tx: blob.keep(tx, files))
        fate: Fate = await self.write(lambda desk: intake.decide(desk, mail, reading))
        return fate

    async def receive(self, raw: bytes, *to: str, sender: str = "ann@client.example") -> Fate:
        """Take a mail and decide on it; its fate."""
        await self.accept(raw, *to, sender=sender)
        [mail] = await self.lease()
        return await self.decide(mail)

    async def mail(
        self, body: str = "It is on fire.", *, to: str = "desk@example.org", envelope: str | None = None, **headers: str
    ) -> Fate:
        """Receive a mail that is written here."""
        raw = self.written(body, to=to, **headers)
        sender = headers.get("From", "ann@client.example").rpartition("<")[2].rstrip(">")
        return await self.receive(raw, to, sender=sender if envelope is None else envelope)

    def written(self, body: str, *, to: str = "desk@example.org", **headers: str) -> bytes:
        """A mail; header names with _ for -. Each has a Message-ID of its own."""
        self.mails += 1
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        given = {"From": "Ann Ek <ann@client.example>", "To": to, "Subject": "Printer"}
        given["Message-ID"] = f"<{self.mails}@client.example>"
        for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            mail[name] = value
        mail.set_content(body)
        return mail.as_bytes()

    async def letters(self) -> list[Letter]:
        """All letters that wait, as they would go out now, the oldest first."""
        rows = await self.ask("mail.outbox", state="waiting", limit=1000)
        numbers = sorted(row["id"] for row in rows["letters"])
        return [await self.read(lambda desk, n=each: letter.compose(desk, n)) for each in numbers]

    async def send(self, outcome: Outcome) -> list[int]:
        """Lease what is due and settle each letter with this outcome; their ids."""
        leased = await self.lease_letters()
        for each in leased:
            await self.write(lambda desk, each=each: delivery.settle(desk, each, outcome, jitter=0.0))
        return [each.id for each in leased]

    def token_address(self, token: str) -> str:
        return extended("desk@example.org", "+", token)


def text_of(letter: Letter) -> str:
    """A letter as its reader sees it: subject and body."""
    raw = Writer().write(letter)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body(("plain",))
    assert isinstance(body, email.message.EmailMessage)
    return f"{mail['Subject']}\n\n{body.get_content()}"


async def journal(desk: RunningDesk, number: int) -> list[str]:
    """What happened to a ticket, in one word each."""
    return [row["event"] for row in (await desk.view(number))["journal"]]


def links_of(view: dict[str, Any]) -> list[tuple[str, int]]:
    """What a ticket is to which others."""
    return [(each["relation"], each["ticket"]) for each in view["links"]]


async def answered(desk: RunningDesk) -> tuple[str, str, str]:
    """A ticket of Ann's with our answer: (its token address, our Message-ID, the address it bounces to)."""
    await desk.mail()
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    answer = (await desk.letters())[-1]
    return answer.reply_to, answer.message_id, answer.return_path
