"""A node that accepts and does nothing else, to tell what accepting costs without the work that follows it.

    python -m bench.receiving SPOCD_TOML

listens as the daemon does, writes “ready” and runs until it is ended.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

from spocd.config import load
from spocd.daemon.acceptor import DeskAcceptor
from spocd.daemon.settings import read_identity, settings_of
from spocd.gateway.server import listen
from spocd.gateway.writing import Writer
from spocd.store import open_store


async def main(file: Path) -> None:
    config = load(file)
    store = await open_store(config)
    settings = settings_of(config, await read_identity(store), "bench", Writer().template_version)
    acceptor = DeskAcceptor(store, lambda: settings, time.time, lambda: None)
    listeners = await listen(config, acceptor)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print("ready", flush=True)
    await ended.wait()
    await listeners.close(1.0)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
