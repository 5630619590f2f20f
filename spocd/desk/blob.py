"""Files: raw mails and attachments, kept once each under the SHA-256 of what they are, compressed where that helps."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Sequence
from typing import TypedDict

from spocd.desk.access import Actor
from spocd.desk.operation import Desk, operation
from spocd.errors import Exit, Refused
from spocd.store import Transaction

PIECE = 512 * 1024  # octets of a file in one reply: with base64 and the rest well under a frame of 1 MiB
MOST = 18 * 1024 * 1024  # octets of one file: a letter with it stays below the 25 MiB that mail servers take
WORTH_COMPRESSING = 16 * 1024  # octets; below, the time costs more than the room


class Piece(TypedDict):
    content: str
    total: int


class Received(TypedDict):
    received: int


def pack(content: bytes) -> dict[str, str | int | bytes]:
    """A row of `blob`. Costs time for a large one: make it outside of transactions and of the event loop."""
    sha256 = hashlib.sha256(content).hexdigest()
    if len(content) >= WORTH_COMPRESSING:
        packed = zlib.compress(content, 1)
        if len(packed) < 0.9 * len(content):
            return {"sha256": sha256, "size": len(content), "encoding": "zlib", "body": packed}
    return {"sha256": sha256, "size": len(content), "encoding": "identity", "body": content}


async def keep(tx: Transaction, rows: Sequence[dict[str, str | int | bytes]]) -> None:
    """Store packed files ahead of the decision that names them; those that are there already stay as they are."""
    for row in rows:
        await tx.run("add_blob", **row)


async def fetch(desk: Desk, sha256: str) -> bytes:
    """The whole of a file."""
    row = await desk.tx.one("blob", sha256=sha256)
    if row is None:
        raise Refused("no-such-file", f"There is no file {sha256[:12]}….", Exit.NOT_FOUND)
    return zlib.decompress(row["body"]) if row["encoding"] == "zlib" else bytes(row["body"])


@operation("blob.get")
async def get(desk: Desk, actor: Actor, *, sha256: str, offset: int = 0) -> Piece:
    """Give one piece of a file, base64, from an offset in octets; `total` is the size of the whole."""
    content = await fetch(desk, sha256)
    return {
        "content": base64.b64encode(content[max(offset, 0) : max(offset, 0) + PIECE]).decode(),
        "total": len(content),
    }


@operation("blob.put", writes=True)
async def put(desk: Desk, actor: Actor, *, sha256: str, offset: int, total: int, content: str) -> Received:
    """Take one piece of a file, base64; the last one makes the file, if its SHA-256 is what was said."""
    if total > MOST:
        raise Refused("too-large", f"A file may have at most {MOST} octets; this one has {total}.")
    if await desk.tx.one("blob_size", sha256=sha256):
        return {"received": total}
    try:
        body = base64.b64decode(content, validate=True)
    except ValueError as error:
        raise Refused("bad-piece", "The piece is not base64.", Exit.USAGE) from error
    if not 0 <= offset <= offset + len(body) <= total:
        raise Refused("bad-piece", f"The piece does not lie within the {total} octets of the file.", Exit.USAGE)
    await desk.tx.run("add_blob_piece", sha256=sha256, start=offset, body=body, now=desk.now)
    if offset + len(body) < total:
        return {"received": offset + len(body)}
    pieces = await desk.tx.all("blob_pieces", sha256=sha256)
    whole = b"".join(piece["body"] for piece in pieces)
    await desk.tx.run("drop_blob_pieces", sha256=sha256)
    if len(whole) != total or hashlib.sha256(whole).hexdigest() != sha256:
        raise Refused("damaged", "The file arrived damaged or not whole. Send it again.")
    # Not compressed: the whole desk would wait for that, since it writes through one connection.
    await desk.tx.run("add_blob", sha256=sha256, size=total, encoding="identity", body=whole)
    return {"received": total}
