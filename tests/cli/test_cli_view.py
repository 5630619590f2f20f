"""A ticket as it is read: whole, on a narrow terminal, and with what must not be overlooked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spocd.cli.table import width
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, message, on_a_terminal, process, whole


def test_a_ticket_reads_from_top_to_bottom(desk: FakeDesk) -> None:
    report = {"filename": "report.pdf", "content_type": "application/pdf", "size": 123456, "sha256": "0" * 64}
    desk.answers["ticket.view"] = lambda _: whole(
        proposed=[{"name": "Dora", "address": "dora@example.org"}],
        links=[{"relation": "blocked by", "ticket": 9, "state": "open", "subject": "Lift"}],
        outside=[{"relation": "change", "target": "CHG-7"}],
        tags=["vpn"],
        reporter="bob",
        resolution="fixed",
        messages=[
            message("12.1", text="It burns.\n\n> old", visible_text="It burns.\nStill.", attachments=[report]),
            message("12.2", kind="note", direction="out", **{"from": {"name": "Bob", "address": "bob@example.org"}}),
            message(
                "12.3",
                text="Me too.",
                visible_text="Me too.",
                evidence={"role": "third party"},
                **{"from": {"name": "", "address": "eve@example.net"}},
            ),
            message(
                "12.4",
                direction="out",
                text="Use water.",
                visible_text="Use water.",
                to=[{"name": "Ann Example", "address": "ann@example.org"}],
                **{"from": {"name": "Bob", "address": "desk@example.org"}},
            ),
        ],
    )
    assert (
        process("ticket", "view", "12", "--log", config=desk.config).out
        == """\
#12  Printer on fire
    open · fixed · incident · high · it · [vpn]
    from   Ann Example <ann@example.org>, by mail, written down by bob
    with   bob
    since  2026-08-03 11:00 UTC, changed 2026-08-03 11:05 UTC, revision 7
    cc     carl@example.org
    cc?    Dora <dora@example.org>   (spocd ticket cc add 12 dora@example.org)
    link   blocked by #9 (open): Lift
    link   change CHG-7

── 12.1  Ann Example <ann@example.org>  2026-08-03 11:00
    It burns.
    Still.
    + report.pdf  application/pdf  123 kB

── 12.2  INTERNAL note by Bob <bob@example.org>  2026-08-03 11:00
    It burns.

── 12.3  eve@example.net  [THIRD PARTY, not on this ticket]  2026-08-03 11:00
    Me too.

── 12.4  Bob <desk@example.org> → Ann Example <ann@example.org>  2026-08-03 11:00
    Use water.

Log
    2026-08-03 11:00  ann@example.org  opened
