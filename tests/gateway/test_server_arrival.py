"""Where a mail ends, however its octets are cut into blocks; and what the log may say of an address."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.gateway import trace
from spocd.gateway.data import HELD, Arrival, times_received

MOSTLY_ENDS = st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"x", b"\x00"]), max_size=20)


NOWHERE = Path("/nonexistent")  # small mails need no folder


def _mail(arrival: Arrival) -> bytes:
    return asyncio.run(arrival.mail()).read()


def _stuffed(lines: list[bytes]) -> bytes:
    """RFC 5321 section 4.5.2, as a sender does it."""
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


@given(st.lists(MOSTLY_ENDS.map(b"".join).filter(lambda line: b"\r\n" not in line), max_size=6), st.data())
def test_what_a_sender_stuffs_comes_out_as_it_was_however_it_is_cut(lines: list[bytes], data: st.DataObject) -> None:
    # A line that ends in CR would, with the CRLF behind it, still be one line; one that splits CR and LF is two.
    wire = _stuffed(lines) + b"NOOP\r\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    arrival, rest = Arrival(10_000, NOWHERE), None
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        if rest is None:
            rest = arrival.feed(wire[start:end])
        else:
            rest += wire[start:end]
    assert rest == b"NOOP\r\n"
    assert _mail(arrival) == b"".join(line + b"\r\n" for line in lines)
    assert arrival.size == len(_mail(arrival))


@given(MOSTLY_ENDS.map(b"".join), st.data())
def test_the_cuts_make_no_difference_to_any_octets(wire: bytes, data: st.DataObject) -> None:
    whole, cut = Arrival(10_000, NOWHERE), Arrival(10_000, NOWHERE)
    rest = whole.feed(wire)
    at = data.draw(st.integers(0, len(wire)))
    first = cut.feed(wire[:at])
    second = cut.feed(wire[at:]) if first is None else first + wire[at:]
    assert (second, _mail(cut)) == (rest, _mail(whole))


@pytest.mark.parametrize(("limit", "is_too_large"), [(12, False), (11, True)])
def test_the_limit_is_counted_without_stuffed_dots(limit: int, is_too_large: bool) -> None:
    arrival = Arrival(limit, NOWHERE)
    assert arrival.feed(_stuffed([b".dot", b".dot"])) == b""
    assert arrival.size == 12
    assert arrival.too_large is is_too_large


@pytest.mark.parametrize(
    ("raw", "times"),
    [
        (b"Received: a\r\nrECEIVED : b\r\n\tReceived: folded\r\nX-Received: c\r\n\r\nReceived: text\r\n", 2),
        (b"Received: a\nReceived: b\n\nReceived: text\n", 2),
        (b"Received: a", 1),
        (b"", 0),
    ],
)
def test_received_lines_are_counted_in_the_header_alone(raw: bytes, times: int) -> None:
    mail = io.BytesIO(raw)
    assert times_received(mail) == times
    assert mail.read() == raw


@pytest.mark.parametrize("block", [1, 1000, 3 * HELD])
async def test_a_large_mail_waits_in_a_file_that_nobody_else_can_see(tmp_path: Path, block: int) -> None:
    lines = [b".%d" % number for number in range(40_000 if block > 1 else 12_000)]
    wire, arrival, rest = _stuffed(lines), Arrival(10_000_000, tmp_path), None
    for start in range(0, len(wire), block):
        rest = arrival.feed(wire[start : start + block])
        await arrival.settle()
    assert rest == b""
    mail = await arrival.mail()
    with mail:
        assert isinstance(mail.fileno(), int)
        assert list(tmp_path.iterdir()) == []
        arrival.close()  # what was handed over is its taker's
        assert mail.read() == b"".join(line + b"\r\n" for line in lines)


async def test_a_mail_for_which_there_is_no_room_is_not_kept(tmp_path: Path) -> None:
    arrival = Arrival(10_000_000, tmp_path / "missing")
    for _ in range(3):
        assert arrival.feed(b"x" * (HELD + 1)) is None
        await arrival.settle()
    assert arrival.feed(b"\r\n.\r\nQUIT") == b"QUIT"
    assert arrival.size == 3 * (HELD + 1) + 2
    with pytest.raises(FileNotFoundError):
        await arrival.mail()


@pytest.mark.parametrize(
    ("address", "delimiter", "shown"),
    [
        ("desk@example.org", "+", "desk@example.org"),
        ("desk+r14d2-7-0123456789abcdef@example.org", "+", "desk+r14d...@example.org"),
        ("desk+r14d2-7-0123456789abcdef.close@example.org", "+", "desk+r14d...@example.org"),
        ("desk+it@example.org", "+", "desk+it@example.org"),
        pytest.param("r14d2-7-0123456789abcdef@d.example.org", "", "r14d...@d.example.org", id="no delimiter"),
        pytest.param("b=b14d2-0123456789ABCDEF@example.org", "+", "b=b14d...@example.org", id="another's delimiter"),
        ("christina.andersson-lund@example.org", "+", "christina.andersson-lund@example.org"),
        ("postmaster", "+", "postmaster"),
        ("desk+r14d2-7-0123456789abcdef", "+", "desk+r14d..."),
        ("", "+", ""),
    ],
)
def test_sec_60_no_token_gets_into_the_log(address: str, delimiter: str, shown: str) -> None:
    assert trace.without_token(address, delimiter) == shown


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("two words", '"two words"'),
        ("a=b", '"a=b"'),
        ('quote"', '"quote\\""'),
        ("line\nbreak", '"line\\nbreak"'),
        ("\x1b[31m", '"\\u001b[31m"'),
        ("jörg", '"j\\u00f6rg"'),
    ],
)
def test_sec_49_no_value_breaks_out_of_its_place_in_the_log(value: str, written: str) -> None:
    assert trace.line("event", key=value) == f"event key={written}"
