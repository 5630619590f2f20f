"""What a letter looks like as bytes, read back with another reader: the standard library's."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import replace
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.letter import Enclosure, Letter
from spocd.errors import Refused
from spocd.gateway.writing import KINDS, Writer, about, answering, quoted, wrapped
from tests.gateway.letters import BRIEF, EVENT, LETTER, having, read, words

# Every way that a line may end for one program or another, what ends a string, and what starts a terminal's command.
SEPARATORS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\x9b"]
INJECTED = "Bcc: mallory@evil.example"


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer()


def test_an_answer_has_the_headers_of_a_mail_that_a_person_wrote(writer: Writer) -> None:
    raw = writer.write(LETTER)
    message = read(raw)
    assert raw.isascii()
    assert dict(message.items()) == {
        "Date": "Mon, 02 Feb 2026 02:40:00 +0000",
        "From": "Bo Berg <desk@example.org>",
        "To": "Ann Karlsson <ann@example.net>",
        "Reply-To": "desk+r1abc-2-0123456789abcdef@example.org",
        "Subject": "Re: Printer is on fire [desk#1234]",
        "Message-ID": "<m1abc-0123456789abcdef@example.org>",
        "In-Reply-To": "<third@example.net>",
        "References": "<first@example.net> <second@example.org> <third@example.net>",
        "Content-Language": "en",
        "X-Spocd-Instance": "4f2a91",
        "X-Spocd-Kind": "answer",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
    }


@pytest.mark.parametrize(
    ("kind", "submitted", "suppress"),
    [
        ("acknowledgement", "auto-replied", "All"),
        ("answer", None, None),
        ("closed", "auto-generated", "All"),
        ("consult", None, None),
        ("digest", "auto-generated", "All"),
        ("notice", "auto-generated", "All"),
        ("reminder", "auto-generated", "All"),
    ],
)
def test_only_what_nobody_wrote_says_that_it_is_automatic(
    writer: Writer, kind: str, submitted: str | None, suppress: str | None
) -> None:
    message = read(writer.write(replace(LETTER, kind=kind)))
    assert message["Auto-Submitted"] == submitted
    assert message["X-Auto-Response-Suppress"] == suppress
    assert message["X-Spocd-Kind"] == kind
    assert message["Precedence"] is None


def test_a_notice_says_everything_that_happened_and_what_an_answer_becomes(writer: Writer) -> None:
    given = EVENT | {"what": "given", "why": "Bo is ill", "body": "", "brief": BRIEF}
    message = read(writer.write(having(replace(LETTER, kind="notice"), events=[EVENT, given])))
    assert message["Subject"].startswith("[desk#1234] ")
    assert message["Subject"].endswith(": Printer is on fire")
    text = words(message)
    assert "\n> It burns.\n" in text
    assert "Reason: Bo is ill\n\nHow it stands: open, an incident about VPN, priority urgent.\n" in text
    assert "your answer becomes an internal note" in text


def test_an_answer_says_what_is_promised(writer: Writer) -> None:
    text = words(read(writer.write(having(promised="2026-02-02 06:40 UTC"))))
    assert "Please unplug it.\n\nWe will write to you again by 2026-02-02 06:40 UTC.\n\nBo Berg\n" in text
    assert "again by" not in words(read(writer.write(LETTER)))


def test_a_question_to_an_expert_quotes_only_what_it_is_given(writer: Writer) -> None:
    with_it = words(read(writer.write(replace(LETTER, kind="consult"))))
    without = words(read(writer.write(having(replace(LETTER, kind="consult"), quote=""))))
    assert "Ann Karlsson wrote:\n> It burns.\n" in with_it
    assert "Please answer this mail. Your answer goes to IT desk and\nto nobody else.\n" in without
    assert "Ann" not in without


def test_the_same_letter_is_the_same_bytes_from_any_writer() -> None:
    letter = replace(LETTER, enclosures=(Enclosure("a.txt", "text/plain", b"a"),))
    assert Writer().write(letter) == Writer().write(letter)


def test_a_letter_without_a_past_has_no_chain(writer: Writer) -> None:
    message = read(writer.write(replace(LETTER, in_reply_to=None, references=(), reply_to="")))
    assert {"In-Reply-To", "References", "Reply-To"}.isdisjoint(message.keys())


def test_a_long_chain_keeps_its_root_and_its_newest_ids(writer: Writer) -> None:
    ids = tuple(f"{number}@example.net" for number in range(300))
    message = read(writer.write(replace(LETTER, references=ids, in_reply_to="299@example.net")))
    assert message["References"].split() == [
        "<0@example.net>",
        *(f"<{number}@example.net>" for number in range(281, 300)),
    ]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_sec_37_an_id_that_came_in_broken_is_left_out(writer: Writer, separator: str) -> None:
    bad = f"a{separator}{INJECTED}"
    message = read(writer.write(replace(LETTER, in_reply_to=bad, references=("good@example.net", bad, "x" * 2000))))
    assert message["In-Reply-To"] is None
    assert message["References"] == "<good@example.net>"
    assert message["Bcc"] is None


NAMES: list[Any] = [
    pytest.param(lambda text: replace(LETTER, from_name=text), id="From name"),
    pytest.param(lambda text: replace(LETTER, to_name=text), id="To name"),
    pytest.param(lambda text: having(subject=text), id="Subject"),
    pytest.param(lambda text: having(tag=text), id="tag"),
    pytest.param(lambda text: replace(LETTER, enclosures=(Enclosure(text, "text/plain", b""),)), id="filename"),
    pytest.param(lambda text: replace(LETTER, enclosures=(Enclosure("a", text, b""),)), id="type"),
    pytest.param(lambda text: replace(LETTER, language=text), id="language"),
]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("place", NAMES)
def test_sec_37_no_words_make_a_header_of_their_own(
    writer: Writer, place: Callable[[str], Letter], separator: str
) -> None:
    message = read(writer.write(place(f"Ann{separator}{INJECTED}{separator}{separator}body")))
    every = list(message.walk())
    assert all(part["Bcc"] is None for part in every)
    assert not any(re.search("[\x00-\x1f\x7f-\x9f\u2028]", str(value)) for part in every for value in part.values())
    assert "Please unplug it." in words(message)


ADDRESSES: list[Any] = [
    pytest.param("from_address", id="From"),
    pytest.param("to_address", id="To"),
    pytest.param("reply_to", id="Reply-To"),
    pytest.param("message_id", id="Message-ID"),
    pytest.param("instance", id="X-Spocd-Instance"),
]


@pytest.mark.parametrize("separator", [*SEPARATORS, " ", "\t", ">", "\udc80"])
@pytest.mark.parametrize("place", ADDRESSES)
def test_sec_37_a_broken_address_or_id_of_ours_is_refused(writer: Writer, place: str, separator: str) -> None:
    fields: dict[str, Any] = {place: f"a@example.org{separator}x"}
    with pytest.raises(Refused):
        writer.write(replace(LETTER, **fields))


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c)d@e.f",
        "a@b.c,d@e.f",
        "a@b.c;d@e.f",
        "<a@b.c>",
        "a@b.c <d@e.f>",
        '"a b"@c.d',
        "a@[10.0.0.1]",
        "@a:b@c.d",
        "a",
    ],
)
def test_sec_38_a_recipient_that_could_be_read_as_two_is_refused(writer: Writer, address: str) -> None:
    with pytest.raises(Refused):
        writer.write(replace(LETTER, to_address=address))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Åsa Öberg", id="Swedish"),
        pytest.param("Иван Петров-Водкин", id="Russian"),
        pytest.param('Ann "the boss" \\ Karlsson', id="quotes"),
        pytest.param("Karlsson, Ann (IT)", id="comma"),
        pytest.param("=?utf-8?q?a=0D=0ABcc:_x?=", id="looks encoded"),
        pytest.param("鈴木" * 6, id="Japanese"),
        pytest.param("mallory@evil.example", id="an address"),
    ],
)
@pytest.mark.parametrize("address", ["ann@example.net", "åsa@exämple.net"])
def test_a_name_comes_back_as_it_went(writer: Writer, name: str, address: str) -> None:
    message = read(writer.write(replace(LETTER, to_name=name, to_address=address)))
    (found,) = message["To"].addresses
    assert (found.display_name, found.addr_spec) == (name, address)


def test_a_name_of_several_encoded_words_is_cut_between_characters(writer: Writer) -> None:
    raw = writer.write(replace(LETTER, to_name="鈴木" * 30))
    # The older half of the standard library: the newer one puts a space between encoded words of a name.
    value = email.message_from_bytes(raw)["To"]
    assert str(make_header(decode_header(value))) == "鈴木" * 30 + " <ann@example.net>"
    assert all(len(word) <= 75 for word in value.split())


def test_sec_35_a_name_cannot_turn_the_text_around(writer: Writer) -> None:
    message = read(writer.write(replace(LETTER, to_name="Ann \u202egro.live@\u2066x\u2069")))
    assert message["To"].addresses[0].display_name == "Ann gro.live@x"


def test_an_address_beyond_ascii_makes_raw_headers_and_no_others_do(writer: Writer) -> None:
    letter = having(subject="Skrivaren är trasig")
    assert writer.write(replace(letter, to_name="Åsa")).isascii()
    raw = writer.write(replace(letter, to_name="Åsa", to_address="åsa@example.net"))
    assert "Subject: Re: Skrivaren är trasig [desk#1234]\r\n".encode() in raw
    assert read(raw)["Subject"] == "Re: Skrivaren är trasig [desk#1234]"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Printer", "Re: Printer [desk#1234]"),
        ("Re: Printer", "Re: Printer [desk#1234]"),
        ("RE: SV: re[2]: Printer", "Re: Printer [desk#1234]"),
        ("Re: Printer [desk#1234]", "Re: Printer [desk#1234]"),
        ("[DESK#1234] Re: Printer", "Re: Printer [desk#1234]"),
        ("Re: [desk#999] Printer", "Re: [desk#999] Printer [desk#1234]"),
        ("VS: FW: Printer", "Re: Printer [desk#1234]"),
        ("Report: Printer", "Re: Report: Printer [desk#1234]"),
        ("a\r\n b", "Re: a b [desk#1234]"),
        ("ö" * 5000, f"Re: {'ö' * 199}… [desk#1234]"),
    ],
)
def test_the_subject_of_an_answer_and_of_what_answers_nothing(writer: Writer, subject: str, expected: str) -> None:
    assert answering(subject, "[desk#1234]") == expected
    assert about(subject, "[desk#1234]") == expected.removeprefix("Re: ")
    assert read(writer.write(having(subject=subject)))["Subject"] == expected


def test_an_acknowledgement_to_a_stranger_says_nothing_that_the_stranger_chose(writer: Writer) -> None:
    theirs = {"subject": "", "requester_name": "Evil Pills", "quote": "Buy Evil", "quote_author": "Evil"}
    letter = having(replace(LETTER, kind="acknowledgement", to_name=""), known=False, **theirs)
    raw = writer.write(letter)
    assert read(raw)["Subject"] == "We have your message [desk#1234]"
    assert read(raw)["To"] == "ann@example.net"
    assert b"Evil" not in raw
    assert "1234" in words(read(raw))


def test_sec_33_a_stranger_is_not_quoted_even_when_the_subject_is_given(writer: Writer) -> None:
    letter = having(replace(LETTER, kind="acknowledgement", to_name=""), known=False, subject="Buy Evil Pills")
    assert b"Evil" not in writer.write(letter)


def test_an_acknowledgement_to_a_known_person_is_an_answer_to_the_mail(writer: Writer) -> None:
    message = read(writer.write(replace(LETTER, kind="acknowledgement")))
    assert message["Subject"] == "Re: Printer is on fire [desk#1234]"
    assert "Hello Ann Karlsson," in words(message)


def test_an_answer_has_the_agents_words_first_and_the_quote_last(writer: Writer) -> None:
    text = words(read(writer.write(having(quote="It burns.\n\n> Before\nHelp!  \n\n"))))
    assert text == (
        "Please unplug it.\n\nBo Berg\nIT desk\n\n-- \nCase 1234: Printer is on fire\n"
        "To add something, just answer this mail.\n\n"
        "On 3 March 2026 at 14:05, Ann Karlsson wrote:\n> It burns.\n>\n>> Before\n> Help!\n"
    )


def test_an_answer_to_nothing_quotes_nothing_and_nobody(writer: Writer) -> None:
    text = words(read(writer.write(having(quote="", quote_author="", quote_date="", agent_name="", subject=""))))
    assert text == "Please unplug it.\n\nIT desk\n\n-- \nCase 1234\nTo add something, just answer this mail.\n"


@pytest.mark.parametrize(("days", "said"), [(1, "within 1 day "), (30, "within 30 days ")])
def test_a_closing_notice_says_how_long_an_answer_opens_the_case_again(writer: Writer, days: int, said: str) -> None:
    text = words(read(writer.write(having(replace(LETTER, kind="closed"), reopen_days=days))))
    assert said in " ".join(text.split())
    assert text.startswith("Hello Ann Karlsson,")


def test_an_answer_that_closes_says_so_and_how_to_open_the_case_again(writer: Writer) -> None:
    text = words(read(writer.write(having(body="Hi Ann, all done.", closing=True))))
    assert text.startswith("Hi Ann, all done.\n\nWe have closed your case, number 1234.")
    assert "within 30\ndays and we will open it again." in text
    assert "To add something" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_no_letter_has_gaps_or_lines_that_are_too_wide_to_read(writer: Writer, kind: str) -> None:
    for empty in ({}, {"body": ""}, {"subject": "", "agent_name": "", "requester_name": "", "quote": ""}):
        text = words(read(writer.write(having(replace(LETTER, kind=kind), **empty))))
        assert "\n\n\n" not in text
        assert max(map(len, text.split("\n"))) <= 76
        assert "{" not in text


@pytest.mark.parametrize(
    "payload",
    [
        "{{ 7*7 }}",
        "{% for x in range(9) %}x{% endfor %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ config }}",
        "{# gone #}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{{ body }}",
        "{{ 'a'*10**8 }}",
        "{{",
        "%}",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", ["subject", "body", "quote", "requester_name", "agent_name", "desk_name"])
def test_sec_50_what_people_write_is_never_a_template(writer: Writer, payload: str, kind: str, field: str) -> None:
    message = read(writer.write(having(replace(LETTER, kind=kind), **{field: payload})))
    whole = message["Subject"] + "\n" + words(message)
    plain = read(writer.write(having(replace(LETTER, kind=kind), **{field: "PLACE"})))
    assert whole == (plain["Subject"] + "\n" + words(plain)).replace("PLACE", payload)


BODIES: list[Any] = [
    pytest.param("a\nb", "a\nb", id="bare LF"),
    pytest.param("a\rb\r", "a\nb", id="bare CR"),
    pytest.param("a\r\n.\r\nMAIL FROM:<x@y>", "a\n.\nMAIL FROM:<x@y>", id="end of data"),
    pytest.param("a\n.\r\nb\r.\nc\r.\rd", "a\n.\nb\n.\nc\n.\nd", id="odd ends of data"),
    pytest.param(".\n..\n.a", ".\n..\n.a", id="dots"),
    pytest.param("x" * 5000, "x" * 5000, id="a long word"),
    pytest.param("ö" * 5000, "ö" * 5000, id="a long word beyond ASCII"),
    pytest.param("å x " * 2000 + ".", "å x " * 2000 + ".", id="a long line"),
    pytest.param("Привет, мир.\nПока.", "Привет, мир.\nПока.", id="Russian"),
    pytest.param("Åh nej! 100 % = slut =20 ", "Åh nej! 100 % = slut =20 ", id="equals signs"),
    pytest.param("a\x00b\x1b]0;x\x07c\x9bd\x7f", "ab]0;xcd", id="controls"),
    pytest.param("a\u2028b\u2029c", "a\nb\nc", id="separators"),
    pytest.param("a\ud800b", "ab", id="lone surrogate"),
    pytest.param("a\tb  c", "a\tb  c", id="tabs"),
    pytest.param("😀" * 300, "😀" * 300, id="emoji"),
]


@pytest.mark.parametrize(("body", "expected"), BODIES)
@pytest.mark.parametrize("enclosures", [(), (Enclosure("x.bin", "application/x-thing", b"\x00\r\n.\r\n"),)])
def test_sec_53_any_body_comes_back_and_no_line_is_too_long(
    writer: Writer, body: str, expected: str, enclosures: tuple[Enclosure, ...]
) -> None:
    raw = writer.write(replace(having(body=body), enclosures=enclosures))
    assert raw.isascii()
    assert words(read(raw)).startswith(expected + "\n\nBo Berg")


@given(body=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.just("\n"), max_size=3000))
def test_any_text_comes_back_as_it_went(body: str) -> None:
    raw = Writer().write(having(body=f"<{body}>", quote="", agent_name=""))
    assert raw.isascii()
    assert words(read(raw)).startswith(f"<{body}>\n\nIT desk\n")


@given(name=st.text(max_size=300), subject=st.text(max_size=600), address=st.sampled_from(["a@b.c", "å@b.c"]))
def test_any_name_and_subject_stay_one_header(name: str, subject: str, address: str) -> None:
    raw = Writer().write(replace(having(subject=subject), to_name=name, to_address=address))
    message = read(raw)
    assert [each.addr_spec for each in message["To"].addresses] == [address]
    assert message.keys() == read(Writer().write(LETTER)).keys() or raw.isascii()
    assert message["Subject"].endswith("[desk#1234]")


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("räksmörgås på bryggan.pdf", "räksmörgås på bryggan.pdf"),
        ("отчёт за первый квартал две тысячи двадцать шестого года.docx",) * 2,
        ("a" * 100 + ".txt", "a" * 100 + ".txt"),
        ("x" * 500, "x" * 150),
        ('say "hi"; x=y.txt', 'say "hi"; x=y.txt'),
        ("100%25 'sure'.txt", "100%25 'sure'.txt"),
        ("=?utf-8?q?x?=.txt", "=?utf-8?q?x?=.txt"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..\\evil.exe", ".._evil.exe"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("", "attachment"),
        ("\x00\r\n", "attachment"),
    ],
)
def test_a_filename_comes_back_in_a_form_that_is_safe(writer: Writer, filename: str, expected: str) -> None:
    content = bytes(range(256)) * 30
    message = read(writer.write(replace(LETTER, enclosures=(Enclosure(filename, "application/pdf", content),))))
    (part,) = message.iter_attachments()
    assert part.get_filename() == expected
    assert part.get_content_type() == "application/pdf"
    assert part.get_content() == content


@pytest.mark.parametrize(
    ("given_type", "expected"),
    [
        ("text/plain; charset=UTF-8", 'text/plain; charset="utf-8"'),
        ("IMAGE/PNG; name=x", "image/png"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed; boundary=x", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("text/plain\r\nX: y", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_the_type_of_an_enclosure(writer: Writer, given_type: str, expected: str) -> None:
    message = read(writer.write(replace(LETTER, enclosures=(Enclosure("a", given_type, b"x"),))))
    (part,) = message.iter_attachments()
    assert part["Content-Type"] == expected


def test_several_enclosures_keep_their_order_and_an_empty_one_is_kept(writer: Writer) -> None:
    enclosures = tuple(Enclosure(f"{n}.bin", "application/x-thing", bytes([n]) * n) for n in range(3))
    message = read(writer.write(replace(LETTER, enclosures=enclosures)))
    found = [(part.get_filename(), part.get_payload(decode=True)) for part in message.iter_attachments()]
    assert found == [(each.filename, each.content) for each in enclosures]


def test_sec_55_a_quote_longer_than_anybody_reads_is_cut() -> None:
    lines = quoted("\n".join("x" for _ in range(10_000))).split("\n")
    assert len(lines) == 501
    assert lines[-1] == "> [...]"
    assert len(quoted("y" * 10_000_000)) < 70_000


def template(folder: Path, text: str, language: str = "en") -> Writer:
    (folder / language).mkdir(parents=True, exist_ok=True)
    (folder / language / "answer.txt").write_text(text, encoding="utf-8")
    return Writer(folder)


def test_a_template_of_ones_own_takes_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    own = template(tmp_path, "Own {{ tag }}\n\nHej {{ requester_name }}\n")
    assert read(own.write(LETTER))["Subject"] == "Own [desk#1234]"
    assert words(read(own.write(LETTER))) == "Hej Ann Karlsson\n"
    assert read(own.write(replace(LETTER, kind="closed")))["X-Spocd-Kind"] == "closed"


@pytest.mark.parametrize(
    ("language", "written"), [("sv", "sv"), ("fr", "en"), ("", "en"), ("../en", "en"), ("en-GB", "en")]
)
def test_a_language_without_a_template_is_written_in_english(tmp_path: Path, language: str, written: str) -> None:
    own = template(tmp_path, "Svar {{ tag }}\n\n{{ body }}\n", "sv")
    assert read(own.write(replace(LETTER, language=language)))["Content-Language"] == written


def test_the_version_of_a_template_changes_with_its_text(tmp_path: Path, writer: Writer) -> None:
    version = writer.template_version("answer", "en")
    assert re.fullmatch("[0-9a-f]{12}", version)
    assert writer.template_version("answer", "xx") == version
    assert Writer().template_version("answer", "en") == version
    assert template(tmp_path, "a\n\nb").template_version("answer", "en") != version
    assert template(tmp_path, "a\n\nc").template_version("answer", "en") != template(
        tmp_path, "a\n\nb"
    ).template_version("answer", "en")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("s\n\n{{ nothing }}", id="unknown variable"),
        pytest.param("s\n\n{% if %}", id="syntax"),
        pytest.param("{{ subject.__class__ }}\n\nb", id="attribute"),
        pytest.param("s\n\n{{ ''.__class__.__mro__ }}", id="class"),
        pytest.param("s\n\n{{ lipsum(n=100000) }}", id="lipsum"),
        pytest.param("s\n\n{% for x in range(99999) %}{% endfor %}", id="range"),
        pytest.param("s\n\n{% include 'answer.txt' %}", id="include"),
        pytest.param("s\n\n{{ body * 2000000 }}", id="too long"),
    ],
)
def test_sec_51_a_template_that_cannot_be_used_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused) as refused:
        template(tmp_path, text).write(LETTER)
    assert "answer.txt" in refused.value.sentence or refused.value.code == "too-long"


def test_a_kind_that_does_not_exist_is_refused(writer: Writer) -> None:
    with pytest.raises(Refused, match="no letter of the kind"):
        writer.write(replace(LETTER, kind="../secret"))


def test_a_date_its_time_and_its_zone_stay_on_one_line_and_no_long_word_is_broken() -> None:
    text = "x" * 55 + " 2026-03-03 14:05 CET and then\n\n" + "y" * 80
    assert wrapped(text) == "x" * 55 + "\n2026-03-03 14:05 CET and then\n\n" + "y" * 80
