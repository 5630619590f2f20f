"""What can go wrong, and whose it is to mend.

    SpocdError
    ├── Refused          the caller's to mend: a sentence, a code, an exit code; SMTP 550 where a mail is concerned
    ├── TryLater         ours to mend: 451 to SMTP and LMTP, 75 to a pipe and to the shell
    │   └── NoRoom       the same, and it is the disk that is full: 452 to SMTP and LMTP
    └── Misconfigured    the administrator's to mend: every fault of a configuration at once, exit 78

Anything else that is raised is a bug: logged with its traceback, answered 451, 75 or 1.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command; docs/cli.md explains them."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_PERMITTED = 4
    CONFLICT = 5
    NOTHING_FOUND = 6
    PARTLY = 7
    THRESHOLD = 9
    UNAVAILABLE = 69
    TRY_LATER = 75
    CONFIGURATION = 78
    INTERRUPTED = 130


class SpocdError(Exception):
    """The root of the errors that spocd raises on purpose."""


class Refused(SpocdError):
    """The caller asked for something that cannot be; the sentence says why and what to do.

    `code` is for programs (lower case, hyphens), `sentence` for people, `exit` is what a command ends with.
    """

    def __init__(self, code: str, sentence: str, exit: Exit = Exit.REFUSED) -> None:  # noqa: A002 (the wire's name)
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.exit = exit


class TryLater(SpocdError):
    """It did not work now, through no fault of the caller; the same request may work later."""


class InUse(TryLater):
    """Another process has what only one may have."""


class NoRoom(TryLater):
    """There is no room on the disk; the same request works once there is."""


class Misconfigured(SpocdError):
    """A configuration that cannot be used. Each fault is one line: file, key, what is wrong, what would be right."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
