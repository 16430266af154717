"""Other processes that the benchmarks measure: programs with a pseudo terminal or without, and their processor time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

AMT = (sys.executable, "-m", "amt_console")
ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 10.0


class NotSeenError(Exception):
    """A program did not show what it should have."""


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Memory that a process holds, in megabytes."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def cpu_percent(pid: int, seconds: float) -> float:
    """Share of one core that a process uses over a while."""
    begin, before = time.perf_counter(), cpu_seconds(pid)
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - begin) * 100


class OnTerminal:
    """A process on a pseudo terminal of its own."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], env: Mapping[str, str] | None = None) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.output = b""
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(env or {})},
            start_new_session=True,
        )
        os.close(slave)

    def read(self, seconds: float, until: Sequence[bytes] = ()) -> int:
        """Take what comes within a time, or until all of some texts are on the screen; returns how many bytes."""
        before = len(self.output)
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    break
                if until and all(text in self.output for text in until):
                    break
        return len(self.output) - before

    def seen(self, texts: Sequence[bytes], seconds: float = 60.0) -> float:
        """Seconds from the start of the process until all of some texts were sent. Raises NotSeenError."""
        if not all(text in self.output for text in texts):
            self.read(seconds, texts)
        after = time.perf_counter() - self.started
        missing = [text for text in texts if text not in self.output]
        if missing:
            raise NotSeenError(f"{missing} did not come; the end was {self.output[-400:]!r}")
        return after


@contextlib.contextmanager
def on_terminal(
    command: Sequence[str], size: tuple[int, int] = (120, 40), env: Mapping[str, str] | None = None
) -> Iterator[OnTerminal]:
    """Start a program on a terminal; ended at the end."""
    program = OnTerminal(command, size, env)
    try:
        yield program
    finally:
        _end(program.process, lambda: program.read(0.1))
        os.close(program.master)


@contextlib.contextmanager
def running(
    command: Sequence[str], *, core: int | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program without a terminal, on one core if the system can; what it says goes to ``log``."""
    with contextlib.ExitStack() as stack:
        talk = stack.enter_context(log.open("ab")) if log is not None else subprocess.DEVNULL
        process = subprocess.Popen(list(command), cwd=ROOT, stdout=subprocess.PIPE, stderr=talk, start_new_session=True)
        try:
            pin(process.pid, core)
            yield process
        finally:
            _end(process)
            if process.stdout is not None:
                process.stdout.close()


def pin(pid: int, core: int | None) -> None:
    """Keep a process to one core, where there is more than one."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) > 1:
            os.sched_setaffinity(pid, {allowed[core % len(allowed)]})


@contextlib.contextmanager
def answer_server(core: int | None = 1) -> Iterator[int]:
    """A server that answers everything at once, in a process of its own; gives its port."""
    with running([sys.executable, "-m", "benchmarks.load.answer_server"], core=core) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


def write_config(path: Path, port: int, services: int, interval: float, name: str = "service-{:03d}") -> Path:
    """A configuration with many services on one local port."""
    document = {
        "check_interval": interval,
        "services": [
            {
                "name": name.format(index),
                "url": f"http://127.0.0.1:{port}/{index}",
                "interval": interval,
                "timeout": min(5, interval / 2),
            }
            for index in range(services)
        ],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def wait_for(path: Path, seconds: float = 60.0) -> None:
    """Until a file is there. Raises NotSeenError."""
    end = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > end:
            raise NotSeenError(f"{path.name} was never made")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes], meanwhile: object = None) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        end = time.monotonic() + _STOP_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if callable(meanwhile):
                meanwhile()
            else:
                time.sleep(0.05)
    if process.poll() is None:
        process.kill()
    process.wait()
