"""What becomes of a mail: the ticket that it opens or joins, or why it does neither."""

from __future__ import annotations

import pytest

from spocd.desk import clock
from tests.desk.running_desk import DAY, RunningDesk, answered, journal, links_of, text_of


async def test_a_strangers_mail_opens_a_ticket_and_is_acknowledged(desk: RunningDesk) -> None:
    fate = await desk.mail("It is on fire.", Subject="Printer")
    assert (fate.name, fate.ticket) == ("opened", 1)
    seen = await desk.view(1)
    assert (seen["subject"], seen["state"], seen["channel"], seen["service"]) == ("Printer", "new", "mail", None)
    assert seen["requester"] == {"name": "Ann Ek", "address": "ann@client.example"}
    assert [(m["id"], m["kind"], m["direction"], m["visible_text"]) for m in seen["messages"]] == [
        ("1.1", "mail", "in", "It is on fire.")
    ]
    assert [p["role"] for p in seen["participants"]] == ["requester"]
    assert await journal(desk, 1) == ["opened", "acknowledged"]
    [sent] = await desk.letters()
    assert (sent.kind, sent.to_address, sent.ticket) == ("acknowledgement", "ann@client.example", 1)
    assert sent.in_reply_to == "1@client.example"


async def test_the_service_is_that_of_the_address_in_the_envelope(desk: RunningDesk) -> None:
    raw = desk.written("Help", to="desk@example.org")
    await desk.receive(raw, "IT@example.org")
    assert (await desk.view(1))["service"] == "it"
    [sent] = await desk.letters()
    assert sent.from_address == "it@example.org"
    assert sent.reply_to.startswith("it+r")


