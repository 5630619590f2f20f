"""A reading child that some mails harm, for the tests of the pool: started in place of the real one."""

from __future__ import annotations

import os
import sys
import time

from spocd.domain.reading import Reading
from spocd.gateway.reading import child, read


def harmed(raw: bytes) -> Reading:
    """Do what the mail says, then read it."""
    if b"please abort" in raw:
        os.abort()
    if b"please exit" in raw:
        os._exit(0)
    if b"please hang" in raw:
        time.sleep(60)
    if b"please compute" in raw:
        while True:
            pass
    if b"please work" in raw:
        until = time.process_time() + 0.6
        while time.process_time() < until:
            pass
    if b"please hoard" in raw:
        hoard = [bytearray(64 * 1024 * 1024) for _ in range(100)]
        raise AssertionError(f"{len(hoard)} times 64 MiB were to be had")
    if b"please print" in raw:
        print("this is no part of any answer", flush=True)
    return read(raw)


if __name__ == "__main__":
    if "--refuse" in sys.argv:
        sys.exit(1)
    sys.exit(child.main(sys.argv[1:], harmed))
