"""What a test needs and may not find here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def need(reason: str | None) -> None:
    """Skip with this reason, if there is one; in CI everything must be there."""
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; CI must have it", pytrace=False)
    if reason:
        pytest.skip(reason)


def faketime() -> str:
    """Where libfaketime is."""
    found = [str(each) for each in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")]
    need(None if found else "libfaketime is not installed")
    return found[0]
