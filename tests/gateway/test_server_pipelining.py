from __future__ import annotations

import socket
from pathlib import Path

from tests.gateway.listening import Desk, client, config, serving


async def test_replies_to_pipelined_commands_leave_at_once(tmp_path: Path) -> None:
    # As systemd hands one over. What is accepted has the option of the socket that listens.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bound:
        bound.bind(("127.0.0.1", 0))
        assert not bound.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        async with serving(config(tmp_path), Desk(), sockets={"smtp": bound}) as listeners:
            assert bound.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            async with client(listeners) as one:
                await one.say("EHLO client")
                one.writer.write(b"MAIL FROM:<ann@example.com>\r\nRCPT TO:<desk@example.org>\r\nDATA\r\n")
                assert [(await one.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
