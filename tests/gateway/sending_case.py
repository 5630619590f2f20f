"""A letter, a relay with its limits, and what came of sending the one through the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spocd.config import RelaySection
from spocd.domain.delivery import Outcome
from spocd.gateway.dialogue import Limits
from spocd.gateway.sending import Relay
from tests.gateway.scripted_relay import ScriptedRelay

LETTER = b"Subject: x\r\n\r\nHello.\r\n.\r\n..dots\r\n"
SENDER = "bounces+b1abc-0123456789abcdef@desk.example"
RECIPIENT = "ann@example.net"
SHORT = Limits(
    connect=1, greeting=0.2, command=0.2, data=0.2, block=0.2, dot=0.2, goodbye=0.2, idle=5
)  # for relays that hang
PATIENT = Limits(connect=5, greeting=5, command=5, data=5, block=5, dot=5, goodbye=1, idle=5)


@dataclass
class BeforeDot:
    """Counts how often it is awaited, and may fail."""

    error: BaseException | None = None
    times: int = 0
    look: Callable[[], Any] = lambda: None
    seen: list[Any] = field(default_factory=list)

    async def __call__(self) -> None:
        self.times += 1
        await asyncio.sleep(0.002)
        self.seen.append(self.look())
        if self.error is not None:
            raise self.error


def relay(to: ScriptedRelay | int, *, limits: Limits = PATIENT, **settings: Any) -> Relay:
    port = to if isinstance(to, int) else to.port
    context = settings.pop("context", None)
    folder = settings.pop("folder", Path("/nonexistent"))
    section = RelaySection(url=settings.pop("url", f"smtp://127.0.0.1:{port}"), **settings)
    return Relay(section, folder, limits=limits, context=context)


async def send(through: Relay, letter: bytes = LETTER, *, before_dot: Any = None, **envelope: str) -> Outcome:
    return await through.send(
        letter,
        name="7",
        sender=envelope.get("sender", SENDER),
        recipient=envelope.get("recipient", RECIPIENT),
        before_dot=before_dot or BeforeDot(),
    )


async def one(
    replies: dict[str, Any], limits: Limits = PATIENT, letter: bytes = LETTER
) -> tuple[Outcome, ScriptedRelay, int]:
    """One letter to a relay that answers so: what came of it, the relay, and how often the phase was recorded."""
    before_dot = BeforeDot()
    async with ScriptedRelay(replies) as scripted:
        through = relay(scripted, limits=limits)
        outcome = await send(through, letter, before_dot=before_dot)
        await through.close()
    return outcome, scripted, before_dot.times


HOSTILE = [
    "alice@example.org)bob@evil.example",
    "a@b.example,d@evil.example",
    "a@b.example> NOTIFY=SUCCESS",
    "a@b.example>\r\nRCPT TO:<d@evil.example",
    "a@b.example\nDATA",
    "<a@b.example>",
    "a b@c.example",
    "@evil.example:a@b.example",
    '"a@evil.example"@b.example',
    "a@b.example\x00",
    "a",
    "",
]
