"""Reads whole numbers on the line, and says in a sentence what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Callable

import click

MOST = 10**18 - 1  # eighteen digits fit the databases' integers


def whole(least: int, most: int = MOST) -> Callable[[str], int]:
    """What reads a whole number from `least` to `most`; a usage error where none was written."""

    def number(written: str) -> int:
        if re.fullmatch(r"[0-9]+", written, re.ASCII) is None:
            raise click.BadParameter(f"“{written}” is no whole number, such as {max(least, 1)}.")
        if len(written.lstrip("0")) > len(str(most)) or int(written) > most:
            raise click.BadParameter(f"{written} is too large; {most} is the largest.")
        if int(written) < least:
            raise click.BadParameter(f"{written} is too small; {least} is the smallest.")
        return int(written)

    return number
