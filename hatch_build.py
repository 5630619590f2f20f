"""Puts the manual pages into a wheel, so that `pip install` brings them to share/man/man1, where `man` finds them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPages(BuildHookInterface[Any]):
    """The pages are made from the commands' own help, as `make man` makes them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # who works on the source has `make man`
        sys.path.insert(0, self.root)
        from spocd.cli.man import write

        self._made = tempfile.TemporaryDirectory()
        write(Path(self._made.name))
        for page in Path(self._made.name).iterdir():
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._made.cleanup()
