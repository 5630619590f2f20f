"""Machines that write to the desk: what is answered, what is filed, and what opens nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.case import Case, stranger
from tests.running import ADDRESS, RunningDesk, running_desk, written

MX = "mx.example.org"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk behind an MTA of its own, whose verdicts it believes."""
    folder = tmp_path_factory.mktemp("guarded") / "desk"
    changes = {"unknown_an_hour": 100000, "authserv_id": MX, "spam_header": "X-Spam-Flag"}
    with running_desk(folder, **changes) as running:  # type: ignore[arg-type]
        yield running


@pytest.fixture
def case(guarded: RunningDesk) -> Case:
    return Case.opened(guarded)


def instance_of(desk: RunningDesk) -> str:
    [[instance]] = desk.sql("select instance from desk")
    return instance


@pytest.mark.parametrize(
    ("headers", "envelope"),
    [
        pytest.param({}, "", id="an empty envelope sender"),
        pytest.param({"auto_submitted": "auto-generated"}, None, id="Auto-Submitted: auto-generated"),
        pytest.param({"auto_submitted": "auto-replied (vacation)"}, None, id="Auto-Submitted: auto-replied"),
        pytest.param({"list_id": "<staff.example.org>"}, None, id="List-Id"),
        pytest.param({"list_unsubscribe": "<mailto:x@y.example>"}, None, id="List-Unsubscribe"),
        pytest.param({"list_post": "<mailto:x@y.example>"}, None, id="List-Post"),
        pytest.param({"precedence": "bulk"}, None, id="Precedence: bulk"),
        pytest.param({"precedence": "list"}, None, id="Precedence: list"),
        pytest.param({"precedence": "junk"}, None, id="Precedence: junk"),
        pytest.param({"x_auto_response_suppress": "All"}, None, id="X-Auto-Response-Suppress: All"),
        pytest.param({"x_auto_response_suppress": "DR, AutoReply"}, None, id="X-Auto-Response-Suppress: AutoReply"),
        pytest.param({"x_auto_response_suppress": "OOF"}, None, id="X-Auto-Response-Suppress: OOF"),
        pytest.param({"x_spocd_instance": "0123456789abcdef"}, None, id="another desk's mark"),
        pytest.param({"authentication_results": f"{MX}; dmarc=fail"}, None, id="DMARC failed, says our own MTA"),
        pytest.param({"x_spam_flag": "YES"}, None, id="spam, says our own MTA"),
        pytest.param({"subject": "Autosvar: Re: Printer"}, None, id="Autosvar"),
        pytest.param({"subject": "Frånvaro: semester"}, None, id="Frånvaro"),
        pytest.param({"subject": "Poissa: lomalla"}, None, id="Poissa"),
        pytest.param({"subject": "Автоответ: отпуск"}, None, id="Автоответ"),
        pytest.param({"subject": "Out of office: Re: Printer"}, None, id="Out of office"),
        *(
            pytest.param({"sender": f"{local}@client.example"}, None, id=f"from {local}")
            for local in (
                "mailer-daemon", "postmaster", "no-reply", "noreply", "owner-staff", "staff-request", "staff-bounces",
            )
        ),
        pytest.param({"sender": ADDRESS}, None, id="from the desk's own address"),
        pytest.param({"sender": "desk+help@example.org"}, None, id="from an extension of it"),
    ],
)  # fmt: skip
def test_what_must_not_be_answered_is_kept_and_not_answered(
    guarded: RunningDesk, headers: dict[str, str], envelope: str | None
) -> None:
    words = {"sender": stranger(), "subject": f"Words {os.urandom(4).hex()}"} | headers
    before = guarded.letters_now()
    guarded.send(f"Number {os.urandom(4).hex()}.", envelope=envelope, **words)
    row = guarded.placed()
    assert row["fate"] in ("opened", "spam")
    guarded.settled()
    assert guarded.letters_now() == before
    journal = guarded.call("ticket.view", ticket=row["ticket"])["journal"]
    assert row["fate"] == "spam" or "not acknowledged" in [each["event"] for each in journal]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a plain mail"),
        pytest.param({"auto_submitted": "no"}, id="Auto-Submitted: no"),
        pytest.param({"precedence": "first-class"}, id="Precedence: first-class"),
        pytest.param({"x_auto_response_suppress": "DR"}, id="X-Auto-Response-Suppress for reports alone"),
        pytest.param({"authentication_results": "mx.other.example; dmarc=fail"}, id="DMARC failed, says anybody"),
        pytest.param({"authentication_results": f"{MX}; dmarc=pass"}, id="DMARC passed"),
        pytest.param({"x_spam_flag": "NO"}, id="no spam, says our own MTA"),
        pytest.param({"reply_to": "victim@elsewhere.example"}, id="with a Reply-To"),
    ],
)
def test_what_a_person_writes_is_answered_to_its_author(guarded: RunningDesk, headers: dict[str, str]) -> None:
    author = stranger()
    guarded.send(f"Number {os.urandom(4).hex()}.", sender=author, **headers)
    guarded.settled()
    assert len(guarded.letters(author)) == 1
    assert guarded.letters("victim@elsewhere.example") == []