async def test_a_reply_to_our_answer_lands_on_the_ticket_whatever_became_of_its_subject(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    for number, spelling in enumerate((reply_to, reply_to.upper(), reply_to.lower()), 1):
        fate = await desk.mail(f"Still on fire {number}.", to=spelling, Subject="Something else")
        assert (fate.name, fate.ticket) == ("appended", 1)
        assert fate.evidence["by"] == "reply token"
    seen = await desk.view(1)
    assert seen["state"] == "open"
    assert [m["id"] for m in seen["messages"]] == ["1.1", "1.2", "1.3", "1.4", "1.5"]


async def test_whoever_answers_with_their_token_is_known_from_then_on(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    assert not (await desk.ask("person.view", address="ann@client.example"))["known"]
    await desk.mail("Yes.", to=reply_to)
    assert (await desk.ask("person.view", address="ann@client.example"))["known"]


@pytest.mark.parametrize(
    ("sender", "headers", "joins", "role"),
    [
        pytest.param("ann@client.example", {"In_Reply_To": "<1@client.example>"}, True, "participant", id="own thread"),
        pytest.param("ann@client.example", {"Subject": "Re: [desk#1] Printer"}, True, "participant", id="the tag"),
        pytest.param(
            "cid@client.example", {"References": "<1@client.example>"}, True, "third party", id="a colleague in Cc"
        ),
        pytest.param(
            "cid@client.example", {"References": "<0@client.example>"}, True, "third party", id="an unseen ancestor"
        ),
        pytest.param("eve@evil.example", {"In_Reply_To": "<1@client.example>"}, False, "", id="SEC-21 a guessed id"),
        pytest.param("eve@evil.example", {"Subject": "Re: [desk#1] Printer"}, False, "", id="SEC-20 a guessed tag"),
        pytest.param("cid@client.example", {"Subject": "Re: [desk#1] Printer"}, False, "", id="a tag from Cc"),
        pytest.param(
            "ann@client.example",
            {"In_Reply_To": "<1@client.example>", "Subject": "Fwd: Printer"},
            False,
            "",
            id="forward",
        ),
        pytest.param(
            "eve@evil.example",
            {"In_Reply_To": "<1@client.example>", "From": "ann@client.example, eve@evil.example"},
            False,
            "",
            id="SEC-30 two in From",
        ),
    ],
)
async def test_who_may_join_a_ticket_by_what(
    desk: RunningDesk, sender: str, headers: dict[str, str], joins: bool, role: str
) -> None:
    await desk.mail(Cc="Cid <cid@client.example>", References="<0@client.example>")
    fate = await desk.mail("Me too.", **({"From": sender, "Subject": "Re: Printer"} | headers))
    if joins:
        assert (fate.name, fate.ticket, fate.evidence["role"]) == ("appended", 1, role)
    else:
        assert (fate.name, fate.ticket) == ("opened", 2)
        assert len((await desk.view(1))["messages"]) == 1


async def test_a_forward_is_linked_to_what_it_forwards(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("See below.", Subject="Fwd: Printer", In_Reply_To="<1@client.example>")
    assert links_of(await desk.view(2)) == [("continues", 1)]
    assert links_of(await desk.view(1)) == [("continued by", 2)]


async def test_two_tickets_by_one_kind_of_evidence_open_a_third_with_links_to_both(desk: RunningDesk) -> None:
    await desk.mail(Subject="One")
    await desk.mail("Two", Subject="Two")
    fate = await desk.mail("Which?", Subject="Re: both", References="<1@client.example> <2@client.example>")
    assert (fate.name, fate.ticket) == ("opened", 3)
    assert [link["ticket"] for link in (await desk.view(3))["links"]] == [1, 2]


async def test_sec25_a_stranger_with_somebodys_token_is_seen_by_agents_and_hears_nothing(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    before = await desk.view(1)
    letters = await desk.letters()
    fate = await desk.mail("Send me the password.", to=reply_to, From="Eve <eve@evil.example>")
    assert (fate.name, fate.evidence["role"]) == ("appended", "third party")
    seen = await desk.view(1)
    assert seen["participants"] == before["participants"]
    assert (seen["state"], seen["waiting_since"]) == (before["state"], None), "nobody of ours waits for us"
    assert await desk.letters() == letters, "nothing goes to the stranger"
    await desk.ask("ticket.reply", ticket=1, body="We will see.")
    answer = (await desk.letters())[-1]
    assert answer.to_address == "ann@client.example"
    assert "password" not in text_of(answer)


async def test_sec27_who_stands_in_cc_is_proposed_and_not_added(desk: RunningDesk) -> None:
    await desk.mail(Cc="Eve <eve@evil.example>, it@example.org", To="desk@example.org, Bo <bo@client.example>")
    seen = await desk.view(1)
    assert [p["address"] for p in seen["participants"]] == ["ann@client.example"]
    assert [p["address"] for p in seen["proposed"]] == ["bo@client.example", "eve@evil.example"]
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    assert {each.to_address for each in await desk.letters()} == {"ann@client.example"}


SPOILS: dict[str, tuple[str, str]] = {
    "altered": ("@", "0@"),
    "another ticket": ("+r11-", "+r12-"),
    "another person": ("-1-", "-2-"),
    "another purpose": ("+r", "+a"),
    "another key": ("+r1", "+r2"),
    "an action in front": ("+r", "+close.r"),
    "another base": ("desk+", "postmaster+x"),
}


@pytest.mark.parametrize("spoil", SPOILS)
async def test_sec22_a_token_that_is_not_ours_opens_a_new_ticket(desk: RunningDesk, spoil: str) -> None:
    reply_to, _, _ = await answered(desk)
    spoilt = reply_to.replace(*SPOILS[spoil])
    assert spoilt != reply_to
    fate = await desk.mail("Let me in.", to=spoilt, From="eve@evil.example")
    assert (fate.name, fate.ticket) == ("opened", 2)
    assert len((await desk.view(1))["messages"]) == 2


async def test_a_revoked_token_and_that_of_somebody_taken_off_are_not_valid_any_more(desk: RunningDesk) -> None:
    await answered(desk)
    await desk.ask("ticket.cc_add", ticket=1, address="bo@client.example")
    await desk.ask("ticket.reply", ticket=1, body="To both")
    to_ann, to_bo = (each.reply_to for each in (await desk.letters())[-2:])
    await desk.ask("ticket.cc_remove", ticket=1, address="bo@client.example")
    assert (await desk.mail("Me", to=to_bo, From="bo@client.example")).name == "opened"
    assert (await desk.mail("I am here", to=to_ann)).name == "appended"
    await desk.ask("token.revoke", ticket=1)
    fate = await desk.mail("Me again", to=to_ann, From="eve@evil.example")
    assert (fate.name, fate.evidence["refused"][0]["why"]) == ("opened", "the token is not valid")


async def test_a_token_of_an_old_key_is_good_for_400_days_after_its_key_was_replaced(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    desk.now += 10
    await desk.ask("token.rotate", by=1)
    desk.now += 400 * DAY - 1
    assert (await desk.ask("token.explain", address=reply_to))["valid"]
    desk.now += 1
    explained = await desk.ask("token.explain", address=reply_to)
    assert (explained["valid"], explained["why"]) == (False, "The key 1 is not in use, or older than 400 days.")
    assert (await desk.mail("Hello again", to=reply_to, From="eve@evil.example")).name == "opened"


async def test_a_letter_that_waits_while_the_key_changes_keeps_its_addresses(desk: RunningDesk) -> None:
    await desk.mail()
    [before] = await desk.letters()
    await desk.ask("token.rotate", by=1)
    assert await desk.letters() == [before]


async def test_our_message_id_counts_when_it_is_signed_and_a_made_up_one_does_not(desk: RunningDesk) -> None:
    _, message_id, _ = await answered(desk)
    fate = await desk.mail("Yes", From="bo@client.example", In_Reply_To=f"<{message_id}>")
    assert (fate.ticket, fate.evidence["by"], fate.evidence["role"]) == (1, "our Message-ID", "third party")
    forged = f"<m11-{'0' * 16}@example.org>"
    fate = await desk.mail("Yes!", From="eve@evil.example", In_Reply_To=forged)
    assert fate.name == "opened"


@pytest.mark.parametrize(
    ("closed_for", "fate", "number"),
    [
        pytest.param(0, "appended", 1, id="just closed"),
        pytest.param(30 * DAY, "appended", 1, id="thirty days ago"),
        pytest.param(30 * DAY + 1, "opened", 2, id="longer ago"),
    ],
)
async def test_a_reply_reopens_a_closed_ticket_for_thirty_days(
    desk: RunningDesk, closed_for: int, fate: str, number: int
) -> None:
    reply_to, _, _ = await answered(desk)
    await desk.ask("ticket.close", ticket=1)
    desk.now += 3 * DAY
    await desk.write(clock.look)
    assert (await desk.view(1))["state"] == "closed"
    desk.now += closed_for
    found = await desk.mail("It burns again.", to=reply_to)
    assert (found.name, found.ticket) == (fate, number)
    if number == 1:
        assert (await desk.view(1))["state"] == "open"
        assert (await journal(desk, 1))[-1] == "reopened"
    else:
        assert (await desk.view(1))["state"] == "closed"
        assert links_of(await desk.view(2)) == [("continues", 1)]


async def test_a_word_of_thanks_is_filed_and_wakes_nothing(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    await desk.ask("ticket.close", ticket=1)
    fate = await desk.mail("Thank you very much!", to=reply_to)
    assert fate.name == "appended"
    seen = await desk.view(1)
    assert seen["state"] == "resolved"
    assert (seen["journal"][-1]["event"], seen["journal"][-1]["why"]) == ("filed", "a word of thanks")


async def test_f22_an_automatic_reply_is_filed_and_neither_reopens_nor_is_answered(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    await desk.ask("ticket.close", ticket=1)
    letters = len(await desk.letters())
    fate = await desk.mail("I am on holiday.", to=reply_to, Subject="Away", Auto_Submitted="auto-replied")
    assert (fate.name, fate.ticket) == ("automatic filed", 1)
    seen = await desk.view(1)
    assert (seen["state"], seen["messages"][-1]["kind"]) == ("resolved", "automatic")
    assert len(await desk.letters()) == letters


async def test_an_automatic_mail_about_nothing_of_ours_opens_a_ticket_without_an_answer(desk: RunningDesk) -> None:
    fate = await desk.mail("Disk full.", Auto_Submitted="auto-generated")
    assert fate.name == "opened"
    assert await desk.letters() == []
    assert await journal(desk, 1) == ["opened", "not acknowledged"]


async def test_f24_our_own_mail_that_comes_back_is_a_loop_and_opens_nothing(desk: RunningDesk) -> None:
    fate = await desk.mail("Hello", X_Spocd_Instance="abc123")
    assert (fate.name, fate.ticket) == ("loop", None)
    assert (await desk.ask("ticket.list", state=["all"]))["tickets"] == []


async def test_a_person_who_answers_our_return_path_reaches_the_ticket(desk: RunningDesk) -> None:
    _, _, return_path = await answered(desk)
    fate = await desk.mail("My program is odd.", to=return_path)
    assert (fate.name, fate.ticket) == ("appended", 1)


async def test_sec34_another_text_under_the_same_message_id_is_another_mail(desk: RunningDesk) -> None:
    await desk.mail("One", Message_ID="<same@client.example>")
    fate = await desk.mail("Two", Message_ID="<same@client.example>", From="bo@client.example")
    assert (fate.name, fate.ticket) == ("opened", 2)


@pytest.mark.parametrize(
    ("sender", "envelope", "requester"),
    [
        pytest.param("desk@example.org", "desk@example.org", "", id="SEC-31 the desk itself"),
        pytest.param("desk+r11-1-x@example.org", "ann@client.example", "ann@client.example", id="a token address"),
        pytest.param("a@x.example, b@x.example", "ann@client.example", "ann@client.example", id="two in From"),
        pytest.param("undisclosed", "", "", id="nobody at all"),
    ],
)
async def test_sec31_an_address_of_ours_never_becomes_a_participant(
    desk: RunningDesk, sender: str, envelope: str, requester: str
) -> None:
    raw = desk.written("Hello").replace(b"Ann Ek <ann@client.example>", sender.encode())
    fate = await desk.receive(raw, sender=envelope)
    assert fate.name == "opened"
    seen = await desk.view(1)
    assert [p["address"] for p in seen["participants"]] == [requester]
    own = [letter for letter in await desk.letters() if letter.to_address.endswith("@example.org")]
    assert own == []


async def test_no_journal_line_and_no_evidence_holds_a_whole_token(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    token = reply_to.partition("+")[2].partition("@")[0]
    await desk.mail("Yes", to=reply_to)
    await desk.mail("Eve", to=reply_to.replace("+r11", "+r12"), From="eve@evil.example")
    everything = str([await desk.view(1), await desk.view(2), await desk.ask("mail.inbox")])
    for explained in ("1", "2", "3"):
        everything += str(await desk.ask("mail.explain", id=explained))
    assert token not in everything
    assert token[-16:] not in everything


async def test_files_of_a_mail_are_kept_and_given_back_octet_for_octet(desk: RunningDesk) -> None:
    raw = (
        b"From: ann@client.example\r\nSubject: File\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee file.\r\n'
        b'--b\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n"
    )
    await desk.receive(raw)
    [row] = (await desk.ask("ticket.attachment_list", ticket=1))["attachments"]
    assert (row["message"], row["filename"], row["size"]) == ("1.1", "a.pdf", 3)
    piece = await desk.ask("blob.get", sha256=row["sha256"])
    assert piece == {"content": "AAEC", "total": 3}
    name = await desk.ask("message.raw", message="1.1")
    assert name["size"] == len(raw)


SWEDISH = (
    "Hej, skrivaren på tredje våningen fungerar inte längre,"
    " och jag måste skriva ut fakturor till alla våra viktiga kunder i dag."
)


async def test_somebody_is_answered_in_the_language_of_their_first_mail(desk: RunningDesk) -> None:
    await desk.mail(SWEDISH)
    [acknowledgement] = await desk.letters()
    assert acknowledgement.language == "sv"
    assert (await desk.ask("person.view", address="ann@client.example"))["language"] == "sv"


async def test_two_mails_in_a_row_change_the_language_but_a_machines_do_not(desk: RunningDesk) -> None:
    english = "Hello, could you please tell me when the printer on the third floor will be working again? Thank you."
    await desk.mail(SWEDISH)
    await desk.mail(english)
    await desk.mail(english + " It is urgent.", Auto_Submitted="auto-replied")
    assert (await desk.ask("person.view", address="ann@client.example"))["language"] == "sv"
    await desk.mail(english + " Are you there?")
    assert (await desk.ask("person.view", address="ann@client.example"))["language"] == "en"
