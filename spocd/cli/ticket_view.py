"""A ticket as an agent reads it: who, what, and the messages in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from spocd.cli import show, visible, wrap
from spocd.cli.show import Document, styled

_MARGIN = "    "
_HANGING = _MARGIN + " " * 7  # where the values of the head stand
_MOST_PROPOSED = 5  # people who were in Cc and are not on the ticket; a mail may name hundreds
# A participant's mail may be here by what anybody could have written into it.
_WEAK_EVIDENCE = {3: "by a Message-ID seen before", 4: "by the subject's number"}


class View(NamedTuple):
    """How much of a ticket is shown, and the cells of the line that it is shown in (None: lines are not broken)."""

    log: bool = False
    full: bool = False
    room: int | None = None


def ticket_text(ticket: Document, view: View) -> str:
    """The whole ticket for a person: a head, its people, its messages, and its journal if that is wanted."""
    parts = [*_head(ticket, view), *_people(ticket, view), *_organisation(ticket, view)]
    for message in ticket.get("messages", []):
        parts += ["", *_message(message, ticket, view)]
    if view.log:
        parts += ["", styled("Log", bold=True), *_journal(ticket, view)]
    return "\n".join(parts) + "\n"


def quoted(ticket: Document) -> str:
    """What stands below the text in an editor: the ticket, and its last message that a person wrote."""
    lines = [f"#{ticket['number']} {visible.line(str(ticket['subject']))}"]
    mails = [message for message in ticket.get("messages", []) if message["kind"] == "mail"]
    for message in mails[-1:]:
        lines += ["", f"{author(message)}, {show.cell(message['created_at'])}:"]
        lines += [f"> {line}" for line in _words(message).splitlines()]
    return "\n".join(lines) + "\n"


def _set(text: str, view: View, *, first: str = _MARGIN, later: str = _HANGING, **style: Any) -> Iterator[str]:
    """A line of ours, in several where the terminal is narrow."""
    for line in wrap.fill(wrap.words(text), view.room, first=first, later=later):
        yield styled(line, **style) if style else line


def _head(ticket: Document, view: View) -> Iterator[str]:
    subject = visible.line(str(ticket["subject"])) or "(no subject)"
    yield from _set(f"#{ticket['number']}  {subject}", view, first="", later=_MARGIN, bold=True)
    marks = [ticket.get(name) for name in ("state", "resolution", "kind", "priority", "service", "team")]
    marks += [
        f"tier {ticket['tier']}" if ticket.get("tier", 1) > 1 else None,
        *(f"[{tag}]" for tag in ticket.get("tags", [])),
    ]
    yield from _set(" · ".join(visible.line(str(mark)) for mark in marks if mark), view, later=_MARGIN)
    who = show.cell(ticket["requester"]) if _key(ticket["requester"]) else "nobody known"
    by = f", written down by {visible.line(ticket['reporter'])}" if ticket.get("reporter") else ""
    way = "to  " if ticket.get("direction") == "out" else "from"
    yield from _set(f"{way}   {who}, by {show.cell(ticket.get('channel'))}{by}", view)
    yield from _set(f"with   {visible.line(str(ticket.get('assignee') or 'nobody yet'))}", view)
    due = f", due {show.cell(ticket['due_at'])}" if ticket.get("due_at") else ""
    # It names the zone of all times here but those in briefs, which are by the desk's clock and name theirs.
    opened, changed = (show.local_time(str(ticket.get(name)), zone=True) for name in ("opened_at", "updated_at"))
    yield from _set(f"since  {opened}, changed {changed}{due}, revision {show.cell(ticket.get('rev'))}", view)


def _people(ticket: Document, view: View) -> Iterator[str]:
    requester = _key(ticket["requester"])
    others = [one for one in ticket.get("participants", []) if _key(one) != requester]
    for one in others:
        yield from _set(f"{_role(one):<6} {show.person(one.get('name'), str(one['address']))}", view)
    proposed = ticket.get("proposed", [])
    for one in proposed[:_MOST_PROPOSED]:
        address = visible.line(str(one["address"]))
        add = f"spocd ticket cc add {ticket['number']} {address}"
        yield from _set(f"cc?    {show.person(one.get('name'), address)}   ({add})", view)
    if len(proposed) > _MOST_PROPOSED:
        yield from _set(f"cc?    and {len(proposed) - _MOST_PROPOSED} more, which --json names", view)
    for consult in ticket.get("consults", []):
        yield from _set(f"asked  {_consult(consult)}", view)
    if ticket.get("merged_into"):
        yield from _set(f"merged into #{ticket['merged_into']}, where its messages are", view, fg="yellow")
    if merged := ticket.get("merged"):
        yield from _set(f"holds  {', '.join(f'#{one}' for one in merged)}, merged into it", view)
    for link in ticket.get("links", []):
        yield from _set(_link(link), view)
    for outside in ticket.get("outside", []):
        yield from _set(f"link   {visible.line(outside['relation'])} {visible.line(outside['target'])}", view)


def _link(link: Document) -> str:
    """What another ticket is to this one, with its state and what it is about."""
    state, subject = visible.line(str(link.get("state", ""))), visible.line(str(link.get("subject", "")))
    about = f" ({state}): {subject}" if state else ""
    return f"link   {visible.line(str(link['relation']))} #{link['ticket']}{about}"


def _consult(consult: Document) -> str:
    """Who was asked, and how that stands."""
    who = f"{show.cell(consult['expert'])} in {visible.line(str(consult['message']))}"
    match consult["state"]:
        case "answered":
            return f"{who}: answered after {length_text(int(consult['waited']))}"
        case "ended":
            return f"{who}: no answer, and none is waited for"
    reminders = int(consult.get("reminders") or 0)
    reminded = f", reminded {'once' if reminders == 1 else f'{reminders} times'}" if reminders else ""
    since = show.cell(consult["asked_at"])
    return f"{who}: no answer since {since}{reminded}"


def length_text(seconds: int) -> str:
    """A length of time as a person says it: the two largest units of days, hours and minutes."""
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def _organisation(ticket: Document, view: View) -> Iterator[str]:
    """What an agent should know of where the requester belongs, before they read on."""
    organisation = ticket.get("organisation")
    if not organisation:
        return
    manager = f", looked after by {visible.line(organisation['manager'])}" if organisation.get("manager") else ""
    yield ""
    yield from _set(f"{visible.line(organisation['name'])}{manager}", view, first="", later=_MARGIN, bold=True)
    yield from wrap.lines(visible.text(organisation["briefing"]).strip("\n"), view.room, _MARGIN)


def _role(participant: Document) -> str:
    return visible.line(str(participant.get("role") or "also"))


def _key(person: Document | None) -> str:
    return str((person or {}).get("address", "")).casefold()


def _message(message: Document, ticket: Document, view: View) -> Iterator[str]:
    yield from wrap.fill(_marked(message, ticket), view.room, later=_MARGIN)
    for warning in (message.get("evidence") or {}).get("warnings") or []:
        yield from _set(f"! {visible.line(str(warning))}", view, later=f"{_MARGIN}  ", fg="yellow")
    subject = message.get("subject")
    if subject and subject != ticket["subject"]:
        yield from _set(f"Subject: {visible.line(subject)}", view)
    yield from wrap.lines(_words(message, full=view.full), view.room, _MARGIN)
    shown = message.get("visible_text")
    if not view.full and shown is not None and len(shown.strip()) < len((message.get("text") or "").strip()):
        where = f"spocd ticket view {ticket['number']} --full"
        yield from _set(f"[quoted text and signature left out: {where}]", view, later=_MARGIN, dim=True)
    for attachment in message.get("attachments", []):
        yield from _set(f"+ {attachment_text(attachment)}", view, later=f"{_MARGIN}  ", dim=True)


def _words(message: Document, *, full: bool = False) -> str:
    shown = None if full else message.get("visible_text")
    return visible.text(str(shown if shown is not None else message.get("text") or "")).strip("\n")


def _marked(message: Document, ticket: Document) -> Iterator[str]:
    """The line above a message, in pieces: its id, who wrote it to whom, what must not be overlooked, and when."""
    yield styled(f"── {visible.line(str(message['id']))}", bold=True)
    if message["kind"] == "note":
        what = _what_note(message, ticket)
        to = ", ".join(show.cell(one) for one in message.get("to", []) if what == "question")
        yield f"  {styled('INTERNAL', fg='yellow', bold=True)}"
        yield from wrap.words(f" {what} by {author(message)}{f' → {to}' if to else ''}")
    else:
        what = _what_note(message, ticket)
        to = ", ".join(show.cell(one) for one in message.get("to", []) if message["direction"] == "out")
        yield from wrap.words(f"  {author(message)}{f' → {to}' if to else ''}")
        yield from (f"  {mark}" for mark in _marks(message, ticket))
    yield f"  {show.cell(message['created_at'])}"


def _what_note(message: Document, ticket: Document) -> str:
    """What a note is: a question to an expert, an expert's answer, an agent's answer to a notice, or a plain note."""
    role = (message.get("evidence") or {}).get("role")
    if role == "expert":
        return "answer of an expert"
    if role == "agent":
        return "note by mail"
    asked = {consult["message"] for consult in ticket.get("consults", [])}
    return "question" if message["id"] in asked else "note"


def _marks(message: Document, ticket: Document) -> Iterator[str]:
    if message["kind"] == "automatic":
        yield styled("[automatic]", fg="yellow")
    if (message.get("evidence") or {}).get("redacted"):
        yield styled("[redacted]", fg="yellow")
    if is_third_party(message, ticket):
        yield styled("[THIRD PARTY, not on this ticket]", fg="red")
    rung = (message.get("evidence") or {}).get("rung")
    if message["direction"] == "in" and rung in _WEAK_EVIDENCE:
        yield styled(f"({_WEAK_EVIDENCE[rung]})", fg="yellow")


def author(message: Document) -> str:
    """Who wrote a message, as it is shown."""
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


def _journal(ticket: Document, view: View) -> Iterator[str]:
    for entry in ticket.get("journal", []):
        # Whose system account it was stands in `spocd audit list`; here it would be in every line.
        more = {name: content for name, content in entry.items() if name not in ("at", "actor", "event", "uid", "why")}
        said = {name: content for name, content in more.items() if show.cell(content) != "-"}
        told = f"  {show.cell(said)}" if said else ""
        told += f": {show.cell(entry['why'])}" if entry.get("why") else ""
        event = visible.line(str(entry.get("event")))
        yield from _set(f"{show.cell(entry.get('at'))}  {show.cell(entry.get('actor'))}  {event}{told}", view)
