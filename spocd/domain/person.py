"""What may be said of a person: names, languages, groups, each read strictly."""

from __future__ import annotations

import re

from spocd.domain.line import one_line
from spocd.errors import Exit, Refused

LANGUAGES = ("en", "da", "sv", "fi", "ru", "de")
MOST_NAME = 200  # characters
_GROUP = re.compile(r"[\w.+&/-]{1,64}")
# Norwegian is answered in Danish.
_NEAR = {"no": "da", "nb": "da", "nn": "da"}


def check_name(text: str) -> str:
    """A name in one line; Refused where it is too long, or cannot be in one."""
    try:
        name = " ".join(one_line(text).split())
    except ValueError as error:
        raise Refused("bad-name", f"The name {error}.", Exit.USAGE) from None
    if len(name) > MOST_NAME:
        raise Refused("bad-name", f"A name has at most {MOST_NAME} characters; this has {len(name)}.", Exit.USAGE)
    return name


def check_language(text: str) -> str:
    """One of the desk's languages; Refused where it is another."""
    found = spoken(text)
    if found is None:
        raise Refused("bad-language", f"“{text}” is no language of the desk. Take {', '.join(LANGUAGES)}.", Exit.USAGE)
    return found


def spoken(text: str) -> str | None:
    """The first language of ours in what a directory says, such as `sv-SE, en;q=0.8`; None where there is none."""
    for each in text.split(","):
        tag = re.split(r"[-_;]", each.strip().lower(), maxsplit=1)[0]
        if (found := _NEAR.get(tag, tag)) in LANGUAGES:
            return found
    return None


def check_group(text: str) -> str:
    """The name of a group: small letters, no spaces; Refused where it is none."""
    name = "-".join(text.lower().split())
    if not _GROUP.fullmatch(name):
        raise Refused(
            "bad-group", f"“{text}” is no name of a group: letters, digits, - _ . + & / and at most 64.", Exit.USAGE
        )
    return name
