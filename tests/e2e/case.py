"""A case at a shared desk: somebody of its own who wrote, the ticket, the acknowledgement."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from tests.running import RunningDesk


def stranger() -> str:
    """An address that nobody has used."""
    return f"someone-{os.urandom(5).hex()}@elsewhere.example"


@dataclass(frozen=True)
class Case:
    """One ticket with its requester. Whatever `send` sends is from the requester, unless `sender` says otherwise."""

    desk: RunningDesk
    requester: str
    mail: EmailMessage
    acknowledgement: EmailMessage
    number: int

    @classmethod
    def opened(cls, desk: RunningDesk, **headers: str) -> Case:
        """Have somebody new write to the desk."""
        requester = f"ann-{os.urandom(5).hex()}@client.example"
        subject = f"Printer {os.urandom(5).hex()}"
        mail = desk.send(sender=f"Ann Ek <{requester}>", subject=subject, **headers)
        desk.settled()
        [acknowledgement] = desk.letters(requester)
        [ticket] = desk.call("ticket.list", requester=requester)["tickets"]
        return cls(desk, requester, mail, acknowledgement, ticket["number"])

    @property
    def reply_address(self) -> str:
        return str(self.acknowledgement["Reply-To"])

    @property
    def return_path(self) -> str:
        return str(self.acknowledgement["Return-Path"]).strip("<>")

    def send(self, body: str = "One more thing.", **how: Any) -> dict[str, Any]:
        """Send a mail from the requester, about something else as far as its subject says; its row in the inbox."""
        words = {"sender": f"Ann Ek <{self.requester}>", "subject": f"Other words {os.urandom(5).hex()}"} | how
        self.desk.send(body, **words)
        return self.desk.placed()

    def answer(self, body: str) -> None:
        """Have the desk answer. Others wait at a shared desk, so it takes a reason."""
        self.desk.json("ticket", "reply", str(self.number), "-b", body, "--reason", "this test is about it")

    def view(self) -> dict[str, Any]:
        return self.desk.call("ticket.view", ticket=self.number)

    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.view()["messages"]
        return messages

    def letters_to(self, address: str) -> list[EmailMessage]:
        """The letters that went to an address, once all have gone."""
        self.desk.settled()
        return self.desk.letters(address)
