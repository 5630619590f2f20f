"""Which ticket a mail lands on, from the socket to the ticket: the ladder of evidence and what must not climb it."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spocd.config import check_secret
from spocd.domain.token import Purpose, Ring, extended, read, ring
from tests.e2e.case import Case, stranger
from tests.running import ADDRESS, RunningDesk, running_desk, written


@pytest.fixture
def case(shared_desk: RunningDesk) -> Case:
    return Case.opened(shared_desk)


def local_part(address: str, change: Callable[[str], str]) -> str:
    local, _, domain = address.partition("@")
    return f"{change(local)}@{domain}"


def signed_by(desk: RunningDesk) -> Ring:
    """The desk's own ring, as only the holder of its secret has it."""
    [[instance]] = desk.sql("select instance from desk")
    ids = [key for [key] in desk.sql("select id from signing_key order by created_at")]
    return ring(check_secret(desk.folder / "secret"), instance, ids)


def ends_otherwise(text: str) -> str:
    """Another last character, whichever it was."""
    return text[:-1] + ("2" if text[-1] != "2" else "3")


def retyped(local: str) -> str:
    """The token as somebody types it who takes 0 for o and 1 for l."""
    base, plus, token = local.partition("+")
    return base + plus + token.replace("0", "o").replace("1", "l")


@pytest.mark.parametrize(
    ("reply", "rung"),
    [
        pytest.param(lambda c: {"to": c.reply_address}, 1, id="a rewritten subject and no References"),
        pytest.param(lambda c: {"to": local_part(c.reply_address, str.lower)}, 1, id="the local part lower-cased"),
        pytest.param(lambda c: {"to": local_part(c.reply_address, str.upper)}, 1, id="the local part upper-cased"),
        pytest.param(lambda c: {"to": local_part(c.reply_address, retyped)}, 1, id="the address retyped, o for 0"),
        pytest.param(lambda c: {"to": c.reply_address, "subject": "Fwd: this"}, 1, id="a forward to the token"),
        pytest.param(lambda c: {"to": c.return_path}, 1, id="an answer to the return path"),
        pytest.param(lambda c: {"in_reply_to": c.acknowledgement["Message-ID"]}, 2, id="our Message-ID"),
        pytest.param(
            lambda c: {"references": f"<a@b.example> {c.acknowledgement['Message-ID']}"}, 2, id="ours in References"
        ),
        pytest.param(lambda c: {"in_reply_to": c.mail["Message-ID"]}, 3, id="their own first Message-ID"),
        pytest.param(lambda c: {"subject": f"Re: [desk#{c.number}] Printer"}, 4, id="the tag in the subject"),
    ],
)
def test_a_reply_of_the_requester_lands_on_the_ticket(
    case: Case, reply: Callable[[Case], dict[str, Any]], rung: int
) -> None:
    row = case.send(**reply(case))
    assert (row["fate"], row["ticket"]) == ("appended", case.number)
    assert len(case.messages()) == 2
    evidence = case.messages()[-1]["evidence"]
    assert (evidence["rung"], evidence["role"]) == (rung, "participant")
    assert len(case.letters_to(case.requester)) == 1, "a reply is not acknowledged again"


@pytest.mark.parametrize(
    ("reply", "rung"),
    [
        pytest.param(lambda c: {"to": c.reply_address}, 1, id="with the reply address"),
        pytest.param(lambda c: {"in_reply_to": c.acknowledgement["Message-ID"]}, 2, id="with our Message-ID"),
    ],
)
def test_who_answers_from_another_address_is_heard_and_told_nothing(
    case: Case, reply: Callable[[Case], dict[str, Any]], rung: int
) -> None:
    other = stranger()
    row = case.send("I know more.", sender=f"Bo <{other}>", message_id="<third@elsewhere.example>", **reply(case))
    assert (row["fate"], row["ticket"]) == ("appended", case.number)
    message = case.messages()[-1]
    assert (message["evidence"]["rung"], message["evidence"]["role"]) == (rung, "third party")
    assert [each["address"] for each in case.view()["participants"]] == [case.requester]

    case.answer("We are on it.")
    answer = case.letters_to(case.requester)[-1]
    assert "We are on it." in answer.get_content()
    assert "I know more." not in answer.get_content(), "a third party's words were quoted to the requester"
    assert case.mail["Message-ID"] in answer["References"], "the requester's program cannot tell what it answers"
    assert "<third@elsewhere.example>" not in answer.as_string()
    assert case.letters_to(other) == []


