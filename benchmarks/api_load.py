"""The API under load: the snapshot of the reference history as often as it can, and 500 clients that follow events.

The server is a process on a core of its own; the clients are asyncio tasks of this one, on the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.history.reference import reference_history
from benchmarks.programs import cpu_percent, cpu_seconds, pin, running

CLIENTS = 8
FOLLOWERS = 500
WITH_TAG, WITHOUT = 1000.0, 300.0
FOLLOWERS_SHARE = 10.0


def figures(quick: bool) -> list[Figure]:
    """Requests in a second of the server's processor time, as medians of rounds; the share that followers cost."""
    rounds, seconds = (3, 2.0) if quick else (5, 5.0)
    pin(os.getpid(), 1)
    history = reference_history(quick=quick)
    with api_server(history.url) as (pid, port, token):
        tagged = [asyncio.run(asked(pid, port, token, seconds, tagged=True)) for _ in range(rounds)]
        whole = [asyncio.run(asked(pid, port, token, seconds, tagged=False)) for _ in range(rounds)]
    with api_server("-") as (pid, port, token):
        alone, followed = asyncio.run(followers(pid, port, token, rounds, seconds))
    return [
        Figure("GET /api/v1/snapshot of the reference history, unchanged", statistics.median(tagged), "/s of a core",
               WITH_TAG, at_least=True),
        Figure("GET /api/v1/snapshot of the reference history, whole", statistics.median(whole), "/s of a core",
               WITHOUT, at_least=True),
        Figure(f"{FOLLOWERS} clients of the event stream, 100 services", followed - alone, "% of a core",
               FOLLOWERS_SHARE),
        Figure("  the server alone", alone, "% of a core"),
    ]  # fmt: skip


@contextlib.contextmanager
def api_server(url: str) -> Iterator[tuple[int, int, str]]:
    """The API in a process of its own; its process, port and token."""
    with running([sys.executable, "-m", "benchmarks.load.api_server", url], core=0) as process:
        assert process.stdout is not None
        port, token = process.stdout.readline().split()
        yield process.pid, int(port), token.decode()


async def asked(pid: int, port: int, token: str, seconds: float, *, tagged: bool) -> float:
    """Answers in a second of the server's processor time."""
    end = asyncio.get_running_loop().time() + seconds
    begin = cpu_seconds(pid)
    counts = await asyncio.gather(*(_ask(port, token, end, tagged=tagged) for _ in range(CLIENTS)))
    return sum(counts) / (cpu_seconds(pid) - begin)


async def _ask(port: int, token: str, end: float, *, tagged: bool) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    tag, count = b"", 0
    loop = asyncio.get_running_loop()
    while loop.time() < end:
        known = b"if-none-match: " + tag + b"\r\n" if tagged and tag else b""
        writer.write(_head("/api/v1/snapshot", token, known))
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if b" 304 " not in head.split(b"\r\n")[0]:
            await reader.readexactly(int(fields[b"content-length"]))
        tag = fields[b"etag"].upper()
        count += 1
    writer.close()
    return count


async def followers(pid: int, port: int, token: str, rounds: int, seconds: float) -> tuple[float, float]:
    """Shares of a core: the server with one follower, and with many."""
    await asyncio.sleep(2.0)
    tasks = [await _follow(port, token)]
    alone = [await asyncio.to_thread(cpu_percent, pid, seconds) for _ in range(rounds)]
    tasks += [await _follow(port, token) for _ in range(FOLLOWERS - 1)]
    await asyncio.sleep(2.0)
    followed = [await asyncio.to_thread(cpu_percent, pid, seconds) for _ in range(rounds)]
    lost = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    assert not lost, f"{lost} streams have ended"
    return statistics.median(alone), statistics.median(followed)


async def _follow(port: int, token: str) -> asyncio.Task[None]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    writer.write(_head("/api/v1/events", token))
    await reader.readuntil(b"\r\n\r\n")
    return asyncio.create_task(_read(reader, writer))


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read for ever; a writer that nobody holds would be closed."""
    while await reader.read(1 << 16) and not writer.is_closing():
        pass


def _head(path: str, token: str, more: bytes = b"") -> bytes:
    lines = f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n".encode()
    return lines + more + b"\r\n"


if __name__ == "__main__":
    began = time.perf_counter()
    print(figures(quick=True), time.perf_counter() - began)
