"""format=flowed undone (RFC 3676): paragraphs that were broken for old programs, whole again."""

from __future__ import annotations

import re

_SIGNATURE = "-- "
_QUOTES = re.compile(">*")


def unflowed(text: str, *, delete_space: bool) -> str:
    """`text`, lines ended by LF, with each flowed line joined to the next of the same quote depth.

    `delete_space` is DelSp=yes: the space at the end of a flowed line is none of the text's (section 4.3).
    """
    paragraphs: list[tuple[int, list[str]]] = []
    flowing = False
    for line in text.split("\n"):
        marks = _QUOTES.match(line)
        depth = marks.end() if marks else 0
        content = line[depth:].removeprefix(" ")  # stuffed, so that no quote mark or From stands first
        is_flowed = content.endswith(" ") and content != _SIGNATURE
        if delete_space and is_flowed:
            content = content[:-1]
        if flowing and paragraphs[-1][0] == depth and content != _SIGNATURE:
            paragraphs[-1][1].append(content)
        else:
            paragraphs.append((depth, [content]))
        flowing = is_flowed
    return "\n".join(_drawn(depth, "".join(pieces)) for depth, pieces in paragraphs)


def _drawn(depth: int, paragraph: str) -> str:
    return f"{'>' * depth} {paragraph}".rstrip() if depth else paragraph