def test_a_colleague_in_cc_who_answers_the_original_is_a_third_party(shared_desk: RunningDesk) -> None:
    colleague = stranger()
    case = Case.opened(shared_desk, cc=f"Carl <{colleague}>")
    row = case.send("It is the toner.", sender=colleague, references=case.mail["Message-ID"], subject="Re: x")
    assert (row["fate"], row["ticket"]) == ("appended", case.number)
    evidence = case.messages()[-1]["evidence"]
    assert (evidence["rung"], evidence["role"]) == (3, "third party")
    assert case.letters_to(colleague) == []


def test_a_third_party_that_an_agent_adds_is_a_participant_from_then_on(shared_desk: RunningDesk) -> None:
    colleague = stranger()
    case = Case.opened(shared_desk, cc=f"Carl <{colleague}>")
    assert [each["address"] for each in case.view()["proposed"]] == [colleague]
    case.desk.json("ticket", "cc", "add", str(case.number), colleague)
    case.send("It is the toner.", sender=colleague, references=case.mail["Message-ID"])
    assert case.messages()[-1]["evidence"]["role"] == "participant"
    case.answer("Thank you both.")
    [to_colleague], to_requester = case.letters_to(colleague), case.letters_to(case.requester)[-1]
    assert to_colleague["Reply-To"] != to_requester["Reply-To"]
    assert "Thank you both." in to_colleague.get_content()


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(lambda c: {"in_reply_to": c.mail["Message-ID"]}, id="the requester's Message-ID"),
        pytest.param(lambda c: {"subject": f"Re: [desk#{c.number}] x"}, id="the tag in the subject"),
        pytest.param(
            lambda c: {"in_reply_to": local_part(c.acknowledgement["Message-ID"], ends_otherwise)},
            id="a Message-ID like ours",
        ),
    ],
)
def test_a_stranger_with_what_anybody_can_guess_opens_a_new_ticket(
    case: Case, evidence: Callable[[Case], dict[str, Any]]
) -> None:
    row = case.send(sender=stranger(), **evidence(case))
    assert row["fate"] == "opened"
    assert row["ticket"] != case.number
    assert len(case.messages()) == 1
    refused = case.desk.call("mail.explain", id=str(row["id"]))["evidence"]["refused"]
    assert refused, "nothing says which evidence was refused, and why"


def with_token(case: Case, token: str) -> str:
    return extended(ADDRESS, "+", token)


def parts(case: Case) -> tuple[Ring, int, int]:
    """The desk's ring, and the ticket's and the person's numbers."""
    token = read(case.reply_address.partition("@")[0].partition("+")[2])
    assert token is not None
    assert token.second is not None
    keys = signed_by(case.desk)
    assert with_token(case, keys.sign(Purpose.REPLY, token.first, token.second)) == case.reply_address, "not its ring"
    return keys, token.first, token.second


def signed(purpose: Purpose, *, as_reply: bool) -> Callable[[Case], str]:
    """A good token of another purpose over the same numbers; `as_reply` writes `r` before it."""

    def make(case: Case) -> str:
        keys, ticket, person = parts(case)
        good = keys.sign(purpose, ticket, person)
        return with_token(case, f"r{good[1:]}" if as_reply else good)

    return make


def altered(position: int) -> Callable[[Case], str]:
    def make(case: Case) -> str:
        local, at, domain = case.reply_address.partition("@")
        kept = local[: len(local) + position + 1]
        return f"{ends_otherwise(kept)}{local[len(kept) :]}{at}{domain}"

    return make


def of_other_numbers(ticket_plus: int, person_plus: int) -> Callable[[Case], str]:
    """The good signature, moved to another ticket or person."""

    def make(case: Case) -> str:
        keys, ticket, person = parts(case)
        mac = case.reply_address.partition("@")[0].rpartition("-")[2]
        other = keys.sign(Purpose.REPLY, ticket + ticket_plus, person + person_plus).rpartition("-")[0]
        return with_token(case, f"{other}-{mac}")

    return make


def foreign(case: Case) -> str:
    """What another desk, with another secret, would sign for the same ticket and person."""
    keys, ticket, person = parts(case)
    return with_token(case, ring(os.urandom(32), keys.instance, [keys.newest]).sign(Purpose.REPLY, ticket, person))


def of_another_instance(case: Case) -> str:
    """The same secret, copied to a desk with another database."""
    keys, ticket, person = parts(case)
    master = check_secret(case.desk.folder / "secret")
    return with_token(case, ring(master, "0" * 16, [keys.newest]).sign(Purpose.REPLY, ticket, person))


def of_a_later_generation(case: Case) -> str:
    keys, ticket, person = parts(case)
    return with_token(case, keys.sign(Purpose.REPLY, ticket, person, generation=1))


