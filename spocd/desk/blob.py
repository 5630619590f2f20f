"""Files: raw mails and attachments, kept once each under the SHA-256 of what they are, compressed where that helps.

What came by mail in up to PIECE octets is one row. Everything else lies in pieces, so that no more than a piece is held
or written at once: they are committed ahead, under a name of their own, and count from when a row names them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import io
import os
import secrets
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import BinaryIO, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.operation import Desk, operation
from spocd.desk.possession import may_have, remember_sender
from spocd.errors import Exit, Refused, TryLater
from spocd.store import Row, Store, Transaction

PIECE = 512 * 1024  # octets: with base64 and the rest well under a frame of 1 MiB, and soon written
MOST = 18 * 1024 * 1024  # octets of one file: a letter with it stays below the 25 MiB that mail servers take
WORTH_COMPRESSING = 16 * 1024  # octets; below, the time costs more than the room
_SAMPLE = 32 * 1024  # octets that show whether the rest of a piece is worth it, too
# Base64 of a picture or an archive shrinks to three quarters, and takes five times as long as writing it as it is.
_SHRUNK = 0.7
_AT_ONCE = 2  # pieces on their way into the store: they share its commits, and small mails wait for few of them


class Piece(TypedDict):
    content: str
    total: int


class Received(TypedDict):
    received: int


def pack(content: bytes) -> Row:
    """A row of `blob` for a file of one piece. Costs time for a large one: make it outside of transactions."""
    encoding, body = _packed(content)
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "encoding": encoding, "body": body}


def _packed(content: bytes) -> tuple[str, bytes]:
    if len(content) >= WORTH_COMPRESSING and _shrinks(content[:_SAMPLE]):
        return "zlib", zlib.compress(content, 1)
    return "identity", content


def _next_packed(pieces: Iterator[bytes]) -> tuple[int, str, bytes]:
    """The next piece: its length, none at the end, and how it is stored."""
    piece = next(pieces, b"")
    return len(piece), *_packed(piece)


def _shrinks(sample: bytes) -> bool:
    return len(zlib.compress(sample, 1)) < _SHRUNK * len(sample)


def _unpacked(row: Row) -> bytes:
    return zlib.decompress(row["body"]) if row["encoding"] == "zlib" else bytes(row["body"])


def pieces_of(content: BinaryIO) -> Iterator[bytes]:
    """A file from its beginning, a piece at a time."""
    content.seek(0)
    while piece := content.read(PIECE):
        yield piece


def _sha256(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


class Files:
    """The way of files into the store, ahead of what names them. However many come at once, a few pieces are held."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @contextlib.asynccontextmanager
    async def put(self, content: BinaryIO) -> AsyncIterator[Row]:
        """The row of a file, to be given to `add` while this is open; the pieces of one that was not added go again."""
        size = content.seek(0, os.SEEK_END)
        if size <= PIECE:
            # The turn lasts until the file is written: waiting for its commit it is as much memory as before.
            async with self._turns:
                yield await asyncio.to_thread(lambda: pack(b"".join(pieces_of(content))))
            return
        sha256 = await asyncio.to_thread(_sha256, pieces_of(content))
        row: Row = {"sha256": sha256, "size": size, "encoding": "pieces", "body": b""}
        if await self._store.read(lambda tx: tx.one("blob_size", sha256=sha256)):
            yield row
            return
        file = secrets.token_hex(16)
        try:
            await self._write(file, pieces_of(content))
            yield row | {"body": file.encode()}
        finally:
            # A database that is away cannot do it now: housekeeping drops what is left.
            with contextlib.suppress(TryLater):
                await self._store.write_beside(lambda tx: _drop_draft(tx, file))

    async def _write(self, file: str, pieces: Iterator[bytes]) -> None:
        start = 0
        while True:
            async with self._turns:
                length, encoding, body = await asyncio.to_thread(_next_packed, pieces)
                if not length:
                    return
                row = {"file": file, "start": start, "encoding": encoding, "body": body}
                await self._store.write_beside(functools.partial(_add_piece, row=row, now=int(self._clock())))
            start += length


async def _add_piece(tx: Transaction, row: Row, now: int) -> None:
    """Keep a piece of a file that is not whole yet; TryLater where those before it are gone."""
    if row["start"] == 0:
        await tx.run("begin_blob_draft", file=row["file"], now=now)
    elif not await tx.run("renew_blob_draft", file=row["file"], now=now):
        raise TryLater("The earlier pieces of a file were dropped meanwhile. Send it again from its beginning.")
    await tx.run("add_blob_piece", **row)


async def _drop_draft(tx: Transaction, file: str) -> None:
    """Drop a file's pieces, unless a row names them."""
    if await tx.run("end_blob_draft", file=file):
        await tx.run("drop_blob_pieces", file=file)


async def add(tx: Transaction, row: Row) -> None:
    """Keep a file under its SHA-256; one that is there already stays as it is."""
    if not await tx.run("add_blob", **row) or row["encoding"] != "pieces":
        return
    if not await tx.run("end_blob_draft", file=row["body"].decode()):
        raise TryLater("The pieces of a file were dropped before they were named.")


async def keep(tx: Transaction, rows: Sequence[Row]) -> None:
    """Store packed files ahead of the decision that names them."""
    for row in rows:
        await add(tx, row)


