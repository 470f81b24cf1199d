"""What tests need that start servers of their own."""

from __future__ import annotations

import socket
import subprocess
from contextlib import ExitStack, closing


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as stack:
        held = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for s in held:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in held]


def stop(process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Ends a server, by force where it does not end itself."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
