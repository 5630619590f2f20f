"""The index of words: what of a ticket and of a person can be searched for, written behind whatever changes them.

The journal is the list of what to look at: the cursor stands at the line up to which all is in. A ticket's row only
ever gains words, those of messages newer than the one it has seen; so a long ticket costs no more than a short one.
Whatever takes words from a ticket calls `forget` in its own transaction, and its line in the journal makes the ticket
be read anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from spocd.desk.operation import Desk
from spocd.domain.search import MOST_TEXT, Stems, Wanted, wanted
from spocd.errors import Exit, Refused
from spocd.store import Rollback, Row, Transaction

LINES = 40  # of the journal in one batch
MESSAGES = 20  # in one batch, so that writing their words takes some 10 ms
MOST_LETTERS = 200_000  # of all the words of one ticket; PostgreSQL takes 1 MB of them
MOST_FILES = 200  # names of files that one step looks at
MOST_PEOPLE = 300  # addresses of people on one ticket
COMMON = 1000  # tickets; a word that is in as many is not asked for as the beginning of others, which would take long
FEW = 20  # words that begin like one that is looked for; so many are asked for one by one in any case
MOST_LONGER = 200  # words that begin like one that is looked for; of more, the commonest are
NEWEST = 500  # tickets that say which words are the commonest
HELD = 5  # seconds that the cursor stays with the node that moved it

MOST_BEHIND = 10_000  # lines of the journal; more are a fault
LONGEST_BEHIND = 300  # seconds


@dataclass(frozen=True, slots=True)
class Read:
    """A ticket as it was read: the texts that its row has not seen, and what the row was then."""

    ticket: int
    generation: int | None  # None where there is no row yet
    before: int
    through: int
    had: frozenset[str]
    texts: tuple[str, ...]
    people: dict[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What the next lines of the journal speak of. `upto` is where the cursor goes when it is written.

    `texts` are those of people whom lines are about.
    """

    position: int
    upto: int
    tickets: tuple[Read, ...]
    people: dict[int, frozenset[str]]  # the words that each person's row has
    mails_wait: bool  # whether the intake has enough to do without us
    texts: dict[int, tuple[str, ...]] = field(default_factory=dict)


async def lines(desk: Desk) -> Batch | None:
    """The next lines, not yet read: None where there are none, or another node has them."""
    cursor = await desk.tx.one("search_cursor")
    assert cursor is not None
    another = cursor["holder"] not in (None, desk.settings.run)
    if another and abs(desk.now - cursor["held_at"]) <= HELD:
        return None
    position = cursor["position"]
    rows = await desk.tx.all("lines_to_index", after=position, most=LINES)
    if not rows:
        return None
    mail = await desk.tx.one("next_mail_at")
    wait = mail is not None and mail["at"] is not None and mail["at"] <= desk.now
    return await _read(desk.tx, Batch(position, rows[-1]["id"], (), {}, wait), rows)


async def _read(tx: Transaction, batch: Batch, rows: list[Row]) -> Batch:
    """The batch with the tickets of these lines. The cursor stays where there is not enough room for all of them."""
    tickets: list[Read] = []
    room = MESSAGES
    for number in dict.fromkeys(row["ticket"] for row in rows if row["ticket"] is not None):
        one, messages = await _ticket(tx, number, room)
        tickets.append(one)
        room -= messages
        if room <= 0:
            batch = replace(batch, upto=batch.position)
            break
    texts = await _people(tx, rows)
    there = {}
    for person in {each for one in tickets for each in one.people} | set(texts):
        row = await tx.one("person_words", person=person)
        there[person] = _words_of(row)
    return replace(batch, tickets=tuple(tickets), people=there, texts=texts)


async def _people(tx: Transaction, rows: list[Row]) -> dict[int, tuple[str, ...]]:
    """What the people of these lines are looked for by."""
    found: dict[int, list[str]] = {}
    for person in dict.fromkeys(row["person"] for row in rows if row["person"] is not None):
        for row in await tx.all("person_to_index", person=person, most=MOST_PEOPLE):
            found.setdefault(row["person"], []).extend((row["name"], row["address"] or ""))
    return {person: tuple(dict.fromkeys(each)) for person, each in found.items()}