"""
    )


def test_quoted_text_that_is_not_shown_is_said_to_be_there(desk: FakeDesk, cli: Cli) -> None:
    quoting = message("12.1", text="Yes.\n\n> Is it on?\n> Really?", visible_text="Yes.")
    desk.answers["ticket.view"] = lambda _: whole(messages=[quoting])
    out = cli("ticket", "view", "12").out
    assert "[quoted text and signature left out: spocd ticket view 12 --full]" in out
    assert "Really?" not in out
    full = cli("ticket", "view", "12", "--full").out
    assert "    Yes.\n\n    > Is it on?\n    > Really?\n" in full
    assert "left out" not in full


def test_internal_shows_the_notes_alone(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.view"] = lambda _: whole(messages=[message("12.1"), message("12.2", kind="note")])
    shown = json.loads(cli("ticket", "view", "12", "--internal", "--json").out)
    assert [one["id"] for one in shown["messages"]] == ["12.2"]


def test_only_what_was_left_out_is_said_to_be(desk: FakeDesk, cli: Cli) -> None:
    for text, shown in [("Yes.\n", "Yes."), ("Yes.\r\nNo.\r\n", "Yes.\r\nNo."), ("Yes.", None)]:
        one = message("12.1", text=text, visible_text=shown)
        desk.answers["ticket.view"] = lambda _, one=one: whole(messages=[one])
        assert "left out" not in cli("ticket", "view", "12").out
        assert "left out" not in cli("ticket", "view", "12", "--full").out


def test_a_ticket_of_nobody_says_so(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.view"] = lambda _: whole(requester={"name": "", "address": ""})
    assert "    from   nobody known, by mail\n" in cli("ticket", "view", "12").out


@pytest.mark.parametrize(
    ("there", "named", "more"), [(1, 1, ""), (5, 5, ""), (6, 5, "and 1 more"), (99, 5, "and 94 more")]
)
def test_at_most_five_who_are_not_on_the_ticket_are_named(
    desk: FakeDesk, cli: Cli, there: int, named: int, more: str
) -> None:
    proposed = [{"name": "", "address": f"p{number}@example.org"} for number in range(there)]
    desk.answers["ticket.view"] = lambda _: whole(proposed=proposed)
    lines = [line for line in cli("ticket", "view", "12").out.splitlines() if line.startswith("    cc?")]
    assert len([line for line in lines if "spocd ticket cc add 12 p" in line]) == named
    assert lines[named:] == ([f"    cc?    {more}, which --json names"] if more else [])


@pytest.mark.parametrize(
    ("rung", "direction", "said"),
    [
        (1, "in", ""),
        (2, "in", ""),
        (3, "in", "(by a Message-ID seen before)"),
        (4, "in", "(by the subject's number)"),
        (4, "out", ""),
        (5, "in", ""),
    ],
)
def test_evidence_that_anybody_could_have_made_up_is_marked(
    desk: FakeDesk, cli: Cli, rung: int, direction: str, said: str
) -> None:
    shown = message("12.1", direction=direction, to=[], evidence={"rung": rung, "role": "participant"})
    desk.answers["ticket.view"] = lambda _: whole(messages=[shown])
    (head,) = [line for line in cli("ticket", "view", "12").out.splitlines() if line.startswith("──")]
    mark = f"  {said}" if said else ""
    assert head == f"── 12.1  Ann Example <ann@example.org>{mark}  {head[-16:]}"


def test_each_warning_of_the_reader_is_a_line_and_acts_on_nothing(desk: FakeDesk, cli: Cli) -> None:
    warned = message("12.1", evidence={"warnings": ["From has two addresses.", "Odd \x1b[2J date."]})
    desk.answers["ticket.view"] = lambda _: whole(messages=[warned])
    out = cli("ticket", "view", "12").out
    assert "\n    ! From has two addresses.\n    ! Odd \\x1b[2J date.\n    It burns.\n" in out


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ({}, ""),
        ({"reason": None}, ""),
        ({"reason": "", "letters": []}, ""),
        ({"reason": None, "to": "bob"}, "  to bob"),
        ({"count": 0}, "  count 0"),
    ],
)
def test_the_log_leaves_out_what_is_empty(desk: FakeDesk, cli: Cli, detail: dict[str, Any], told: str) -> None:
    entry = {"at": "2026-08-03T11:00:00Z", "actor": "bob", "event": "taken", **detail}
    desk.answers["ticket.view"] = lambda _: whole(journal=[entry])
    assert cli("ticket", "view", "12", "--log").out.endswith(f"  bob  taken{told}\n")


LONG = " ".join(f"word{number}" for number in range(60))


@pytest.mark.parametrize("columns", [40, 57, 80, 132])
def test_a_ticket_fits_the_terminal_and_no_word_is_torn(desk: FakeDesk, columns: int) -> None:
    long = message("12.1", text=f"{LONG}\n\n> {LONG}\n", visible_text=f"{LONG}\n\n> {LONG}\n")
    long["evidence"] = {"role": "third party", "rung": 4, "warnings": [LONG]}
    desk.answers["ticket.view"] = lambda _: whole(
        messages=[long], proposed=[{"name": LONG, "address": "d@example.org"}]
    )
    shown = on_a_terminal(desk, "ticket", "view", "12", "--no-input", "--no-color", columns=columns)
    assert all(width(line) <= columns for line in shown.splitlines())
    for number in range(60):
        assert shown.split().count(f"word{number}") == 4
    quoted = [line for line in shown.splitlines() if line.startswith("    > ")]
    assert " ".join(line[6:] for line in quoted) == LONG
    assert "[THIRD PARTY, not on this ticket]" in shown


def test_in_a_pipe_no_line_is_broken(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.view"] = lambda _: whole(messages=[message("12.1", text=LONG, visible_text=LONG)])
    assert f"    {LONG}\n" in cli("ticket", "view", "12").out


def test_what_is_coloured_is_the_same_without_its_colours(desk: FakeDesk) -> None:
    import re

    seen = message("12.1", text=LONG, visible_text=LONG, evidence={"role": "third party", "rung": 4})
    desk.answers["ticket.view"] = lambda _: whole(subject=LONG, messages=[seen])
    line = ("ticket", "view", "12", "--no-input")
    coloured = on_a_terminal(desk, *line, columns=50)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == on_a_terminal(desk, *line, "--no-color", columns=50)


@pytest.mark.parametrize(("text", "paged"), [("short", False), ("x " * 4000, True), ("a\n" * 40, False)])
def test_the_pager_comes_where_the_broken_lines_do_not_fit(desk: FakeDesk, text: str, paged: bool) -> None:
    desk.answers["ticket.view"] = lambda _: whole(messages=[message("12.1", text=text, visible_text=text)])
    shown = on_a_terminal(desk, "ticket", "view", "12", columns=60, PAGER="sed s/fire/paged/")
    assert ("paged" in shown) == paged