def test_spam_is_listed_as_such_and_never_comes_up_in_the_queue(guarded: RunningDesk) -> None:
    guarded.send("Buy.", sender=stranger(), x_spam_flag="YES", subject="Cheap")
    number = guarded.placed()["ticket"]
    assert number in [each["number"] for each in guarded.json("ticket", "list", "--state", "spam", "--all")]
    assert number not in [each["number"] for each in guarded.json("ticket", "list", "--all")]


def test_the_desks_own_mail_that_comes_back_is_a_loop_and_opens_nothing(guarded: RunningDesk) -> None:
    tickets = len(guarded.json("ticket", "list", "--state", "all", "--all"))
    guarded.send(sender=stranger(), x_spocd_instance=instance_of(guarded))
    row = guarded.placed()
    assert (row["fate"], row["ticket"]) == ("loop", None)
    assert len(guarded.json("ticket", "list", "--state", "all", "--all")) == tickets


def resolved(case: Case) -> dict[str, Any]:
    case.desk.json("ticket", "close", str(case.number), "--no-notify")
    return case.view()


def test_an_automatic_reply_is_filed_and_wakes_nothing(case: Case) -> None:
    before = resolved(case)
    row = case.send("I am away.", to=case.reply_address, auto_submitted="auto-replied", subject="Automatic reply: x")
    assert (row["fate"], row["ticket"]) == ("automatic filed", case.number)
    after = case.view()
    assert (after["state"], after["waiting_since"]) == ("resolved", before["waiting_since"])
    assert after["messages"][-1]["kind"] == "automatic"
    assert len(case.letters_to(case.requester)) == 1


def test_an_automatic_reply_does_not_make_its_sender_known(case: Case) -> None:
    case.send("I am away.", to=case.reply_address, auto_submitted="auto-replied")
    assert case.desk.json("person", "view", case.requester)["known"] is False
    case.send("I am back.", to=case.reply_address)
    assert case.desk.json("person", "view", case.requester)["known"] is True


@pytest.mark.parametrize("words", ["Thank you!", "Tak for hjælpen", "Kiitos", "Спасибо", "Tack, det fungerar nu"])
def test_a_bare_thank_you_is_filed_without_reopening(case: Case, words: str) -> None:
    resolved(case)
    row = case.send(words, to=case.reply_address)
    assert (row["fate"], row["ticket"]) == ("appended", case.number)
    after = case.view()
    assert after["state"] == "resolved"
    assert any(each["event"] == "filed" and each["why"] == "a word of thanks" for each in after["journal"])


def test_a_reply_reopens_a_resolved_ticket(case: Case) -> None:
    resolved(case)
    case.send("Thanks, but it is broken again.", to=case.reply_address)
    after = case.view()
    assert after["state"] == "open"
    assert after["waiting_since"] is not None
    assert "reopened" in [each["event"] for each in after["journal"]]


def test_a_third_party_does_not_reopen_a_resolved_ticket(case: Case) -> None:
    resolved(case)
    case.send("Me too.", sender=stranger(), to=case.reply_address)
    assert case.view()["state"] == "resolved"