async def _ticket(tx: Transaction, number: int, most: int) -> tuple[Read, int]:
    """What of a ticket is to be indexed, and of how many messages."""
    head = await tx.one("ticket_to_index", ticket=number)
    assert head is not None
    after = head["through"] or 0
    messages = await tx.all("messages_to_index", ticket=number, after=after, most=most, most_text=MOST_TEXT)
    through = messages[-1]["id"] if messages else after
    files = await tx.all("files_to_index", ticket=number, after=after, through=through, most=MOST_FILES)
    people: dict[int, list[str]] = {}
    for row in await tx.all("people_to_index", ticket=number, most=MOST_PEOPLE):
        people.setdefault(row["person"], []).extend((row["name"], row["address"] or ""))
    names = (row[each] for row in messages for each in ("author_name", "author_address", "subject"))
    texts = [
        str(number),
        "\n".join([head["subject"], *dict.fromkeys(names), *(row["filename"] for row in files)]),
        *("\n".join(each) for each in people.values()),
        *(row["text"] for row in messages),
    ]
    read = Read(
        ticket=number,
        generation=head["generation"],
        before=after,
        through=through,
        had=_words_of(await tx.one("ticket_words", ticket=number)),
        texts=tuple(texts),
        people={person: tuple(dict.fromkeys(each)) for person, each in people.items()},
    )
    return read, len(messages)


def _words_of(row: Row | None) -> frozenset[str]:
    return frozenset(row["words"].split()) if row else frozenset()


async def keep(desk: Desk, batch: Batch, tickets: dict[int, set[str]], people: dict[int, set[str]]) -> bool:
    """Write the words of a batch and move the cursor, all or nothing; False where another node was first."""
    ours = await desk.tx.run(
        "move_search_cursor", position=batch.position, upto=batch.upto, run=desk.settings.run, now=desk.now
    )
    if not ours:
        raise Rollback(False)
    rows = [(each, _row(each, tickets[each.ticket])) for each in batch.tickets]
    await desk.tx.batch("add_ticket_words", [row for each, row in rows if each.generation is None])
    await desk.tx.batch(
        "change_ticket_words",
        [row | {"generation": each.generation, "before": each.before} for each, row in rows if _differs(each, row)],
    )
    changed = {person: words for person, words in sorted(people.items()) if words != batch.people[person]}
    await desk.tx.batch(
        "put_person_words", [{"person": each, "words": " ".join(sorted(words))} for each, words in changed.items()]
    )
    return True


def _row(read: Read, words: set[str]) -> Row:
    """The row of a ticket with these words too, as far as there is room for them: what is in stays in."""
    text = " ".join([*sorted(read.had), *sorted(words - read.had)])
    if len(text) > MOST_LETTERS:
        text = text[:MOST_LETTERS].rpartition(" ")[0]
    return {"ticket": read.ticket, "through": read.through, "words": text}


def _differs(read: Read, row: Row) -> bool:
    """Whether there is a row, and this one says more."""
    more = read.through != read.before or row["words"].count(" ") + 1 > max(1, len(read.had))
    return read.generation is not None and more


async def forget(desk: Desk, ticket: int) -> None:
    """Take a ticket's words out of the index, because some of them are not the ticket's any more.

    Whoever calls this writes a line into the journal, which brings back what is left.
    """
    await desk.tx.run("forget_ticket_words", ticket=ticket)


async def forget_for_good(desk: Desk, tickets: Iterable[int]) -> None:
    """Take the words of tickets out as `forget` does, and have them leave the old pages of the index as well."""
    for each in tickets:
        await forget(desk, each)
    await desk.tx.run("merge_all_search")


async def tickets_with(desk: Desk, text: str) -> list[Wanted]:
    """What a search of tickets asks for; Refused where it holds no word."""
    found = [await _bounded(desk, each) for each in people_with(text)]
    # Who looks for “con contract” has said with the second word all that the first one says.
    typed = [each.forms[0] for each in found]
    return [
        each
        for each in found
        if not each.too_short
        or not any(longer != each.forms[0] and longer.startswith(each.forms[0]) for longer in typed)
    ]


def people_with(text: str) -> list[Wanted]:
    """What a search of people asks for; Refused where it holds no word."""
    found = wanted(text, Stems())
    if not found:
        raise Refused("no-words", "Give the words to look for: letters or digits.", Exit.USAGE)
    return found


async def _bounded(desk: Desk, word: Wanted) -> Wanted:
    """A word, asked for in a way that costs no more where many tickets have it."""
    if word.beginning is None or await _is_common(desk, word):
        return replace(word, beginning=None)
    rows = await desk.tx.all(
        "words_beginning", beginning=word.beginning, few=FEW, common=COMMON, most=MOST_LONGER + 1, newest=NEWEST
    )
    if not rows:
        return word
    longer = tuple(dict.fromkeys(row["word"] for row in rows))
    return replace(word, beginning=None, longer=longer[:MOST_LONGER], too_short=len(longer) > MOST_LONGER)


async def _is_common(desk: Desk, word: Wanted) -> bool:
    row = await desk.tx.one("hits", forms=" ".join(word.forms), most=COMMON)
    return bool(row and row["n"] >= COMMON)


def lag_fault(behind: int, since: int | None, now: int) -> list[str]:
    """What health says of an index that is far behind."""
    if behind <= MOST_BEHIND and (since is None or now - since <= LONGEST_BEHIND):
        return []
    return [f"search does not know the newest changes yet: {behind} are still to be indexed"]
