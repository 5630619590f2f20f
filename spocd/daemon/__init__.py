"""The daemon: store, listeners, intake, sending, timers and control socket put together, and nothing decided.

node: the composition root.  intake, sending, timers: the loops.  systemd: readiness and sockets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def serve(config_path: Path) -> int:
    """Run the daemon in the foreground until SIGTERM or SIGINT; its exit code."""
    from spocd.daemon.node import serve as run

    return run(config_path)


def in_process(config_path: Path, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Perform one operation without a daemon, for the owner of the folder, under the daemon's lock."""
    from spocd.daemon.alone import in_process as run

    return run(config_path, operation, parameters)