@pytest.mark.parametrize("prefix", ["Fwd:", "FW:", "WG:", "VB:", "VL:", "Пересл:"])
def test_a_forward_opens_a_new_linked_ticket(case: Case, prefix: str) -> None:
    row = case.send(subject=f"{prefix} [desk#{case.number}] Printer", in_reply_to=case.acknowledgement["Message-ID"])
    assert row["fate"] == "opened"
    assert row["ticket"] != case.number
    view = case.desk.call("ticket.view", ticket=row["ticket"])
    assert [each["ticket"] for each in view["links"]] == [case.number]
    assert len(case.messages()) == 1


def report(case: Case, *, action: str, status: str, original: str) -> bytes:
    """A delivery status notification (RFC 3464) about the acknowledgement."""
    return "\r\n".join(
        [
            "From: Mail Delivery System <MAILER-DAEMON@mx.client.example>",
            "To: x@y.example",
            "Subject: Undelivered Mail Returned to Sender",
            f"Message-ID: <{os.urandom(6).hex()}@mx.client.example>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "I'm sorry to have to inform you that your message could not be delivered.",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.client.example",
            "",
            f"Final-Recipient: rfc822; {case.requester}",
            f"Action: {action}",
            f"Status: {status}",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: {original}",
            f"To: {case.requester}",
            "--b--",
            "",
        ]
    ).encode()


def test_a_bounce_to_the_return_path_is_recorded_on_its_ticket_and_not_answered(case: Case) -> None:
    before = case.desk.letters_now()
    raw = report(case, action="failed", status="5.1.1", original="<whatever@x.example>")
    case.desk.deliver(raw, to=[case.return_path], sender="")
    row = case.desk.placed()
    assert (row["fate"], row["ticket"]) == ("bounce recorded", case.number)
    view = case.view()
    assert view["messages"][-1]["kind"] == "automatic"
    assert [e["status"] for e in view["journal"] if e["event"] == "bounced"] == ["5.1.1"]
    [letter] = case.desk.json("mail", "outbox", "--ticket", str(case.number))
    assert letter["state"] == "bounced"
    case.desk.settled()
    assert case.desk.letters_now() == before


def test_sec72_a_report_that_only_quotes_our_message_id_touches_no_ticket(case: Case) -> None:
    raw = report(case, action="failed", status="5.2.2", original=case.acknowledgement["Message-ID"])
    case.desk.deliver(raw, to=[ADDRESS], sender="")
    row = case.desk.placed()
    assert (row["fate"], row["ticket"]) == ("bounce recorded", None)
    [letter] = case.desk.json("mail", "outbox", "--ticket", str(case.number))
    assert letter["state"] == "sent"


def test_a_delay_is_recorded_and_the_letter_is_not_given_up(case: Case) -> None:
    raw = report(case, action="delayed", status="4.4.1", original=case.acknowledgement["Message-ID"])
    case.desk.deliver(raw, to=[case.return_path], sender="")
    case.desk.placed()
    assert "delayed" in [each["event"] for each in case.view()["journal"]]
    [letter] = case.desk.json("mail", "outbox", "--ticket", str(case.number))
    assert letter["state"] == "sent"


def test_a_forged_bounce_touches_no_ticket(case: Case) -> None:
    raw = report(
        case, action="failed", status="5.1.1", original=f"{case.acknowledgement['Message-ID'][:-30]}@x.example>"
    )
    local, _, domain = case.return_path.partition("@")
    for to in (f"{local[:-1]}{'2' if local[-1] != '2' else '3'}@{domain}", f"bounces@{domain}"):
        case.desk.deliver(raw.replace(b"sorry", os.urandom(4).hex().encode()), to=[to], sender="")
        row = case.desk.placed()
        assert (row["fate"], row["ticket"]) == ("bounce recorded", None)
    assert len(case.messages()) == 1
    [letter] = case.desk.json("mail", "outbox", "--ticket", str(case.number))
    assert letter["state"] == "sent"


def test_an_acknowledgement_to_somebody_unknown_carries_nothing_of_theirs(case: Case) -> None:
    letter = case.acknowledgement
    assert letter["To"] == case.requester
    whole = letter.as_string()
    assert "Ann Ek" not in whole
    assert case.mail["Subject"] not in whole
    assert "Help, please." not in whole


def headers_of(letter: EmailMessage, *names: str) -> list[str | None]:
    return [letter[name] for name in names]