BAD_TOKENS = [
    pytest.param(altered(-1), id="the last character altered"),
    pytest.param(altered(-16), id="the first character of the signature altered"),
    pytest.param(of_other_numbers(1, 0), id="moved to the next ticket"),
    pytest.param(of_other_numbers(-1, 0), id="moved to the ticket before"),
    pytest.param(of_other_numbers(0, 1), id="moved to the next person"),
    pytest.param(lambda c: local_part(c.reply_address, lambda text: text[:-1]), id="truncated by one"),
    pytest.param(lambda c: local_part(c.reply_address, lambda text: text.rpartition("-")[0]), id="without signature"),
    pytest.param(lambda c: local_part(c.reply_address, lambda text: f"{text}0"), id="one character longer"),
    pytest.param(foreign, id="another desk's secret"),
    pytest.param(of_another_instance, id="another desk's database"),
    pytest.param(of_a_later_generation, id="a generation that is not there yet"),
    *(
        pytest.param(signed(each, as_reply=relabelled), id=f"{each.name.lower()} token{' written as r' * relabelled}")
        for each in (Purpose.BOUNCE, Purpose.AGENT, Purpose.BROADCAST, Purpose.UNSUBSCRIBE, Purpose.EXPERT)
        for relabelled in (False, True)
    ),
]


@pytest.mark.parametrize("make", BAD_TOKENS)
@pytest.mark.parametrize("who", ["the requester", "a stranger"])
def test_a_token_that_is_not_ours_lands_on_no_ticket(case: Case, make: Callable[[Case], str], who: str) -> None:
    sender = case.requester if who == "the requester" else stranger()
    before = case.desk.call("ticket.view", ticket=case.number - 1)["rev"] if case.number > 1 else None
    row = case.send(sender=sender, to=make(case))
    assert row["fate"] == "opened", "a bad token is answered as a good one is, and opens a ticket of its own"
    assert row["ticket"] > case.number
    assert len(case.messages()) == 1
    if before is not None:
        assert case.desk.call("ticket.view", ticket=case.number - 1)["rev"] == before


def test_a_revoked_address_is_worthless_and_the_next_letter_carries_a_good_one(case: Case) -> None:
    done = case.desk.json("token", "revoke", str(case.number), "-y")
    assert done["revoked"] == 1
    row = case.send(to=case.reply_address)
    assert (row["fate"], row["ticket"] == case.number) == ("opened", False)
    assert case.desk.json("token", "explain", case.reply_address)["valid"] is False

    case.answer("Write here from now on.")
    renewed = case.letters_to(case.requester)[-1]["Reply-To"]
    assert renewed != case.reply_address
    row = case.send(to=renewed)
    assert (row["fate"], row["ticket"]) == ("appended", case.number)


@pytest.fixture
def rotated(tmp_path: Path) -> Iterator[Case]:
    """A case whose acknowledgement was signed with a key that does not sign any more."""
    with running_desk(tmp_path / "desk") as desk:
        case = Case.opened(desk)
        desk.json("token", "rotate", "-y")
        yield case


def test_an_address_signed_with_an_older_key_still_works(rotated: Case) -> None:
    row = rotated.send(to=rotated.reply_address)
    assert (row["fate"], row["ticket"]) == ("appended", rotated.number)
    row = rotated.send(in_reply_to=rotated.acknowledgement["Message-ID"])
    assert (row["fate"], row["ticket"]) == ("appended", rotated.number)

    rotated.answer("Here we are.")
    newer = read(rotated.letters_to(rotated.requester)[-1]["Reply-To"].partition("@")[0].partition("+")[2])
    older = read(rotated.reply_address.partition("@")[0].partition("+")[2])
    assert newer is not None
    assert older is not None
    assert newer.key_id != older.key_id, "the new key does not sign"


def test_two_tokens_of_two_tickets_in_one_mail_are_no_reason_to_guess(case: Case) -> None:
    other = Case.opened(case.desk)
    mail = case.mail.as_bytes().replace(b"Help, please.", f"Both of them {os.urandom(4).hex()}.".encode())
    case.desk.deliver(mail, to=[case.reply_address, other.reply_address])
    row = case.desk.placed()
    assert row["fate"] == "opened"
    links = case.desk.call("ticket.view", ticket=row["ticket"])["links"]
    assert sorted(each["ticket"] for each in links) == sorted([case.number, other.number])