async def drop_unfinished(tx: Transaction, before: int) -> None:
    """Drop the files that were begun before this time and never finished, and who sent what until then."""
    for row in await tx.all("drop_old_blob_drafts", before=before):
        await tx.run("drop_blob_pieces", file=row["file"])
    await tx.run("forget_senders", before=before)


async def _row(desk: Desk, sha256: str) -> Row:
    row = await desk.tx.one("blob", sha256=sha256)
    if row is None:
        raise _no_file(sha256)
    return row


def _no_file(sha256: str) -> Refused:
    return Refused("no-such-file", f"There is no file {sha256[:12]}….", Exit.NOT_FOUND)


async def _from(desk: Desk, row: Row, offset: int) -> bytes:
    """What follows from an offset, to the end of the piece that holds it; empty past the end."""
    if row["encoding"] != "pieces":
        return _unpacked(row)[offset:]
    piece = await desk.tx.one("blob_piece", file=bytes(row["body"]).decode(), offset=offset)
    return _unpacked(piece)[offset - piece["start"] :] if piece else b""


async def fetch(desk: Desk, sha256: str) -> bytes:
    """The whole of a file."""
    row = await _row(desk, sha256)
    if row["encoding"] != "pieces":
        return _unpacked(row)
    whole = io.BytesIO()  # gives up what it holds without a copy
    while piece := await _from(desk, row, whole.tell()):
        whole.write(piece)
    return whole.getvalue()


async def erase(desk: Desk, sha256: str) -> None:
    """Forget what a file holds. When it comes again it is kept again."""
    row = await desk.tx.one("blob", sha256=sha256)
    if row is None:
        return
    if row["encoding"] == "pieces":
        await desk.tx.run("drop_blob_pieces", file=bytes(row["body"]).decode())
    await desk.tx.run("erase_blob", sha256=sha256, nothing=b"")


@operation("blob.get", role=Role.ROBOT)
async def get(desk: Desk, actor: Actor, *, sha256: str, offset: int = 0, message: str | None = None) -> Piece:
    """Give one piece of a file, base64, from an offset in octets; for the raw mail of a message, name the message."""
    row = await _row(desk, sha256)
    if not await may_have(desk, actor, sha256, message=message):
        raise _no_file(sha256)
    piece = await _from(desk, row, max(offset, 0))
    return {"content": base64.b64encode(piece[:PIECE]).decode(), "total": row["size"]}


@operation("blob.put", role=Role.ROBOT, writes=True)
async def put(desk: Desk, actor: Actor, *, sha256: str, offset: int, total: int, content: str) -> Received:
    """Take one piece of a file, base64; the last one makes the file, if its SHA-256 is what was said."""
    if total > MOST:
        raise Refused("too-large", f"A file may have at most {MOST} octets; this one has {total}.")
    # Whoever has nothing but its SHA-256 is not told that it is here, and sends it.
    there = await desk.tx.one("blob", sha256=sha256)
    if there is not None and await may_have(desk, actor, sha256):
        return {"received": total}
    try:
        body = base64.b64decode(content, validate=True)
    except ValueError as error:
        raise Refused("bad-piece", "The piece is not base64.", Exit.USAGE) from error
    if not 0 <= offset <= offset + len(body) <= total:
        raise Refused("bad-piece", f"The piece does not lie within the {total} octets of the file.", Exit.USAGE)
    # Not compressed: the whole desk would wait for that, since it writes through one connection.
    file = _draft_of(actor, sha256, there)
    # Of an upload that went wrong, its pieces give way one by one: of one that goes on beside this they are the same.
    upto = MOST + 1 if offset + len(body) == total else offset + len(body)
    await desk.tx.run("drop_blob_pieces_within", file=file, start=offset, upto=upto)
    await _add_piece(desk.tx, {"file": file, "start": offset, "encoding": "identity", "body": body}, desk.now)
    if offset + len(body) == total:
        row = {"sha256": sha256, "size": total, "encoding": "pieces", "body": file.encode()}
        if not await _is_whole(desk, row):
            raise Refused("damaged", "The file arrived damaged or not whole. Send it again.")
        await add(desk.tx, row)
        await _drop_draft(desk.tx, file)  # of what was here already
        await remember_sender(desk, actor, sha256)
    return {"received": offset + len(body)}


def _draft_of(actor: Actor, sha256: str, there: Row | None) -> str:
    """The name of an upload's pieces: of nobody else, and never that of pieces which are kept, since it drops them."""
    kept = bytes(there["body"]).decode() if there is not None and there["encoding"] == "pieces" else ""
    return next(name for name in (f"upload-{sha256}-{actor.uid}", f"upload-{sha256}-{actor.uid}-again") if name != kept)


async def _is_whole(desk: Desk, row: Row) -> bool:
    """Whether the pieces of an upload, one behind the other, are the file that they should be."""
    digest, at = hashlib.sha256(), 0
    for each in await desk.tx.all("blob_piece_starts", file=row["body"].decode()):
        if each["start"] != at:
            return False
        piece = await _from(desk, row, at)
        digest.update(piece)
        at += len(piece)
    return bool(at == row["size"] and digest.hexdigest() == row["sha256"])
