"""Search: what is found by which words, when it is known, and when it is forgotten. On both databases."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from spocd.desk import search, ticket_list
from spocd.desk.operation import Desk
from spocd.desk.search import Batch
from spocd.domain.search import Stems, words
from spocd.errors import Exit, Refused
from spocd.store.listings import cursor as page_cursor
from tests import postgres
from tests.desk.indexed import found, indexed
from tests.desk.running_desk import AGENT, LEAD, OTHER, START, RunningDesk, founded, opened
from tests.desk.staff import with_team


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def new_desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a desk on its first day, on each database in turn."""
    url = (
        postgres.fresh_database() if request.param == "postgres" else f"sqlite:{tmp_path_factory.mktemp('new')}/desk.db"
    )
    asyncio.run(founded(url))
    return url


@pytest.mark.parametrize(
    "asked",
    [
        *("printer", "PRINTERS", "printe", "lift", "letter printer", "ljudet", "on fire"),
        *("ann", "Ann Ek", "ann@client.example", "bo@other.example", "Zoë", "zoe"),
        *("screen.png", "screen", "#1", "[desk#1]", "1", "tray", "notes tray", "третий", "третьего"),
    ],
)
async def test_a_ticket_is_found_by_all_that_is_said_of_it(desk: RunningDesk, asked: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ann Ek <ann@client.example>", "desk@example.org", "Tulostin: printer"
    mail["Message-ID"] = "<1@client.example>"
    mail.set_content("The one by the lifts says PC LOAD LETTER. It is on fire. Ett ljud. Этаж третий.\n")
    mail.add_attachment(b"png", maintype="image", subtype="png", filename="screen.png")
    await desk.receive(mail.as_bytes(), sender="ann@client.example")
    await desk.mail("Something else", From="Cid <cid@third.example>", Subject="Elsewhere")
    await desk.ask("ticket.note", ticket=1, body="My notes: it was the tray.")
    await desk.ask("ticket.cc_add", ticket=1, address="bo@other.example")
    await desk.ask("ticket.new", requester="zoe@third.example", name="Zoë", subject="Call", notify=False)
    await indexed(desk)
    assert await found(desk, asked) == ([3] if asked.casefold() in ("zoë", "zoe") else [1])


async def test_writing_without_spaces_is_found_anywhere_in_a_sentence(desk: RunningDesk) -> None:
    sentences = "三楼的打印机坏了。プリンターが壊れた。프린터가고장났어요 สวัสดีครับเครื่องพิมพ์เสีย"
    await desk.mail(sentences, From="王小明 <wang@client.example>")
    await desk.mail("İstanbul'da l'œuvre, ΟΔΟΣ, Straße", Subject="Two", From="Bo <bo@client.example>")
    await indexed(desk)
    for asked in ("打印", "坏了", "机", "打印机 坏了", "壊れた", "고장", "เครื่อง", "เสีย 三楼", "小明", sentences):
        assert await found(desk, asked) == [1], asked
    for asked in ("istanbul", "İSTANBUL", "oeuvre", "οδος", "οδός", "strasse"):
        assert await found(desk, asked) == [2], asked
    for asked in ("机打", "印打", "打印机 複合機", "เครือ"):
        assert await found(desk, asked) == [], asked
    people = (await desk.ask("person.list", search="小明"))["people"]
    assert [each["address"] for each in people] == ["wang@client.example"]


@pytest.mark.parametrize("asked", ["printer missing", "rinter", "someone@client.example", "#2", "tool"])
async def test_a_ticket_is_not_found_where_one_word_is_missing(desk: RunningDesk, asked: str) -> None:
    await desk.mail("The printer by the lifts", Subject="Printer")
    assert await found(await indexed(desk), asked) == []


HOSTILE = [
    *("foo-bar", "C++", "o'neil", "[desk#12]", '"', "*", "NEAR", "NEAR(a b)", "a AND", "OR", "NOT x", "a NOT b", "^x"),
    *("words : x", "words:x", "{words} : x", "-x", "+", "a*", '"a', "a'b", "'", "''", "\\", "a\\", "%", "_", "(", ")"),
    *("()", ")(", "a)", "(a", "a & b", "a | b", "!a", "a <-> b", "a:*", "a:ABCD", "'a':*", "a:b:c", "&", "|", "!", ":"),
    *("a\0b", "\0", "\ud800", "a\udfffb", "\u202e", "\ufeff", "\u2028", "💥", "💥 a", "e\u0301", "ﷺ", "İ", "ß", "ŉ"),
    *("' or 1=1 --", "'; drop table ticket; --", '" OR "a', '") OR 1', "x' union select 1", "/* x */", "--", ";", "$1"),
    *(":search", "?1", "@x", "#", "##", "#0", "#999999999999", "[#]", "[desk#]", "desk#1x", "0", "-1", "1e9", "0x10"),
    *("a" * 100_000, "a " * 50_000, '"' * 10_000, "(" * 10_000, "* " * 10_000, " ".join(map(str, range(10_000)))),
    *("ab*" * 1000, "x:" * 1000, "\n", "\t \r\n", "a\nb", "\u00ad", "漢字", "عربي", "ไทย", "हिन्दी", "1/2", "½", "x²"),
]


async def test_sec63_a_hundred_hostile_searches_find_something_or_nothing(desk: RunningDesk) -> None:
    assert len(HOSTILE) >= 100
    await desk.mail("x y z", Subject="a b c")
    await indexed(desk)
    for asked in HOSTILE:
        for operation, parameter in (("ticket.search", "words"), ("ticket.list", "search"), ("person.list", "search")):
            refused = await _refusal(desk, operation, {parameter: asked})
            assert refused is None or refused.exit is Exit.USAGE, (operation, asked)
            if any(each.isalnum() for each in asked) and asked.isprintable():
                assert refused is None, (operation, asked)


async def _refusal(desk: RunningDesk, operation: str, parameters: dict[str, str]) -> Refused | None:
    try:
        await desk.ask(operation, **parameters)
    except Refused as refused:
        return refused
    return None


async def test_words_are_found_together_that_stand_in_different_messages_of_a_ticket(desk: RunningDesk) -> None:
    await desk.mail("The first is about a giraffe.")
    await desk.mail("The other is about an elephant.", Subject="Animals")
    await indexed(desk)
    await desk.ask("ticket.note", ticket=1, body="It was an elephant after all.")
    await indexed(desk)
    assert await found(desk, "giraffe elephant") == [1]
    assert await found(desk, "elephant") == [2, 1]


async def test_search_goes_together_with_the_other_filters_the_orders_and_the_pages(desk: RunningDesk) -> None:
    for number in range(1, 10):
        await desk.mail("A giraffe", Subject=f"Case {number}", From=f"p{number % 2}@client.example")
    await desk.mail("An elephant")
    await desk.ask("ticket.close", ticket=3)
    await indexed(desk)
    assert await found(desk, "giraffe") == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    for parameters, numbers in (
        ({}, [9, 8, 7, 6, 5, 4, 2, 1]),
        ({"state": ["resolved"]}, [3]),
        ({"requester": "p0@client.example"}, [8, 6, 4, 2]),
        ({"sort": "oldest", "limit": 3}, [1, 2, 4]),
        ({"sort": "waiting", "limit": 2}, [1, 2]),
        ({"sort": "updated", "state": ["all"], "limit": 1}, [9]),
    ):
        listed = await desk.ask("ticket.list", search="giraffe", **parameters)
        assert [each["number"] for each in listed["tickets"]] == numbers, parameters
    for sort in ("newest", "oldest", "updated", "waiting"):
        met, cursor = [], None
        while cursor is not None or not met:
            page = await desk.ask("ticket.list", search="giraffe", limit=3, sort=sort, cursor=cursor)
            met += [each["number"] for each in page["tickets"]]
            cursor = page["cursor"]
        assert sorted(met) == [1, 2, 4, 5, 6, 7, 8, 9], sort


async def test_by_rank_what_is_about_the_words_comes_before_what_mentions_them(desk: RunningDesk) -> None:
    await desk.mail("Nothing works", Subject="Printer, again the toner")
    await desk.mail("It is the toner of the printer", Subject="Third floor")
    await desk.mail(f"Hello. {'Much is said. ' * 30} The toner? The printer?", Subject="News")
    await desk.mail("An elephant", Subject="Printer")
    await indexed(desk)
    assert await found(desk, "printer toner") == [3, 2, 1]
    listed = (await desk.ask("ticket.search", words="printer toner", sort="rank"))["tickets"]
    assert [each["number"] for each in listed] == [1, 2, 3]
    assert listed[0]["rank"] > listed[1]["rank"] > listed[2]["rank"] == 0
    assert "rank" not in (await desk.ask("ticket.search", words="printer toner"))["tickets"][0]
    await desk.ask("ticket.close", ticket=2)
    some = await desk.ask("ticket.list", search="printer toner", sort="rank")
    assert [each["number"] for each in some["tickets"]] == [1, 3]
    with pytest.raises(Refused, match="--search") as refused:
        await desk.ask("ticket.list", sort="rank")
    assert refused.value.exit is Exit.USAGE


async def test_a_list_by_rank_has_pages_that_what_comes_meanwhile_does_not_move(desk: RunningDesk) -> None:
    for number in range(1, 8):
        await desk.mail("A giraffe", Subject=f"Case {number}" if number % 2 else "A giraffe")
    await indexed(desk)
    pages, cursor = [], None
    while cursor is not None or not pages:
        page = await desk.ask("ticket.search", words="giraffe", sort="rank", limit=3, cursor=cursor)
        pages.append([each["number"] for each in page["tickets"]])
        cursor = page["cursor"]
        await desk.mail("A giraffe", Subject="A giraffe")
        await indexed(desk)
    assert pages == [[6, 4, 2], [7, 5, 3], [1]]
    for wrong in ("x", "rank.", f"rank.{page_cursor(-1, 1)}", f"rank.{page_cursor(ticket_list.MOST_RANKED, 1)}"):
        with pytest.raises(Refused, match="not one that this list gave"):
            await desk.ask("ticket.search", words="giraffe", sort="rank", cursor=wrong)


async def test_a_cursor_of_another_order_is_none(desk: RunningDesk) -> None:
    for number in range(1, 4):
        await desk.mail("A giraffe", Subject=f"Case {number}")
    await indexed(desk)
    orders: tuple[Any, ...] = ("newest", "rank", "oldest", "due")
    asked = {"search": "giraffe", "limit": 1}
    cursors = {each: (await desk.ask("ticket.list", sort=each, **asked))["cursor"] for each in orders}
    for sort in orders:
        for other, cursor in cursors.items():
            if other == sort:
                assert len((await desk.ask("ticket.list", sort=sort, cursor=cursor, **asked))["tickets"]) == 1
                continue
            with pytest.raises(Refused, match="not one that this list gave, in this order") as refused:
                await desk.ask("ticket.list", sort=sort, cursor=cursor, **asked)
            assert refused.value.code == "bad-cursor"


async def test_by_rank_the_newest_thousand_are_put_in_order_and_older_ones_are_said_to_be_left_out(
    desk: RunningDesk,
) -> None:
    most = ticket_list.MOST_RANKED
    await desk.write(lambda of: many(of, [("The giraffe", "giraffe"), *[("Case", "giraffe")] * (most - 1)]))
    page = await desk.ask("ticket.search", words="giraffe", sort="rank", limit=2)
    assert [each["number"] for each in page["tickets"]] == [1, most]
    assert "best_of" not in page
    await desk.write(lambda of: many(of, [("Case", "giraffe")]))
    page = await desk.ask("ticket.search", words="giraffe", sort="rank", limit=most)
    assert [each["number"] for each in page["tickets"]] == list(range(most + 1, 1, -1))
    assert (page["best_of"], page["cursor"]) == (most, None)


async def test_sec_by_rank_too_nobody_finds_what_is_hidden_from_them(desk: RunningDesk) -> None:
    await with_team(desk, "agent", restricted=True)
    await desk.mail("A giraffe", Subject="Elsewhere")
    await desk.mail("A giraffe", Subject="Giraffe", to="it@example.org")
    await indexed(desk)
    for by, numbers in ((OTHER, [1]), (AGENT, [2, 1])):
        for name, words_of_it in (("ticket.search", "words"), ("ticket.list", "search")):
            listed = await desk.ask(name, by=by, sort="rank", **{words_of_it: "giraffe"})
            assert [each["number"] for each in listed["tickets"]] == numbers


async def test_people_are_found_by_the_words_of_their_names_and_addresses(desk: RunningDesk) -> None:
    await desk.mail(From="Ann Ek <ann@client.example>")
    await desk.mail(From="Bo Åkesson <bo@other.example>")
    await desk.mail(From="nobody@other.example", Subject="Unnamed")
    await indexed(desk)

    async def people(asked: str) -> list[str]:
        return [each["address"] for each in (await desk.ask("person.list", search=asked))["people"]]

    assert await people("example") == ["nobody@other.example", "bo@other.example", "ann@client.example"]
    assert await people("åkesson") == await people("AKE") == await people("bo@other.example") == ["bo@other.example"]
    assert await people("ann bo") == []
    await desk.mail(From="Una Name <nobody@other.example>", Subject="Named")
    await indexed(desk)
    assert await people("una") == ["nobody@other.example"]


async def test_a_message_that_is_moved_takes_its_words_along(desk: RunningDesk) -> None:
    await desk.mail("A giraffe")
    await desk.mail("Something else", Subject="Two")
    await desk.ask("ticket.note", ticket=1, body="And an elephant")
    await indexed(desk)
    assert await found(desk, "elephant") == [1]
    await desk.ask("message.move", message="1.2", to="#2")
    assert await found(desk, "giraffe") == []  # read anew in a moment; until then rather nothing than what is wrong
    await indexed(desk)
    assert await found(desk, "elephant") == [2]
    assert await found(desk, "giraffe") == [1]


async def test_a_long_ticket_is_known_by_all_of_its_messages(desk: RunningDesk) -> None:
    await desk.mail("The beginning")
    for number in range(search.MESSAGES * 2 + 3):
        await desk.ask("ticket.note", ticket=1, body=f"Note word{number}")
    await desk.mail("Behind it", Subject="Two")
    await indexed(desk)
    for number in range(search.MESSAGES * 2 + 3):
        assert await found(desk, f"word{number} beginning") == [1]
    assert await found(desk, "behind") == [2]


async def test_a_ticket_of_very_many_words_keeps_those_that_came_first(desk: RunningDesk) -> None:
    await desk.mail("The beginning")
    for note in range(8):
        body = " ".join(f"w{note}x{'y' * 40}{number}" for number in range(1000))
        await desk.ask("ticket.note", ticket=1, body=body)
        await indexed(desk)
    await desk.ask("ticket.note", ticket=1, body="The end")
    await indexed(desk)
    assert await found(desk, f"beginning w0x{'y' * 40}999") == [1]
    assert await found(desk, f"w7x{'y' * 40}999") == []


async def many(of: Desk, tickets: list[tuple[str, str]]) -> None:
    """Tickets with these subjects, found by these words."""
    row = await of.tx.one("add_person", name="", language=None, now=START)
    assert row is not None
    for subject, words_of_it in tickets:
        opened = await of.tx.one(
            "open_ticket", subject=subject, state="new", kind="request", priority="normal", requester=row["id"],
            team=None, service=None, channel="mail", address="", reporter=None, direction="in",
            waiting_since=None, now=START, opened_at=START,
        )  # fmt: skip
        assert opened is not None
        await of.tx.run("add_ticket_words", ticket=opened["number"], through=0, words=words_of_it)


async def test_what_is_common_is_not_asked_for_as_the_beginning_of_a_word(desk: RunningDesk) -> None:
    await desk.write(lambda of: many(of, [*[("", "case77")] * search.COMMON, ("", "case77x")]))
    assert (await found(desk, "case7"))[:2] == [search.COMMON + 1, search.COMMON]
    assert (await found(desk, "case77"))[0] == search.COMMON
    assert await found(desk, "case77x") == [search.COMMON + 1]


async def test_a_beginning_of_words_that_many_tickets_have_finds_all_of_them(desk: RunningDesk) -> None:
    most = search.COMMON
    await desk.write(lambda of: many(of, [("", "printing printer")] * most))
    await desk.write(lambda of: many(of, [("", "prints"), ("", "pr1nt"), ("", "print"), ("", "prinz"), ("", "prim")]))
    assert (await found(desk, "prin"))[:3] == [most + 4, most + 3, most + 1]
    assert (await found(desk, "prints"))[:2] == [most + 3, most + 1]  # English says that prints are of print
    several = [("", f"word{number}") for number in range(search.MOST_LONGER)]
    await desk.write(lambda of: many(of, [("", "wordy"), *several, *[("", "wordless")] * most]))
    assert (await found(desk, "word wordy")) == [most + 6]


async def test_of_a_beginning_of_very_many_words_the_commonest_are_looked_for_and_that_is_said(
    desk: RunningDesk, new_desk: str
) -> None:
    several = [("", f"word{number}") for number in range(search.MOST_LONGER)]
    common = [("", "wordy")] * search.COMMON
    await desk.write(lambda of: many(of, [("", "giraffe wordx"), ("", "elephant wordz"), *several, *common]))
    await desk.write(lambda of: many(of, [("", "elephant wordy"), ("Wordy", "elephant wordy")]))
    last = search.MOST_LONGER + search.COMMON + 4
    bounded = new_desk.startswith("sqlite")  # PostgreSQL reads them all
    for sort in ("newest", "rank"):
        page = await desk.ask("ticket.search", words="word elephant", sort=sort)
        assert [each["number"] for each in page["tickets"]] == [last, last - 1] + [2] * (not bounded)
        assert page.get("too_short") == (["word"] if bounded else None)
    assert await found(desk, "word giraffe") == [1] * (not bounded)
    assert await found(desk, "word wordz elephant") == [2]
    assert "too_short" not in await desk.ask("ticket.search", words="wordz elephant")


async def batch_of(desk: RunningDesk) -> Batch:
    batch = await desk.read(search.lines)
    assert batch is not None
    return batch


def words_in(batch: Batch) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    stems = Stems()

    def forms(texts: tuple[str, ...]) -> set[str]:
        return {form for text in texts for word in words(text) for form in stems.forms(word)}

    people = {person: forms(texts) for one in batch.tickets for person, texts in one.people.items()}
    return {one.ticket: forms(one.texts) for one in batch.tickets}, people


def kept(batch: Batch) -> Callable[[Desk], Any]:
    return lambda desk: search.keep(desk, batch, *words_in(batch))


async def position(desk: RunningDesk) -> int:
    row = await desk.read(lambda of: of.tx.one("search_cursor"))
    return int(row["position"])


async def test_a_batch_is_written_whole_or_not_at_all(desk: RunningDesk) -> None:
    await desk.mail("A giraffe")
    batch = await batch_of(desk)

    async def stopped(of: Desk) -> None:
        await kept(batch)(of)
        raise Refused("stopped", "The power went off.")

    with pytest.raises(Refused, match="power"):
        await desk.write(stopped)
    assert await position(desk) == 0
    assert await found(desk, "giraffe") == []
    assert await desk.write(kept(batch)) is True
    assert await position(desk) == batch.upto
    assert await found(desk, "giraffe") == [1]


async def test_of_two_nodes_that_read_the_same_lines_one_writes_them(desk: RunningDesk) -> None:
    await desk.mail("A giraffe")
    one, other = await batch_of(desk), await batch_of(desk)
    assert await desk.write(kept(one)) is True
    await desk.ask("ticket.note", ticket=1, body="An elephant")
    await desk.write(kept(await batch_of(desk)))
    assert await desk.write(kept(other)) is False
    await indexed(desk)
    assert await found(desk, "giraffe elephant") == [1]


@pytest.mark.parametrize("known", [False, True], ids=["a new ticket", "a ticket that search knows"])
async def test_what_was_read_before_a_message_was_moved_away_is_not_written(desk: RunningDesk, known: bool) -> None:
    await desk.mail("A giraffe")
    if known:
        await indexed(desk)
    await desk.ask("ticket.note", ticket=1, body="An elephant")
    before = await batch_of(desk)
    await desk.ask("message.move", message="1.2", to="new")
    assert await desk.write(kept(before)) is True
    assert await found(desk, "giraffe") == await found(desk, "elephant") == []
    await indexed(desk)
    assert (await found(desk, "giraffe"), await found(desk, "elephant")) == ([1], [2])


async def test_one_node_indexes_at_a_time_and_another_goes_on_where_it_ended(desk: RunningDesk) -> None:
    await desk.mail("A giraffe")
    await desk.write(kept(await batch_of(desk)))
    await desk.ask("ticket.note", ticket=1, body="An elephant")
    another = replace(desk.settings, run="run-2")

    async def lines(of: Desk) -> Batch | None:
        return await search.lines(replace(of, settings=another))

    assert await desk.read(lines) is None
    desk.now += search.HELD + 1
    assert await desk.read(lines) is not None
    desk.now -= search.HELD + 1
    await desk.write(lambda of: of.tx.run("node_leaves", run="run-1"))
    assert await desk.read(lines) is not None


async def test_an_index_that_is_begun_anew_is_the_same(desk: RunningDesk) -> None:
    await desk.mail("A giraffe")
    await desk.ask("ticket.note", ticket=1, body="An elephant")
    await indexed(desk)
    there = await position(desk)
    await desk.write(lambda of: of.tx.run("move_search_cursor", position=there, upto=0, run=None, now=0))
    await indexed(desk)
    assert await found(desk, "giraffe elephant") == [1]


@pytest.mark.parametrize(
    ("behind", "since", "told"),
    [
        (0, None, False),
        (search.MOST_BEHIND, START, False),
        (search.MOST_BEHIND + 1, START, True),
        (1, START - search.LONGEST_BEHIND, False),
        (1, START - search.LONGEST_BEHIND - 1, True),
    ],
)
def test_health_tells_of_an_index_that_is_far_behind(behind: int, since: int | None, told: bool) -> None:
    faults = search.lag_fault(behind, since, START)
    assert faults == ([f"search does not know the newest changes yet: {behind} are still to be indexed"] * told)


async def test_health_says_how_much_is_to_be_indexed(desk: RunningDesk) -> None:
    assert (await desk.ask("desk.health", by=LEAD))["search"] == {"behind": 0}
    await desk.mail("A giraffe")
    assert (await desk.ask("desk.health"))["search"]["behind"] > 0
    desk.now += search.LONGEST_BEHIND + 1
    assert "search does not know" in " ".join((await desk.ask("desk.health"))["faults"])
    await indexed(desk)
    assert (await desk.ask("desk.health"))["faults"] == []


def test_privacy_a_ticket_that_is_taken_out_leaves_no_word_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    asyncio.run(_filled(file))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("pragma secure_delete = on")
        connection.execute("delete from ticket_words where ticket = 1")
        connection.execute("insert into ticket_search (ticket_search) values ('optimize')")
        connection.execute("update message set text = '', visible_text = '' where ticket = 1")
        connection.execute("update blob set body = x'', encoding = 'identity'")
        connection.execute("pragma wal_checkpoint(truncate)")
        # The index and what it was made from say the same.
        connection.execute("insert into ticket_search (ticket_search) values ('integrity-check')")
        there = connection.execute("select rowid from ticket_search where ticket_search match 'elephant'").fetchall()
    assert there == [(2,)]
    left = b"".join(each.read_bytes() for each in tmp_path.glob("desk.db*"))
    assert b"hippopotamus" not in left
    assert b"elephant" in left


async def _filled(file: Path) -> None:
    await founded(f"sqlite:{file}")
    store = await opened(f"sqlite:{file}")
    desk = RunningDesk(store)
    await desk.mail("A hippopotamus and an elephant")
    await desk.mail("An elephant", Subject="Two")
    await indexed(desk)
    assert await found(desk, "hippopotamus") == [1]
    await store.close()
