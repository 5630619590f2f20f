"""The statements of sql/: each prepares, none is there twice, and the hot ones never read a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spocd.store.listings import compose
from spocd.store.migrate import migrate_sqlite
from spocd.store.statements import _split, load

STATEMENTS = load("sqlite")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_0-9]+)")


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate_sqlite(connection)
    yield connection
    connection.close()


def plan(database: sqlite3.Connection, text: str) -> list[str]:
    """The steps of a query plan, for the parameters that the text names."""
    named: dict[str, Any] = dict.fromkeys(_PARAMETER.findall(text))
    return [row[3] for row in database.execute(f"explain query plan {text}", named)]


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_prepares_on_the_migrated_schema_with_the_parameters_that_it_names(
    database: sqlite3.Connection, name: str
) -> None:
    named = dict.fromkeys(_PARAMETER.findall(STATEMENTS[name]))
    database.execute(f"explain {STATEMENTS[name]}", named)
    for each in named:
        with pytest.raises(sqlite3.ProgrammingError):
            database.execute(f"explain {STATEMENTS[name]}", {key: None for key in named if key != each})


# What runs for every mail, every letter, every command and every look of a loop.
HOT = [
    *(
        "accept_mail",
        "delivered_again",
        "inbox_mail_of_message",
        "lease_mails",
        "next_mail_at",
        "settle_mail",
        "placed_content",
        "tickets_of_id",
    ),
    *("participant_generation", "participants", "correspondents", "person_of_address", "person_addresses", "letter"),
    *("automatic_letters_to", "automatic_letters_to_unknown", "refused_tokens_since", "add_message"),
    *("ticket", "ticket_document", "change_ticket", "next_in_queue", "ticket_links", "messages"),
    *("inbox_mail_of_message", "standing", "merged_into"),
    *("participant_addresses", "is_participant", "remove_participant", "revoke_tokens", "organisation_of_person"),
    *("merge_person", "merged_people", "person_groups", "people_to_index", "person_to_index", "last_answer"),
    "rows_of_person",
    *("message", "ticket_attachments", "ticket_journal", "last_actions", "last_message_of_people", "last_reply_to"),
    *("lease_letters", "next_letter_at", "leased_letter", "dot_goes", "settle_letter", "last_letter_to"),
    *(
        "wants",
        "skills_wanted",
        "card",
        "teams_of_agent",
        "skills_of_agent",
        "absence_now",
    ),
    *("agent_was_given", "waiting_handover", "retell_handover", "drop_handover", "drop_handovers_to"),
    *("open_promises_of", "open_consults_of", "open_cases_of", "untouched_tickets", "acted", "ticket_touched"),
    "held_since",
    *("turns_between", "turn_counts", "touched_after", "services_of_tickets"),
    *("last_notice", "notices_of", "agents_with_notices"),
    *("asker_of_expert", "consult_answered", "consults", "consults_of_expert", "consults_to_remind"),
    *("end_consults", "promises_due", "promises_to_keep", "keep_promises", "last_message_of_requester"),
    *("tickets_to_wake", "tickets_to_close", "stored_answer", "blob", "inbox_mail", "forget_seen_id"),
    *("last_ticket_of_team", "last_ticket_of_service", "open_tickets_of_login"),
]
# Of one row, of the few teams that one agent is in, or of a number of rows that the statement names.
FEW_ROWS = {"SCAN desk", "SCAN CONSTANT ROW", "SCAN part", "SCAN l"}


@pytest.mark.parametrize("name", HOT)
def test_a_hot_statement_reads_no_whole_table(database: sqlite3.Connection, name: str) -> None:
    steps = plan(database, STATEMENTS[name])
    whole = [each for each in steps if each.startswith("SCAN") and "INDEX" not in each and each not in FEW_ROWS]
    assert not whole, steps


@pytest.mark.parametrize(
    "name", ["next_in_queue", "lease_mails", "lease_letters", "tickets_to_wake", "tickets_to_close"]
)
def test_what_takes_the_next_one_sorts_nothing(database: sqlite3.Connection, name: str) -> None:
    steps = plan(database, STATEMENTS[name])
    # Of the queue's parts, one a team, the heads are put in order, and nothing else is.
    assert sum("TEMP B-TREE" in each for each in steps) == (name == "next_in_queue"), steps


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("next_in_queue", "ticket_queue_of_team"),
        ("queue_place", "ticket_queue"),
        ("passed_over", "ticket_queue"),
        ("waited_longer", "ticket_queue"),
        ("untouched_tickets", "ticket_untouched"),
        ("cases_out_of_sight", "ticket_held_of_service"),
        ("open_cases_of", "ticket_assignee_open"),
        ("how_many_open_cases_of", "ticket_assignee_open"),
        ("agents_at_work", "ticket_assignee_open"),
        ("away_with_cases", "ticket_assignee_open"),
        ("left_with_cases", "ticket_assignee_open"),
        ("cases_of_one", "ticket_assignee_open"),
        ("turns_between", "journal_turn"),
        ("turn_counts", "journal_turn"),
        ("fairness_groups", "journal_turn"),
        ("fairness_groups", "ticket_opened"),
        ("lease_mails", "inbox_waiting"),
        ("next_mail_at", "inbox_waiting"),
        ("lease_letters", "outbox_due"),
        ("next_letter_at", "outbox_due"),
        ("tickets_to_wake", "ticket_pending"),
        ("tickets_to_close", "ticket_resolved"),
        ("placed_content", "message_content"),
        ("refused_tokens_since", "journal_bad_token"),
        ("outbox_counts", "outbox_failed_lately"),
        ("outbox_counts", "outbox_unknown_lately"),
        ("letters_of_run", "outbox_sending"),
        ("merged_here", "ticket_merged"),
        ("spam_to_delete", "ticket_spam_age"),
        ("attachment_with", "attachment_file"),
        ("open_linked_to", "ticket_link_other"),
        ("mails_of_run", "inbox_reading"),
    ],
)
def test_a_hot_statement_uses_the_index_that_was_made_for_it(
    database: sqlite3.Connection, name: str, index: str
) -> None:
    assert any(f"INDEX {index}" in each for each in plan(database, STATEMENTS[name]))


@pytest.mark.parametrize(
    "name",
    [
        *("inbox_counts", "outbox_counts", "count_waiting_letters", "interrupted_letters"),
        *("release_mails", "free_mails", "release_letters", "free_letters"),
    ],
)
def test_what_counts_or_frees_looks_at_the_index_of_its_state_alone(database: sqlite3.Connection, name: str) -> None:
    steps = plan(database, STATEMENTS[name])
    assert steps
    assert all("INDEX" in each for each in steps if each.startswith(("SCAN", "SEARCH"))), steps


ACTIVE = ["new", "open", "pending"]


@pytest.mark.parametrize(
    ("listing", "filters", "index"),
    [
        pytest.param("ticket", {"states": ACTIVE}, "ticket_active", id="the default list"),
        pytest.param("ticket", {"states": ["new"]}, "ticket_active", id="new ones"),
        pytest.param("ticket", {"states": ["open", "pending"]}, "ticket_active", id="some of the active"),
        pytest.param("ticket", {"states": ["spam"]}, "ticket_spam", id="spam"),
        pytest.param("ticket", {"states": ACTIVE, "unassigned": 1}, "ticket_active", id="nobody's"),
        pytest.param("ticket", {"states": ACTIVE, "assignee": 1}, "ticket_assignee", id="somebody's"),
        pytest.param("ticket", {"requester": 1}, "ticket_requester", id="a requester's"),
        pytest.param("ticket", {"person": 1}, "participant_person", id="a person's, those in copy included"),
        pytest.param("ticket", {"tag": "vpn"}, "ticket_tag_tag", id="a tag's"),
        pytest.param("inbox", {"states": ["failed"]}, "inbox_failed", id="failed mails"),
        pytest.param("outbox", {"states": ["failed"]}, "outbox_failed", id="failed letters"),
        pytest.param("outbox", {"states": ["held"]}, "outbox_held", id="held letters"),
        pytest.param("outbox", {"ticket": 1}, "outbox_ticket", id="a ticket's letters"),
    ],
)
def test_a_list_is_read_from_an_index_in_its_order(
    database: sqlite3.Connection, listing: str, filters: dict[str, Any], index: str
) -> None:
    text, _ = compose(listing, filters, sort="newest", limit=50, after=None)
    steps = plan(database, text)
    assert any(f"INDEX {index}" in each for each in steps), steps
    # The one sort that is there is of a person's addresses.
    assert sum("TEMP B-TREE FOR ORDER BY" in each for each in steps) <= 1, steps


@pytest.mark.parametrize(
    ("listing", "filters", "index"),
    [
        pytest.param("ticket", {"identity": 1}, "ticket_requester", id="a requester's, under every name"),
        pytest.param("ticket", {"group": "x"}, "person_group_name", id="those of people in a group"),
        pytest.param("ticket", {"organisation": "x"}, "person_address_domain", id="those of an organisation"),
        pytest.param("person", {"living": 1, "group": "x"}, "person_group_name", id="people in a group"),
        pytest.param("person", {"living": 1, "organisation": "x"}, "person_address_domain", id="an organisation's"),
    ],
)
def test_a_list_of_some_people_looks_at_these_people_alone(
    database: sqlite3.Connection, listing: str, filters: dict[str, Any], index: str
) -> None:
    text, _ = compose(listing, filters, sort="newest", limit=50, after=None)
    steps = plan(database, text)
    assert any(f"INDEX {index}" in each for each in steps), steps
    assert not [each for each in steps if each.startswith("SCAN")], steps


@pytest.mark.parametrize("hides", [{}, {"viewer": 1}], ids=["all", "what somebody sees"])
@pytest.mark.parametrize("listing", ["ticket", "person"])
def test_a_page_looks_at_no_whole_table_for_each_of_its_rows(
    database: sqlite3.Connection, listing: str, hides: dict[str, int]
) -> None:
    filters = hides | ({"living": 1} if listing == "person" else {})
    text, _ = compose(listing, filters, sort="newest", limit=50, after=None)
    whole = [each for each in plan(database, text) if each.startswith("SCAN")]
    assert whole in ([f"SCAN {listing[0]}"], []), whole


def test_a_statement_is_told_by_its_name_and_keeps_its_comment() -> None:
    text = "-- name: first\n-- Why.\nselect 1;\n\n-- name: second\nselect\n  2;\n"
    assert _split(text) == [("first", "-- Why.\nselect 1"), ("second", "select\n  2")]


def test_every_file_holds_nothing_but_named_statements() -> None:
    for file in (Path(__file__).parents[2] / "spocd/store/sql").rglob("*.sql"):
        text = file.read_text(encoding="utf-8")
        assert text.startswith("-- name: "), file
        for name, body in _split(text):
            assert body, f"{file}: {name} is empty"
            assert ";" not in re.sub(r"--.*", "", body), f"{file}: {name} holds two statements"
