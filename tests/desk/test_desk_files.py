"""Files large and small: what goes in comes out, a piece at a time, and nothing is left of what was not finished."""

from __future__ import annotations

import base64
import hashlib
import io
import os

import pytest

from spocd.daemon.acceptor import DeskAcceptor
from spocd.desk import blob
from spocd.desk.blob import PIECE, Files
from spocd.domain.intake import Envelope
from spocd.errors import Refused, TryLater
from spocd.store import Row
from tests.desk.running_desk import AGENT, DAY, HOUR, OTHER, RunningDesk

WORDS = b"The printer on the second floor is on fire again.\r\n"
ENVELOPE = Envelope("ann@client.example", ("desk@example.org",), "smtp", "127.0.0.1")


class Watched(io.BytesIO):
    """A file that remembers how much was asked of it at most."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        octets = super().read(size)
        self.most = max(self.most, len(octets))
        return octets


def files(desk: RunningDesk) -> Files:
    return Files(desk.store, lambda: float(desk.now))


async def keep(desk: RunningDesk, content: bytes) -> Row:
    """Put a file into the store for good; its row."""
    async with files(desk).put(io.BytesIO(content)) as row:
        await desk.store.write(lambda tx: blob.add(tx, row))
    return row


async def pieces(desk: RunningDesk, row: Row) -> int:
    return len(await desk.store.read(lambda tx: tx.all("blob_piece_starts", file=row["body"].decode())))


async def fetched(desk: RunningDesk, sha256: str) -> bytes:
    """A file as a client gets it, from one reply after the other."""
    content = b""
    while True:
        answer = await desk.ask("blob.get", sha256=sha256, offset=len(content))
        content += base64.b64decode(answer["content"])
        if len(content) >= answer["total"]:
            return content


@pytest.mark.parametrize(
    ("content", "is_in_pieces"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(WORDS * 400, False, id="a page"),
        pytest.param(os.urandom(PIECE), False, id="one piece"),
        pytest.param(os.urandom(PIECE + 1), True, id="one octet more"),
        pytest.param(WORDS * 50_000, True, id="text that can be compressed"),
        pytest.param(os.urandom(700_000) + WORDS * 20_000 + os.urandom(700_000), True, id="some of both"),
    ],
)
async def test_a_file_comes_out_as_it_went_in(desk: RunningDesk, content: bytes, is_in_pieces: bool) -> None:
    row = await keep(desk, content)
    assert (row["sha256"], row["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (row["encoding"] == "pieces") is is_in_pieces
    assert await desk.read(lambda each: blob.fetch(each, row["sha256"])) == content
    assert await fetched(desk, row["sha256"]) == content
    assert (await desk.ask("blob.get", sha256=row["sha256"], offset=len(content)))["content"] == ""


async def test_a_large_file_is_read_and_written_a_piece_at_a_time(desk: RunningDesk) -> None:
    content = Watched(os.urandom(5 * PIECE + 7))
    async with files(desk).put(content) as row:
        assert await pieces(desk, row) == 6
    assert content.most == PIECE


async def test_text_takes_less_room_than_it_has_octets_and_base64_is_not_worth_the_time(desk: RunningDesk) -> None:
    for content, encoding in ((WORDS * 50_000, "zlib"), (base64.encodebytes(os.urandom(1_000_000)), "identity")):
        row = await keep(desk, content)
        name = row["body"].decode()
        piece = await desk.store.read(lambda tx, name=name: tx.one("blob_piece", file=name, offset=PIECE))
        assert piece is not None
        assert (piece["start"], piece["encoding"]) == (PIECE, encoding)


async def test_nothing_is_left_of_a_file_that_nothing_came_to_name(desk: RunningDesk) -> None:
    with pytest.raises(TryLater):
        async with files(desk).put(io.BytesIO(os.urandom(2 * PIECE))) as failed:
            raise TryLater("the database was away")
    async with files(desk).put(io.BytesIO(os.urandom(2 * PIECE))) as unnamed:
        assert await pieces(desk, unnamed) == 2
    assert [await pieces(desk, each) for each in (failed, unnamed)] == [0, 0]


async def test_a_row_cannot_name_pieces_that_have_been_dropped(desk: RunningDesk) -> None:
    async with files(desk).put(io.BytesIO(os.urandom(2 * PIECE))) as row:
        await desk.store.write(lambda tx: blob.drop_unfinished(tx, desk.now + 1))
        with pytest.raises(TryLater):
            await desk.store.write(lambda tx: blob.add(tx, row))
    with pytest.raises(Refused):
        await desk.read(lambda each: blob.fetch(each, row["sha256"]))


async def test_the_same_file_again_is_there_already(desk: RunningDesk) -> None:
    content = os.urandom(2 * PIECE)
    first = await keep(desk, content)
    again = await keep(desk, content)
    assert again["body"] == b""
    assert await pieces(desk, first) == 2
    assert await fetched(desk, again["sha256"]) == content


async def test_of_the_same_file_twice_at_once_one_stays(desk: RunningDesk) -> None:
    content = os.urandom(2 * PIECE)
    async with files(desk).put(io.BytesIO(content)) as one, files(desk).put(io.BytesIO(content)) as other:
        assert one["body"] != other["body"]
        for row in (one, other):
            await desk.store.write(lambda tx, row=row: blob.add(tx, row))
    assert [await pieces(desk, each) for each in (one, other)] == [2, 0]
    assert await fetched(desk, one["sha256"]) == content


async def upload(desk: RunningDesk, content: bytes, *, sha256: str, start: int = 0, step: int = PIECE) -> None:
    for offset in range(start, len(content), step):
        piece = base64.b64encode(content[offset : offset + step]).decode()
        await desk.ask("blob.put", sha256=sha256, offset=offset, total=len(content), content=piece)


async def test_an_upload_that_arrived_damaged_can_be_sent_again(desk: RunningDesk) -> None:
    content = os.urandom(3 * PIECE)
    sha256 = hashlib.sha256(content).hexdigest()
    with pytest.raises(Refused) as refused:
        await upload(desk, os.urandom(3 * PIECE), sha256=sha256, step=100_000)
    assert refused.value.code == "damaged"
    await upload(desk, content, sha256=sha256)
    assert await fetched(desk, sha256) == content


@pytest.mark.parametrize("by", [pytest.param(OTHER, id="somebody else"), pytest.param(AGENT, id="the same one")])
async def test_two_who_send_the_same_new_file_at_once_both_have_it(desk: RunningDesk, by: int) -> None:
    content = os.urandom(2 * PIECE + 50)
    sha256 = hashlib.sha256(content).hexdigest()
    for sender, offset in ((AGENT, 0), (AGENT, PIECE), (by, 0), (AGENT, 2 * PIECE), (by, PIECE), (by, 2 * PIECE)):
        piece = base64.b64encode(content[offset : offset + PIECE]).decode()
        await desk.ask("blob.put", by=sender, sha256=sha256, offset=offset, total=len(content), content=piece)
    attached = [{"filename": "a.bin", "sha256": sha256}]
    await desk.mail("printer")
    for sender in (AGENT, by):
        await desk.ask("ticket.note", by=sender, ticket=1, body="x", attachments=attached)
    assert await fetched(desk, sha256) == content


async def test_an_upload_that_stops_for_a_day_is_dropped_and_one_that_goes_on_is_not(desk: RunningDesk) -> None:
    content = os.urandom(2 * PIECE)
    sha256 = hashlib.sha256(content).hexdigest()
    first = base64.b64encode(content[:PIECE]).decode()

    async def first_piece_then(later: int) -> None:
        await desk.ask("blob.put", sha256=sha256, offset=0, total=len(content), content=first)
        desk.now += later
        await desk.store.write(lambda tx: blob.drop_unfinished(tx, desk.now - DAY))

    await first_piece_then(DAY + 1)
    with pytest.raises(TryLater, match="from its beginning"):
        await upload(desk, content, sha256=sha256, start=PIECE)
    await first_piece_then(DAY - HOUR)
    await upload(desk, content, sha256=sha256, start=PIECE)
    desk.now += 2 * DAY
    await desk.store.write(lambda tx: blob.drop_unfinished(tx, desk.now - DAY))
    assert await fetched(desk, sha256) == content


async def test_a_large_mail_is_one_mail_however_often_it_is_delivered(desk: RunningDesk) -> None:
    raw = b"From: Ann <ann@client.example>\r\nSubject: Large\r\n\r\n" + WORDS * 40_000
    acceptor = DeskAcceptor(desk.store, lambda: desk.settings, lambda: float(desk.now), lambda: None)
    for _ in range(2):
        await acceptor.accept(ENVELOPE, io.BytesIO(raw))
    [mail] = await desk.lease()
    assert mail.size == len(raw)
    fate = await desk.decide(mail)
    assert fate.name == "opened"
    assert await fetched(desk, (await desk.ask("message.raw", message="1.1"))["sha256"]) == raw


@pytest.mark.parametrize("octets", [2_000, 100_000, 3_000_000])
async def test_a_pipe_and_a_listener_agree_whether_two_mails_are_the_same(desk: RunningDesk, octets: int) -> None:
    raw = b"From: Ann <ann@client.example>\r\nSubject: Twice\r\n\r\n" + WORDS * (octets // len(WORDS))
    acceptor = DeskAcceptor(desk.store, lambda: desk.settings, lambda: float(desk.now), lambda: None)
    await acceptor.accept(ENVELOPE, io.BytesIO(raw))
    await acceptor.accept(ENVELOPE, io.BytesIO(raw.replace(b"\r\n", b"\n")))
    assert len(await desk.lease()) == 1