AUTOMATIC = ("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "List-Id", "List-Unsubscribe")


def test_an_acknowledgement_has_the_headers_of_an_automatic_answer(case: Case) -> None:
    letter = case.acknowledgement
    assert headers_of(letter, *AUTOMATIC) == ["auto-replied", "All", None, None, None]
    assert headers_of(letter, "In-Reply-To", "References") == [case.mail["Message-ID"]] * 2
    assert letter["Content-Language"] == "en"
    assert letter["X-Spocd-Instance"] == instance_of(case.desk)
    assert letter["Return-Path"].startswith("<bounces+b")
    assert letter["Reply-To"].startswith("desk+r")


def test_an_agents_answer_has_the_headers_of_a_persons_mail(case: Case) -> None:
    second = case.desk.send("And then?", sender=case.requester, to=case.reply_address)
    case.desk.placed()
    case.answer("Like this.")
    answer = case.letters_to(case.requester)[-1]
    assert headers_of(answer, *AUTOMATIC) == [None, None, None, None, None]
    assert answer["In-Reply-To"] == second["Message-ID"]
    assert answer["From"].addresses[0].addr_spec == ADDRESS
    assert answer["Return-Path"].startswith("<bounces+b")
    assert answer["Message-ID"] != case.acknowledgement["Message-ID"]


def test_a_closing_notice_says_that_a_machine_wrote_it(case: Case) -> None:
    case.desk.json("ticket", "close", str(case.number))
    notice = case.letters_to(case.requester)[-1]
    assert headers_of(notice, *AUTOMATIC) == ["auto-generated", "All", None, None, None]


def test_an_unknown_sender_hears_once_a_day(desk: RunningDesk) -> None:
    for number in range(3):
        desk.send(f"Number {number}.", subject=f"Number {number}")
    desk.settled()
    assert len(desk.letters("ann@client.example")) == 1
    assert len(desk.json("ticket", "list")) == 3


def test_a_known_sender_hears_three_times_an_hour(desk: RunningDesk) -> None:
    for number in range(5):
        desk.send(f"Number {number}.", subject=f"Number {number}", sender="Eva <eva@example.org>")
    desk.settled()
    letters = desk.letters("eva@example.org")
    assert len(letters) == 3
    assert "Number 0" in letters[0]["Subject"], "somebody of the house sees what it is about"


def test_who_has_answered_us_is_known(desk: RunningDesk) -> None:
    case = Case.opened(desk)
    case.send(to=case.reply_address)
    case.send("Another matter.", subject="The window")
    second = case.letters_to(case.requester)[-1]
    assert "The window" in second["Subject"]
    assert "Ann Ek" in str(second["To"])


def test_no_more_than_sixty_acknowledgements_an_hour_go_to_unknown_people(desk: RunningDesk) -> None:
    for number in range(65):
        desk.deliver(written(f"Number {number}.", sender=f"p{number}@client.example").as_bytes(), to=[ADDRESS])
    desk.settled()
    assert desk.letters_now() == 60
    assert len(desk.json("ticket", "list", "--all")) == 65


def test_guessing_tokens_is_soon_met_with_silence(desk: RunningDesk) -> None:
    for number in range(14):
        guess = f"desk+r11-1-{os.urandom(8).hex()}@example.org"
        desk.deliver(written(f"{number}", sender=f"p{number}@client.example").as_bytes(), to=[guess])
    desk.settled()
    assert desk.letters_now() == 10


def test_the_same_words_to_a_second_address_are_one_message(tmp_path: Path) -> None:
    desk = RunningDesk.made(tmp_path / "desk")
    text = desk.config.read_text().replace("[desk.addresses]\n", '[desk.addresses]\n"it@example.org" = "it"\n')
    desk.config.write_text(text)
    desk.start()
    try:
        mail = written("The same to both.", to="desk@example.org, it@example.org").as_bytes()
        desk.deliver(mail, to=["it@example.org"])
        desk.placed()
        desk.deliver(mail, to=["desk@example.org"])
        assert desk.placed()["fate"] == "further recipient"
        [ticket] = desk.json("ticket", "list")
        assert ticket["service"] == "it"
        view = desk.view(ticket["number"])
        assert len(view["messages"]) == 1
        assert "came again" in [each["event"] for each in view["journal"]]
        assert desk.last_letter()["From"].addresses[0].addr_spec == "it@example.org"
        assert desk.letters_now() == 1
    finally:
        desk.kill()
