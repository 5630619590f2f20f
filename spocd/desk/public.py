"""Words that people outside may read. A note has no way to become such words, whatever a template does.

A letter to anybody outside takes its free text as `Public` alone (`letter.post` sees to it), and a `Public` is made
here, of two things: what an agent writes to people now, and a mail that a person on the ticket sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spocd.store import Row

FREE = ("body", "quote")  # the variables of a letter that hold what somebody wrote


@dataclass(frozen=True, slots=True)
class Public:
    """A text that may go to anybody on a ticket."""

    text: str


def written_to_people(text: str) -> Public:
    """What an agent writes in an answer or as a last word."""
    return Public(text.rstrip())


def mail_of_people(message: Row) -> Public:
    """The new text of a mail that came from somebody on the ticket."""
    if message["kind"] != "mail":
        raise TypeError(f"a message of the kind {message['kind']} is not for people outside")
    return Public(message["visible_text"])


def plain(variables: dict[str, Any], *, outside: bool) -> dict[str, Any]:
    """The variables as a template takes them; TypeError where free text for people outside is not Public."""
    wrong = [name for name in FREE if outside and variables.get(name) and not isinstance(variables[name], Public)]
    if wrong:
        raise TypeError(f"{', '.join(wrong)}: a text for people outside must be Public")
    return {name: value.text if isinstance(value, Public) else value for name, value in variables.items()}