def test_who_stood_on_the_ticket_and_answers_an_older_mail_of_theirs_is_a_third_party(shared_desk: RunningDesk) -> None:
    """The desk came in late: it has seen the older mail's Message-ID in References alone."""
    colleague, older = stranger(), f"<{os.urandom(6).hex()}@client.example>"
    case = Case.opened(shared_desk, cc=colleague, in_reply_to=older, references=older)
    row = case.send("As I said.", sender=colleague, in_reply_to=older)
    assert (row["fate"], row["ticket"]) == ("appended", case.number)
    assert case.messages()[-1]["evidence"]["role"] == "third party"


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(lambda ann, evil: {"From": f"{ann}, {evil}"}, id="two authors"),
        pytest.param(lambda ann, evil: {"From": f'"{ann}" <{evil}>'}, id="the address as a name"),
        pytest.param(lambda ann, evil: {"From": f"{ann} <{evil}>"}, id="the address before the address"),
        pytest.param(lambda ann, evil: {"From": f"{ann}){evil}"}, id="a parenthesis between two"),
        pytest.param(lambda ann, evil: {"From": f"<{ann}> <{evil}>"}, id="two in brackets"),
        pytest.param(lambda ann, evil: {"From": f"({ann}) {evil}"}, id="the address as a comment"),
        pytest.param(lambda ann, evil: {"From": f"=?utf-8?q?{ann.replace('@', '=40')}?= <{evil}>"}, id="encoded"),
        pytest.param(lambda ann, evil: {"From": f"{ann}\r\nFrom: {evil}"}, id="two From headers"),
        pytest.param(lambda ann, evil: {"From": evil, "Reply-To": ann}, id="in Reply-To"),
        pytest.param(lambda ann, evil: {"From": evil, "Sender": ann, "X-From": ann}, id="in other headers"),
        pytest.param(lambda ann, evil: {"Reply-To": ann}, id="in Reply-To without From"),
    ],
)
def test_whoever_only_looks_like_the_requester_does_not_get_onto_the_ticket(
    case: Case, names: Callable[[str, str], dict[str, str]]
) -> None:
    headers = {"Subject": f"Re: [desk#{case.number}] x", "In-Reply-To": case.mail["Message-ID"]}
    headers |= names(case.requester, stranger())
    lines = [f"{name}: {value}" for name, value in headers.items()]
    raw = "\r\n".join([*lines, "", f"Tell me all of it, {os.urandom(4).hex()}.", ""]).encode()
    case.desk.deliver(raw, to=[ADDRESS], sender=stranger())
    row = case.desk.placed()
    assert row["fate"] == "opened"
    assert row["ticket"] != case.number
    assert len(case.messages()) == 1


def test_a_token_that_stands_in_the_to_header_alone_is_anybodys_text(case: Case) -> None:
    mail = written("I copied it.", sender=stranger(), to=case.reply_address)
    case.desk.deliver(mail.as_bytes(), to=[ADDRESS])
    row = case.desk.placed()
    assert (row["fate"], row["ticket"] == case.number) == ("opened", False)


def test_a_token_beside_the_desks_own_address_counts(case: Case) -> None:
    mail = written("And me.", sender=case.requester)
    case.desk.deliver(mail.as_bytes(), to=[ADDRESS, case.reply_address])
    row = case.desk.placed()
    assert (row["fate"], row["ticket"]) == ("appended", case.number)


def test_an_unknown_tag_counts_as_the_desk_itself(case: Case) -> None:
    row = case.send(to="desk+nothing-we-know@example.org", sender=stranger())
    assert row["fate"] == "opened"
    assert row["ticket"] > case.number


def test_a_good_and_a_bad_token_are_answered_alike_in_session(case: Case) -> None:
    recipients = [case.reply_address, altered(-1)(case), foreign(case), case.return_path, ADDRESS, "desk+x@example.org"]
    with smtplib.SMTP(*case.desk.smtp, timeout=10) as client:
        client.ehlo()
        client.mail("ann@client.example")
        replies = {client.rcpt(each) for each in recipients}
    assert len(replies) == 1
    assert replies.pop()[0] == 250


def test_no_letter_shows_a_token_in_its_subject_or_to_another_reader(case: Case) -> None:
    for letter in case.desk.letters():
        token = letter["Reply-To"].partition("@")[0].partition("+")[2]
        assert token not in letter["Subject"]
        assert letter["To"].count("@") == 1
        assert letter["Cc"] is None
        for address in (letter["Reply-To"], letter["Return-Path"], letter["Message-ID"]):
            signature = address.partition("@")[0].rpartition("-")[2]
            assert len(signature) == 16
            assert signature not in case.desk.log.lower(), "the log holds a token"


def test_a_forged_reply_to_on_a_guessed_tag_does_not_divert_the_answer(desk: RunningDesk) -> None:
    case, thief = Case.opened(desk), stranger()
    case.send("Send it to my new address.", subject=f"Re: Printer [desk#{case.number}]", reply_to=thief)
    assert case.messages()[-1]["evidence"]["rung"] == 4
    case.answer("The code is 1234.")
    desk.settled()
    assert len(desk.letters(case.requester)) == 2
    assert desk.letters(thief) == []
