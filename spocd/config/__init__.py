"""spocd.toml, what a node is, and desk.toml, what the desk is: read with tomllib, checked as a whole, written.

finding: which file.  reading, places: load and check it.  sections, values: what it holds and what that may be.
writing: render it.  folder, files: the folder around it, and the secret in that.
options: what both files have in common.  desk_entries, desk_values: what desk.toml holds and what that may be.
desk_file: read it against the desk that stands, and write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spocd.config.files import check_secret, write_secret
    from spocd.config.finding import find
    from spocd.config.folder import check_folder, lay_out, take_back
    from spocd.config.reading import load, parse
    from spocd.config.sections import (
        AutomaticSection,
        Config,
        DeskSection,
        LimitsSection,
        ListenSection,
        RelaySection,
        StoreSection,
        TicketSection,
        TrustSection,
    )
    from spocd.config.writing import relay_from, render, split_password, store_from

__all__ = [
    "AutomaticSection",
    "Config",
    "DeskSection",
    "LimitsSection",
    "ListenSection",
    "RelaySection",
    "StoreSection",
    "TicketSection",
    "TrustSection",
    "check_folder",
    "check_secret",
    "find",
    "lay_out",
    "load",
    "parse",
    "relay_from",
    "render",
    "split_password",
    "store_from",
    "take_back",
    "write_secret",
]

if not TYPE_CHECKING:
    # Measured: the whole costs 20 ms, a third of what a command may take, and most commands only need `find`.
    def __getattr__(name: str) -> Any:
        """Import a name's module when the name is first asked for."""
        import importlib

        if name not in __all__:
            raise AttributeError(f"module {__name__} has no attribute {name}")
        for module in ("finding", "sections", "reading", "files", "writing", "folder"):
            found = getattr(importlib.import_module(f"{__name__}.{module}"), name, None)
            if found is not None:
                return found
        raise AttributeError(f"{name} is promised in __all__ and stands nowhere")
