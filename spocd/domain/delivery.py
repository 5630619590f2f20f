"""What came of sending a letter, and what to do next. The transports of spocd/gateway answer with an Outcome."""

from __future__ import annotations

from dataclasses import dataclass

WARN_AFTER = 3600  # seconds that a letter waits before an agent is told
GIVE_UP_AFTER = 5 * 86400  # seconds, RFC 5321 section 4.5.4.1
_WAITS = (60, 300, 900, 1800, 3600, 7200, 14400)  # seconds after the first try, the second …; the last one repeats


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay has taken the letter."""

    reply: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """The letter did not go, and may go later: a 4xx, a lost or untrusted connection, a reply that makes no sense."""

    reply: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The relay will never take this letter for this recipient."""

    reply: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The final dot was sent and no clear reply came, so that nobody knows whether the letter went."""

    reply: str


Outcome = Sent | Deferred | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more to do: the letter went."""

    reply: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again at `until`, in UTC seconds; `late` once an agent should hear that the letter is waiting."""

    until: int
    late: bool
    reply: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Never try again; a note on the ticket says so."""

    reply: str


@dataclass(frozen=True, slots=True)
class Stays:
    """Not known, twice over: the letter stays `unknown` until somebody decides."""

    reply: str


Verdict = Done | Wait | GiveUp | Stays


def next_try(tries: int, jitter: float) -> int:
    """Seconds to wait after `tries` tries (at least one): 1, 5, 15, 30, 60 min … at most 4 h.

    `jitter` (0 ≤ jitter < 1) takes off up to a quarter, so that letters held up together do not come back together.
    """
    wait = _WAITS[min(tries, len(_WAITS)) - 1]
    return int(wait * (1 - jitter / 4))


def verdict(
    outcome: Outcome, *, first_at: int, now: int, tries: int, jitter: float, unknown_before: bool = False
) -> Verdict:
    """What an outcome means for a ticket's letter, first tried at `first_at` and now `tries` times.

    `unknown_before` is whether an earlier try of this letter ended as Unknown: it is sent once more, with the same
    Message-ID so that a reader's programs can tell the copy, and not a third time.
    """
    match outcome:
        case Sent(reply):
            return Done(reply)
        case Rejected(reply):
            return GiveUp(reply)
        case Unknown(reply) if unknown_before:
            return Stays(reply)
        case Deferred(reply) if now - first_at >= GIVE_UP_AFTER:
            return GiveUp(reply)
        case Deferred(reply) | Unknown(reply):
            # The last try is at the very end of the time allowed, not up to four hours before it.
            until = now + next_try(tries, jitter)
            if now < first_at + GIVE_UP_AFTER:
                until = min(until, first_at + GIVE_UP_AFTER)
            return Wait(until, now - first_at >= WARN_AFTER, reply)
