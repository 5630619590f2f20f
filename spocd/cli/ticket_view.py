"""A ticket as an agent reads it: who, what, and the messages in their order."""

from __future__ import annotations

from collections.abc import Iterator

from spocd.cli import show, visible
from spocd.cli.show import Document, styled

_MARGIN = "    "


def ticket_text(ticket: Document, *, log: bool = False) -> str:
    """The whole ticket for a person, a head, its people, its messages, and with `log` its journal."""
    parts = [*_head(ticket), *_people(ticket)]
    for message in ticket.get("messages", []):
        parts += ["", *_message(message, ticket)]
    if log:
        parts += ["", styled("Log", bold=True), *_journal(ticket)]
    return "\n".join(parts) + "\n"


def quoted(ticket: Document) -> str:
    """What stands below the text in an editor: the ticket, and its last message that a person wrote."""
    lines = [f"#{ticket['number']} {visible.line(str(ticket['subject']))}"]
    mails = [message for message in ticket.get("messages", []) if message["kind"] == "mail"]
    for message in mails[-1:]:
        lines += ["", f"{_author(message)}, {show.cell(message['created_at'])}:"]
        lines += [f"> {line}" for line in _words(message).splitlines()]
    return "\n".join(lines) + "\n"


def _head(ticket: Document) -> Iterator[str]:
    subject = visible.line(str(ticket["subject"])) or "(no subject)"
    yield styled(f"#{ticket['number']}  {subject}", bold=True)
    marks = [ticket.get(name) for name in ("state", "kind", "priority", "service", "team")]
    yield _MARGIN + " · ".join(visible.line(str(mark)) for mark in marks if mark)
    yield f"{_MARGIN}from   {show.cell(ticket['requester'])}, by {show.cell(ticket.get('channel'))}"
    yield f"{_MARGIN}with   {visible.line(str(ticket.get('assignee') or 'nobody yet'))}"
    due = f", due {show.cell(ticket['due_at'])}" if ticket.get("due_at") else ""
    yield (
        f"{_MARGIN}since  {show.cell(ticket.get('opened_at'))}, "
        f"changed {show.cell(ticket.get('updated_at'))}{due}, revision {show.cell(ticket.get('rev'))}"
    )


def _people(ticket: Document) -> Iterator[str]:
    requester = _key(ticket["requester"])
    others = [one for one in ticket.get("participants", []) if _key(one) != requester]
    for one in others:
        yield f"{_MARGIN}{_role(one):<6} {show.person(one.get('name'), str(one['address']))}"
    for one in ticket.get("proposed", []):
        address = visible.line(str(one["address"]))
        add = f"spocd ticket cc add {ticket['number']} {address}"
        yield f"{_MARGIN}cc?    {show.person(one.get('name'), address)}   ({add})"
    for link in ticket.get("links", []):
        yield f"{_MARGIN}link   {visible.line(str(link['relation']))} #{link['ticket']}"


def _role(participant: Document) -> str:
    return visible.line(str(participant.get("role") or "also"))


def _key(person: Document | None) -> str:
    return str((person or {}).get("address", "")).casefold()


def _message(message: Document, ticket: Document) -> Iterator[str]:
    yield f"{_marked(message, ticket)}  {show.cell(message['created_at'])}"
    subject = message.get("subject")
    if subject and subject != ticket["subject"]:
        yield f"{_MARGIN}Subject: {visible.line(subject)}"
    words = _words(message)
    yield from (f"{_MARGIN}{line}".rstrip() for line in words.splitlines())
    left_out = len((message.get("text") or "").strip()) - len(words.strip())
    if left_out > 0 and message.get("visible_text") is not None:
        yield styled(f"{_MARGIN}[quoted text left out: spocd message raw {message['id']}]", dim=True)
    for attachment in message.get("attachments", []):
        yield styled(f"{_MARGIN}+ {attachment_text(attachment)}", dim=True)


def _words(message: Document) -> str:
    shown = message.get("visible_text")
    return visible.text(str(shown if shown is not None else message.get("text") or "")).strip("\n")


def _marked(message: Document, ticket: Document) -> str:
    """The line above a message: its id, who wrote it to whom, and what must not be overlooked about it."""
    start = styled(f"── {visible.line(str(message['id']))}", bold=True)
    if message["kind"] == "note":
        return f"{start}  {styled('INTERNAL', fg='yellow', bold=True)} note by {_author(message)}"
    to = ", ".join(show.cell(one) for one in message.get("to", []) if message["direction"] == "out")
    marks = ["automatic"] if message["kind"] == "automatic" else []
    if is_third_party(message, ticket):
        marks.append("THIRD PARTY, not on this ticket")
    marked = "".join(f"  {styled(f'[{mark}]', fg='red' if mark.isupper() else 'yellow')}" for mark in marks)
    return f"{start}  {_author(message)}{f' → {to}' if to else ''}{marked}"


def _author(message: Document) -> str:
    author = message.get("from") or {}
    if author.get("address"):
        return show.person(author.get("name"), author["address"])
    return visible.line(author.get("name") or "the desk")


def is_third_party(message: Document, ticket: Document) -> bool:
    """Whether a stranger to the ticket wrote the message: what it says so of itself, else who is on the ticket."""
    if message["direction"] != "in" or message["kind"] == "note":
        return False
    evidence = message.get("evidence") or {}
    if "role" in evidence:
        return bool(evidence["role"] == "third party")
    participants = {_key(one) for one in ticket.get("participants", []) if one.get("role") != "third party"}
    return _key(message.get("from")) not in participants | {_key(ticket["requester"])}


def attachment_text(attachment: Document) -> str:
    """An attachment in one line."""
    name = visible.line(str(attachment.get("filename") or "(no name)"))
    return f"{name}  {visible.line(str(attachment.get('content_type')))}  {size_text(int(attachment['size']))}"


def size_text(octets: int) -> str:
    """A size as a person reads it."""
    if octets < 1000:
        return f"{octets} B"
    for unit, one in (("kB", 1e3), ("MB", 1e6)):
        if octets < one * 999.5:
            return f"{octets / one:.1f} {unit}" if octets < one * 9.95 else f"{octets / one:.0f} {unit}"
    return f"{octets / 1e9:.1f} GB"


def _journal(ticket: Document) -> Iterator[str]:
    for entry in ticket.get("journal", []):
        more = {name: content for name, content in entry.items() if name not in ("at", "actor", "event")}
        told = f"  {show.cell(more)}" if any(content is not None for content in more.values()) else ""
        actor = show.cell(entry.get("actor"))
        yield f"{_MARGIN}{show.cell(entry.get('at'))}  {actor}  {visible.line(str(entry.get('event')))}{told}"
