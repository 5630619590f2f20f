"""The line to the relay: commands out, replies in, and nothing believed that was not asked for.

aiosmtplib's protocol does the talking. What is added: replies are bounded, a reply too many ends the connection before
it can pass for the answer to a later command, and it is known when all that was written has left.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from aiosmtplib.errors import SMTPException, SMTPResponseException, SMTPTimeoutError
from aiosmtplib.protocol import SMTPProtocol

MOST_REPLY_LINES: Final = 100
LONGEST_REPLY_LINE: Final = 2048  # octets
_LARGEST_REPLY: Final = MOST_REPLY_LINES * 256  # octets
_SHOWN_REPLY: Final = 300  # characters of a reply that are kept

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class Broken(Exception):
    """The session is of no more use. `reply` is what the relay said, or what went wrong in our words."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of the relay; `text` keeps its lines."""

    code: int
    text: str

    def __str__(self) -> str:
        return flattened(f"{self.code} {self.text}")


class Wire(SMTPProtocol):
    """aiosmtplib's protocol that knows when all has left, and when the relay says more than it was asked."""

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop())
        self._left = asyncio.Event()
        self._left.set()
        self._heard = bytearray()
        self.asked = True  # the greeting comes unasked
        self.nonsense = ""

    def pause_writing(self) -> None:
        super().pause_writing()
        self._left.clear()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._left.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._left.set()

    def data_received(self, data: bytes) -> None:
        if not self.nonsense:
            self._heard += data
            self.nonsense = self._fault()
        if self.nonsense:
            # Whatever follows could be taken for the answer to a later command.
            self.drop()
            return
        super().data_received(data)

    def _fault(self) -> str:
        """What is wrong with what was heard since the last command, or "" while it can still be one reply."""
        if not self.asked:
            return f"it spoke without being asked: {flattened(self._heard.decode(errors='replace'))}"
        if len(self._heard) > _LARGEST_REPLY:
            return "its reply has no end"
        lines = self._heard.split(b"\n")
        if len(lines) > MOST_REPLY_LINES + 1 or max(map(len, lines)) > LONGEST_REPLY_LINE:
            return "its reply is too long"
        ends = [number for number, line in enumerate(lines[:-1]) if line[3:4] != b"-"]
        if ends and (ends[0] < len(lines) - 2 or lines[-1]):
            return "it gave two replies to one command"
        return ""

    async def ask(self, *words: bytes, within: float) -> Reply:
        """Send a command, or nothing when only a reply is due, and return the reply; Broken when none comes."""
        self.asked = True
        try:
            if words:
                response = await self.execute_command(*words, timeout=within)
            else:
                response = await self.read_response(timeout=within)
        except SMTPTimeoutError as error:
            raise Broken(f"4.4.2 The relay did not answer within {within:g} seconds.") from error
        except SMTPResponseException as error:
            raise Broken("4.5.0 The relay's reply is not SMTP.") from error
        except (SMTPException, OSError) as error:
            raise self.lost() from error
        finally:
            self.rest()
        if not 200 <= response.code < 600:
            raise Broken(f"4.5.0 The relay's reply is not SMTP: {Reply(*response)}")
        return Reply(*response)

    def rest(self) -> None:
        """Expect nothing from the relay until it is asked again."""
        self.asked = False
        self._heard.clear()

    async def put(self, octets: bytes, *, within: float) -> None:
        """Send octets and return once they have left; Broken when they cannot, or the relay interrupts."""
        try:
            self.write(octets)
            await asyncio.wait_for(self._left.wait(), within)
        except TimeoutError as error:
            raise Broken(f"4.4.2 The relay took no more of the letter for {within:g} seconds.") from error
        except (SMTPException, OSError) as error:
            raise self.lost() from error
        self.check()

    def check(self) -> None:
        """Raise Broken where the relay has gone or spoken out of turn."""
        if not self.is_connected:
            raise self.lost()

    def lost(self) -> Broken:
        if self.nonsense:
            return Broken(f"4.5.0 The relay's reply is not SMTP: {self.nonsense}.")
        return Broken("4.4.2 The relay closed the connection.")

    def hold_nothing_back(self) -> None:
        """Make `put` wait until the operating system has it all: a letter stuck here has not left."""
        if isinstance(self.transport, asyncio.WriteTransport):
            # Not 0: asyncio's TLS transport compares with >=, and would wait for an empty buffer to become empty.
            self.transport.set_write_buffer_limits(high=1)

    def drop(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


def flattened(text: str) -> str:
    """What a relay or a library said, as one short line without control characters."""
    return _CONTROLS.sub(" ", text)[:_SHOWN_REPLY].strip()
