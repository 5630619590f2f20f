"""Shows mails as they came, octet for octet."""

from __future__ import annotations

import re
from datetime import datetime

from spocd.cli import show
from spocd.cli.asked import tell
from spocd.cli.blob import download
from spocd.cli.call import call
from spocd.cli.show import Document
from spocd.errors import Exit, Refused

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)


def raw_mail(message: str) -> bytes:
    """The mail that a message came as."""
    return b"".join(download(call("message.raw", message=message)["sha256"], message=message))


def show_mbox(ticket: Document) -> None:
    """Shows the mails of a ticket as an mbox, which every mail program opens; what was no mail is left out."""
    for message in ticket["messages"]:
        if message["kind"] == "note":
            continue
        try:
            mail = raw_mail(message["id"])
        except Refused as refused:
            if refused.exit != Exit.NOT_FOUND:
                raise
            tell(f"{message['id']} was not kept as a mail")
            continue
        show.out_bytes(_mbox_entry(mail, message))


def _mbox_entry(mail: bytes, message: Document) -> bytes:
    # The mboxrd form: lines that could be taken for the start of a mail get one more >, which readers take off again.
    sender = re.sub(r"[^!-~]", "", str((message.get("from") or {}).get("address", ""))) or "MAILER-DAEMON"
    date = datetime.fromisoformat(message["created_at"]).strftime("%a %b %e %H:%M:%S %Y")
    body = _FROM_LINE.sub(rb">\1", mail.replace(b"\r\n", b"\n"))
    return f"From {sender} {date}\n".encode() + body.rstrip(b"\n") + b"\n\n"
