"""Files that old programs wrote into a text, uuencoded: “begin 644 fire.png”, lines of figures, “end”.

They stay in the text, where they came, since no header says that they are files; who reads what is new is spared them.
"""

from __future__ import annotations

import re

_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,200})\nM.{60}$", re.M)
_LINE = re.compile(r"M.{60,61}|[!-L][ -`]{4,61}|`?")
_END = "end"


def name(text: str) -> str | None:
    """The name of the first such file in `text`; None where none is."""
    found = _BEGIN.search(text) if "begin " in text else None
    return found[1] if found else None


def without(text: str) -> str:
    """`text` without such files; one that is damaged or has no end stays, as nobody can tell where it ends."""
    if name(text) is None:
        return text
    kept: list[str] = []
    begin: int | None = None
    for line in text.split("\n"):
        if begin is not None and line.rstrip() == _END:
            del kept[begin:]
            begin = None
            continue
        if begin is not None and not _LINE.fullmatch(line.rstrip("\r")):
            begin = None
        if begin is None and line.startswith("begin "):
            begin = len(kept) if _BEGIN.match(f"{line}\nM{' ' * 60}") else None
        kept.append(line)
    return "\n".join(kept)
