"""Reports of non-delivery as servers write them; each mail is the smallest that has the shape of its program's."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from spocd.domain.reading import Reading
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import BOUNCE, mail, multipart

MAILS = Path(__file__).parents[1] / "mails" / "kinds"


def read(folder: str, name: str) -> Reading:
    return read_mail((MAILS / folder / f"{name}.eml").read_bytes())


# The mail, what it says of each who was not reached (status, action, permanent), and the mail that it is about.
SERVERS: list[tuple[str, list[tuple[str, str | None, str, bool]], str | None]] = [
    ("163", [("li@163.example", None, "failed", True)], None),
    ("activehunter", [("kuro@ah.example", "5.1.1", "failed", True)], None),
    ("aol", [("pat@aol.example", None, "failed", True)], None),
    ("barracuda", [("ann@bc.example", None, "failed", True)], None),
    ("biglobe", [("tama@biglobe.example", None, "failed", True)], None),
    ("communigate", [("kim@cgp.example", None, "failed", True)], None),
    ("courier", [("eve@courier.example", None, "failed", True)], None),
    ("docomo", [("taro@docomo.example", None, "failed", True)], None),
    (
        "dsn-as-text",
        [("a1@gw.example", "5.1.1", "failed", True), ("a2@gw.example", "5.2.2", "failed", True)],
        "dt@example.com",
    ),
    ("dsn-base64", [("el@r.example", "5.1.1", "failed", True)], None),
    ("dsn-expanded-mixed", [("bad@r.example", "5.1.1", "failed", True)], None),
    ("dsn-global", [("jörg@bücher.example", "5.6.7", "failed", True)], None),
    ("dsn-truncated", [("c@gw.example", None, "failed", True)], None),
    ("exch-da", [("ole@firma.dk.example", "5.1.1", "failed", True)], None),
    ("exch-es", [("ana@empresa.example", None, "failed", True)], None),
    ("exch-fi-delay", [("matti@yritys.example", None, "delayed", False)], None),
    ("exch-fr", [("luc@societe.example", "5.2.2", "failed", True)], None),
    ("exch-it", [("gino@azienda.example", None, "failed", True)], None),
    ("exch-ja", [("yuki@kaisha.example", "5.1.1", "failed", True)], None),
    ("exch-nl", [("kees@bedrijf.example", "5.1.1", "failed", True)], None),
    ("exch-no", [("nils@bedrift.example", None, "failed", True)], None),
    ("exch-pl-delay", [("jan@firma.example", None, "delayed", False)], None),
    ("exch-ru", [("ivan@firma.example", None, "failed", True)], None),
    ("exch-tr", [("can@sirket.example", None, "failed", True)], None),
    ("exch-zh", [("wang@gongsi.example", None, "failed", True)], None),
    ("exch55", [("joe@ex55.example", None, "failed", True)], None),
    ("exchange2003-sv", [("karin@bolag.example", "5.1.1", "failed", True)], None),
    ("exchange2013-de-dsn", [("maria@firma.example", "5.1.1", "failed", True)], "x9@example.com"),
    ("exim-delay", [("bob@remote.example.net", "4.2.0", "delayed", False)], None),
    (
        "exim-fail-old",
        [("a@x.example", None, "failed", True), ("b@y.example", "5.1.1", "failed", True)],
        "t1@example.com",
    ),
    ("ezweb", [("neko@ezweb.example", None, "failed", True)], None),
    ("gmail-2016-es", [("nadie@gmail.example", "5.1.1", "failed", True)], None),
    ("gmail-delay", [("tim@slow.example", None, "delayed", False)], None),
    ("gmail-full", [("max@gmail2.example", "4.2.2", "failed", False)], None),
    ("gmail-new", [("nobody@gmail.example", "5.1.1", "failed", True)], "orig@example.com"),
    ("groupwise", [("bob@gw.example", None, "failed", True)], None),
    ("hmailserver", [("gus@hm.example", None, "failed", True)], None),
    ("host-unknown", [("amy@nodomain.example", "5.1.2", "failed", True)], None),
    ("hu-postfix", [("pal@ceg.example", None, "failed", True)], None),
    ("icloud", [("una@icloud.example", "5.1.1", "failed", True)], None),
    ("imail", [("foo@imail.example", None, "failed", True)], "im@example.com"),
    ("interscan", [("ida@is.example", None, "failed", True)], None),
    ("james", [("taro@james.example", "5.1.1", "failed", True)], None),
    ("kerio", [("ola@kerio.example", None, "failed", True)], None),
    ("ko", [("kim@hoesa.example", None, "failed", True)], None),
    ("lmtp-dovecot", [("leo@dc.example", "5.2.2", "failed", True)], None),
    ("mailbox-full", [("full@x.example", "5.2.2", "failed", True)], None),
    ("mailchannels", [("bea@mc2.example", "5.7.1", "failed", True)], None),
    ("mailenable", [("foo@me.example", "5.1.1", "failed", True)], None),
    ("mailru", [("ivan@list.example", None, "failed", True)], None),
    ("mcafee", [("kit@mcafee.example", None, "failed", True)], None),
    ("mdaemon", [("per@mdaemon.example", "5.1.1", "failed", True)], None),
    ("messagelabs", [("joe@ml.example", None, "failed", True)], None),
    ("mfilter", [("mike@mf.example", "5.1.1", "failed", True)], "mf@example.com"),
    ("mimecast", [("joe@mc.example", "5.1.1", "failed", True)], None),
    ("mmdf", [("jim@mmdf.example", None, "failed", True)], "mm@example.com"),
    ("nl-ziggo", [("jan@ziggo.example", "5.1.1", "failed", True)], None),
    ("nodomain-exim", [("bo@nowhere.example", None, "failed", True)], None),
    ("notes", [("jdoe@notes.example", None, "failed", True)], None),
    ("notes-de", [("uwe@notes.example", None, "failed", True)], None),
    ("o365-de", [("eva@firma.example", None, "failed", True)], None),
    ("o365-fi-nodsn", [("matti@firma.example", "5.1.10", "failed", True)], None),
    ("o365-new", [("lea@contoso.example", None, "failed", True)], None),
    ("opensmtpd-text", [("una@os.example", "5.1.1", "failed", True)], "os1@example.com"),
    ("outlook-plain", [("zoe@o.example", "5.5.0", "failed", True)], None),
    ("postfix-delay", [("x@late.example", "4.4.1", "delayed", False)], None),
    ("postfix-forwarded-old", [("sam@p.example", None, "failed", True), ("tom@p.example", None, "failed", True)], None),
    ("proofpoint", [("rob@pp.example", None, "failed", False)], None),
    (
        "qmail-multi",
        [("one@one.example", "5.1.1", "failed", True), ("two@two.example", None, "failed", True)],
        "q@example.com",
    ),
    ("qq", [("foo@qq.example", None, "failed", True)], None),
    ("rambler", [("olga@rambler.example", None, "failed", True)], None),
    ("sendgrid", [("eva@sg.example", "5.1.1", "failed", True)], None),
    ("sendmail-warn", [("zed@slow.example", None, "delayed", False)], None),
    ("ses-dsn-text", [("lily@ses.example", None, "failed", True)], None),
    ("smail3", [("ed@smail.example", None, "failed", True)], "sm@example.com"),
    ("softbank", [("hana@softbank.example", None, "failed", True)], None),
    ("surfcontrol", [("amy@sc.example", "5.1.1", "failed", True)], None),
    ("sympa", [("ray@sympa.example", None, "failed", True)], None),
    ("tonline", [("heinz@t-online.example", "5.1.1", "failed", True)], None),
    ("vxfmail-att", [("lee@att.example", None, "failed", True)], None),
    ("x2", [("one@x2.example", None, "failed", True)], "x2@example.com"),
    ("x4-qmail", [("dan@x4.example", None, "failed", True)], None),
    ("yahoo", [("someone@yahoo.example", None, "failed", True)], "y1@example.com"),
    ("yandex", [("olga@ya.example", "5.7.1", "failed", True)], None),
    ("zimbra-text", [("nils@zimbra.example", "4.2.2", "failed", False)], None),
    ("zoho-greylist", [("max@gl.example", None, "delayed", False)], None),
]


@pytest.mark.parametrize(("name", "told", "message_id"), SERVERS, ids=[each[0] for each in SERVERS])
def test_a_servers_letter_says_who_was_not_reached(
    name: str, told: list[tuple[str, str | None, str, bool]], message_id: str | None
) -> None:
    reading = read("bounces", name)
    assert (reading.kind, reading.automatic, reading.answerable) == ("bounce", True, False)
    undelivered = [each for each in reading.bounces if each.action in ("failed", "delayed")]
    assert [(each.recipient, each.status, each.action, each.permanent) for each in undelivered] == told
    assert {each.original_message_id for each in undelivered} == {message_id}


def test_each_mail_of_the_folder_is_in_the_table() -> None:
    assert {each.stem for each in (MAILS / "bounces").iterdir()} == {each[0] for each in SERVERS}


@pytest.mark.parametrize("name", sorted(each.stem for each in (MAILS / "people").iterdir()))
def test_who_writes_about_undelivered_mail_or_absence_is_a_person(name: str) -> None:
    reading = read("people", name)
    assert (reading.kind, reading.automatic) == ("message", False)
    assert reading.answerable or "nobody reads" in str(reading.unanswerable_because).lower()


def cover(body: str, *lines: str) -> Reading:
    return read_mail(mail("From: MAILER-DAEMON@mx.example.net", "Subject: failure notice", *lines, body=body))


@pytest.mark.parametrize(
    ("body", "recipients"),
    [
        ("Not delivered to:\n\n  <ann@x.example>\n  bob@x.example\n", ["ann@x.example", "bob@x.example"]),
        ("<ann@x.example>:\nno such user\n<ann@x.example>:\nagain\n", ["ann@x.example"]),
        ("<ann@x.example>... User unknown\n", ["ann@x.example"]),
        ("550 5.1.1 <ann@x.example>... User unknown\n", ["ann@x.example"]),
        ('"ann@x.example":\nMailbox full\n', ["ann@x.example"]),
        ("  Ann Berg (ann@x.example)\nwas not found.\n", ["ann@x.example"]),
        ("did not reach:\n\nc=US;a= ;p=X;o=Y;dda:SMTP=ann@x.example; on Fri, 4 Oct\n", ["ann@x.example"]),
        ("Could not be delivered to: <ann@x.example>\n    As their mailbox is full.\n", ["ann@x.example"]),
        ("Failed Recipient: ann@x.example\nReason: no\n", ["ann@x.example"]),
        ("RCPT TO:<ann@x.example>\n550 no such user\n", ["ann@x.example"]),
        ("MAIL FROM: desk@x.example\nRCPT TO: ann@x.example\n550 no\n", ["ann@x.example"]),
        ("收件人（ann@x.example）不存在，邮件无法送达。\n", ["ann@x.example"]),
        ("The mail to ann@x.example was not delivered. Ask support@x.example.\n", ["ann@x.example"]),
        ("For help contact <help@x.example>\n\n<ann@x.example>: host mx said: 550 no\n", ["ann@x.example"]),
        ("For help contact\nhelp@x.example\n\nYour mail to ann@x.example was not delivered.\n", ["ann@x.example"]),
        ("A mail sent by\n\n  <bob@x.example>\n\nwas not delivered to:\n\n  ann@x.example\n", ["ann@x.example"]),
        ("It failed:\n\n  an undisclosed address\n    (generated from ann@x.example)\n", ["ann@x.example"]),
        ("It was not delivered.\n\nSubject: Printer\nTo: ann@x.example\n", ["ann@x.example"]),
        (
            "It was not delivered.\n\n--- Original message ---\nFrom: a@b.example\nTo: ann@x.example\n",
            ["ann@x.example"],
        ),
        ("It was not delivered.\n\n--- Original message ---\nTo: ann@x.example, bob@x.example\n", [None]),
        ("<desk@example.com>:\nno such user\n", ["desk@example.com"]),
        ("Nothing is said.\n", [None]),
    ],
)
def test_the_recipient_is_told_by_its_place(body: str, recipients: list[str | None]) -> None:
    assert [each.recipient for each in cover(body, "To: desk@example.com").bounces] == recipients


@pytest.mark.parametrize(
    ("words", "status", "action", "permanent"),
    [
        ("550 5.1.1 no such user", "5.1.1", "failed", True),
        ("550 no such user", None, "failed", True),
        ("no such user", None, "failed", True),
        ("Mailbox is full.", None, "failed", True),
        ("552 5.2.2 over quota", "5.2.2", "failed", True),
        ("452 4.2.2 over quota", "4.2.2", "failed", False),
        ("retry timeout exceeded", None, "failed", False),
        ("all hosts have been failing for a long time", None, "failed", False),
        ("Connection timed out", None, "failed", False),
        ("450 greylisted. It will be retried.", None, "delayed", False),
        ("This is a warning only. You do not need to resend your message.", None, "delayed", False),
        ("Die Zustellung wird weiterhin versucht.", None, "delayed", False),
        ("I'm not going to try again.", None, "failed", True),
        ("Call 480-624-2500 for help.", None, "failed", True),
        ("It is about the release 2.0.12 of our program.", None, "failed", True),
        ("host mx[192.0.2.4] (Exim 4.92.3) version 5.5.2653.19: no", None, "failed", True),
    ],
)
def test_the_servers_words_say_whether_it_is_final(words: str, status: str, action: str, permanent: bool) -> None:
    (told,) = cover(f"Your mail was not delivered.\n\n<ann@x.example>:\n{words}\n").bounces
    assert (told.recipient, told.status, told.action, told.permanent) == ("ann@x.example", status, action, permanent)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        pytest.param("Meeting", "ann@x.example: 550 Main Street, at ten.\n", id="nothing was undelivered"),
        pytest.param("Mail", "Our users cannot deliver to bob@x.example. Can you look?\n", id="no server speaks"),
        pytest.param(
            "Re: Undeliverable: Printer", "The mailbox bob@x.example was full, now it works.\n", id="an answer"
        ),
        pytest.param("Fwd: failure notice", "See below.\n\n> <bob@x.example>: 550 no such user\n", id="passed on"),
    ],
)
def test_a_postmaster_is_a_person_too(subject: str, body: str) -> None:
    assert read_mail(mail("From: Ann Berg <postmaster@x.example>", f"Subject: {subject}", body=body)).kind == "message"


def test_a_late_mail_is_not_final_whatever_its_status() -> None:
    assert [each.permanent for each in read_mail(BOUNCE.replace(b"4.4.1", b"5.4.1")).bounces] == [True, False]


def test_each_recipient_has_its_own_reason() -> None:
    body = (
        "<ann@x.example>:\n550 5.1.1 no such user\n\n<bob@x.example>:\n452 4.2.2 full\n\n<eve@x.example>:\nno route\n"
    )
    told = cover(body).bounces
    assert [(each.status, each.permanent) for each in told] == [("5.1.1", True), ("4.2.2", False), (None, True)]


def test_a_letter_about_a_mail_that_arrived_is_a_report() -> None:
    reading = cover("Your message was successfully delivered to:\n\n<ann@x.example>\n")
    assert (reading.kind, [each.action for each in reading.bounces]) == ("report", ["delivered"])


def test_a_delivery_report_that_somebody_passes_on_with_its_parts_is_a_message() -> None:
    raw = multipart(
        "mixed",
        "\nWhat is this?",
        "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\n",
        lines=("Subject: Fwd: Undelivered Mail",),
    )
    assert read_mail(raw).kind == "message"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(BOUNCE.replace(b"message/delivery-status", b"text/plain"), id="the part has lost its label"),
        pytest.param(BOUNCE.replace(b"\n\nOriginal-Recipient", b"\nOriginal-Recipient"), id="no blank line between"),
        pytest.param(BOUNCE.replace(b"\nAction", b"\n\nAction"), id="blank lines within"),
        pytest.param(BOUNCE.replace(b"\n--b", b"\n--c"), id="the boundary does not fit"),
        pytest.param(BOUNCE.replace(b"rfc822; ", b"<").replace(b".net\n", b".net>\n"), id="in angles, without a type"),
        pytest.param(BOUNCE.replace(b"failed", b"FAILED (permanently)"), id="with a comment"),
    ],
)
def test_a_damaged_delivery_report_is_read_all_the_same(raw: bytes) -> None:
    reading = read_mail(raw)
    assert reading.kind == "bounce"
    assert [(each.recipient, each.status, each.permanent) for each in reading.bounces] == [
        ("ann@example.net", "5.1.1", True),
        ("robert@example.net", "4.4.1", False),
    ]


@pytest.mark.parametrize(
    ("fields", "recipient"),
    [
        ("Final-Recipient: x400; /S=ann/O=x/C=gb/\nOriginal-Recipient: rfc822; ann@x.example", "ann@x.example"),
        ("Final-Recipient: x400; /RFC-822=ann(a)x.example/ADMD= /C=WW/", "ann@x.example"),
        ("Final-Recipient: rfc822; |/usr/bin/filter ann@x.example /home/ann", "ann@x.example"),
        ("Final-Recipient: rfc822; @relay.example:ann@x.example", "ann@x.example"),
        ("Final-Recipient: rfc822; ann@mailhub\nOriginal-Recipient: rfc822; ann@x.example", "ann@x.example"),
        ("Final-Recipient: rfc822; ann@mailhub", "ann@mailhub"),
        ("Final-Recipient: LOCAL; ann", "ann"),
    ],
)
def test_a_recipient_of_another_network_is_read_as_an_address(fields: str, recipient: str) -> None:
    status = (
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{fields}\nAction: failed\nStatus: 5.1.1\n"
    )
    assert [each.recipient for each in read_mail(multipart("report", status)).bounces] == [recipient]


def test_the_diagnostic_speaks_where_the_status_does_not() -> None:
    status = "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\n"
    raw = multipart("report", status + "Diagnostic-Code: smtp;\n 450 4.7.1 greylisted\n")
    (told,) = read_mail(raw).bounces
    assert (told.status, told.permanent) == ("4.7.1", False)


def test_a_report_names_at_most_500_recipients() -> None:
    fields = "\n".join(f"Final-Recipient: rfc822; p{n}@x.example\nAction: failed\n" for n in range(700))
    assert len(read_mail(multipart("report", f"Content-Type: message/delivery-status\n\n{fields}")).bounces) == 500
    assert len(cover("".join(f"<p{n}@x.example>:\nno\n" for n in range(700))).bounces) == 500


HEADER = b"From: mailer-daemon@x.example\nReturn-Path: <>\nSubject: failure notice\n\n"
UNITS = ["<a@b.example>:\n", "a@", "a@b.example ", "recipient: ", "550 ", "550 <a@b.example> no\n", "5.1.1 ", "To: "]
UNITS += [
    "--- copy of the ",
    "deliver ",
    "could not ",
    "From: a\n\n",
    "Final-Recipient: rfc822;a@b.example\n",
    "name (a@b",
]
UNITS += [
    "smtp=",
    "your ",
    "generated from ",
    "x.",
    '"',
    '{"notificationType":',
    "out of ",
    "thank you for ",
    " label: x\n",
]


@pytest.mark.parametrize("unit", UNITS)
def test_a_megabyte_of_anything_takes_no_time(unit: str) -> None:
    began = time.process_time()
    read_mail(HEADER + unit.encode() * (1024 * 1024 // len(unit)))
    assert time.process_time() - began < 1.5  # most take 0.1 s; a quadratic step would take minutes


@pytest.mark.parametrize("word", ["auto: ", "delivery ", "is out of ", "re: ", "report domain: ", "a"])
def test_a_subject_without_end_takes_no_time(word: str) -> None:
    began = time.process_time()
    read_mail(mail(f"Subject: {word * (16_000 // len(word))}"))
    assert time.process_time() - began < 0.5
