"""``amt-console run``: a command runs as ever, and the monitor hears of it."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.http_servers import unused_port
from support.links import LINKS
from support.stores import lay_out

from amt_console.api.auth.identity import role_table
from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.auth.tokens import TokenBook
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners.server import SocketServer, TcpServer
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model.inbound import Ping, PingKind
from amt_console.operations.inbox import Inbox
from amt_console.operations.local import LocalOperations
from amt_console.store import Keyring, Store
from amt_console.store.encryption.keyring import DataKey

CLOCK = SystemClock()
KEY = "k-backup-0123456789abcdef"
SETTINGS = Settings.model_validate(
    {"services": [], "heartbeats": [{"name": "backup", "key": KEY, "period": "1d"}], "check_interval": 60}
)


pytestmark = pytest.mark.slow


class Taking:
    """A monitor's API that takes reports and evaluates nothing."""

    def __init__(self, folder: Path, store: Store, url: str) -> None:
        self.folder = folder
        self.url = url
        self._store = store
        self._known: set[int] = set()

    def pings(self) -> list[Ping]:
        """What has come in since the last call."""
        with self._store.read() as reads:
            new = reads.inbound.arrivals.after(self._known)[1]
        self._known |= {each.number for each in new}
        return [each.ping for each in new if each.ping is not None]


@pytest.fixture(scope="module")
def taking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taking]:
    folder = tmp_path_factory.mktemp("run")
    path = folder / "monitoring.db"
    lay_out(path)
    store_url = f"sqlite:///{path}"
    with (
        Store.open(store_url, clock=CLOCK, keys=Keyring(DataKey(bytes(range(32))))) as store,
        closing(RefusalLog(store, CLOCK)) as refusals,
    ):
        served = Served(
            LocalOperations(store=store, store_url=store_url, settings=SETTINGS, targets=(), clock=CLOCK),
            presence=Presence(CLOCK),
            feed=ActionFeed(),
            clock=CLOCK,
            database=str(path),
            links=LINKS,
            refusals=refusals,
            inbox=Inbox(SETTINGS, store, CLOCK),
        )
        tcp = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, CLOCK))
        local = SocketServer(served, path=Path(f"{path}.sock"), roles=role_table(SETTINGS), clock=CLOCK)
        tcp.start()
        local.start()
        yield Taking(folder, store, tcp.url)
        local.stop()
        tcp.stop()


def line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "amt_console", "run", *arguments]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "AMT_PING_KEY": KEY, **more}


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(line(*arguments), env=environment(), capture_output=True, timeout=120, check=False, **options)


def reported(taking: Taking) -> list[tuple[PingKind, int | None]]:
    return [(ping.kind, ping.exit_code) for ping in taking.pings()]


def test_streams_and_exit_code_pass_and_both_reports_arrive(taking: Taking) -> None:
    script = "cat; printf '\\377\\0' >&2; exit 3"
    done = run("backup", "--url", taking.url, "--", "sh", "-c", script, input=b"\x00\xfein")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"\x00\xfein", b"\xff\x00")
    start, end = taking.pings()
    assert (start.kind, end.kind, end.exit_code, end.output) == (PingKind.START, PingKind.FAIL, 3, None)
    assert end.duration_ms is not None
    assert end.duration_ms > 0


def test_success_over_the_socket_with_the_key_of_the_configuration(taking: Taking) -> None:
    config = taking.folder / "config.toml"
    config.write_text(f'[[heartbeats]]\nname = "backup"\nkey = "{KEY}"\nperiod = "1d"\n', encoding="ascii")
    config.chmod(0o600)
    place = ["--config", str(config), "--db", str(taking.folder / "monitoring.db")]
    done = subprocess.run(
        line("backup", *place, "--", "true"),
        env=environment(AMT_PING_KEY=""),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert reported(taking) == [(PingKind.START, None), (PingKind.SUCCESS, 0)]


def test_without_a_monitor_the_command_runs_the_same_and_one_line_says_so() -> None:
    done = run("backup", "--url", f"http://127.0.0.1:{unused_port()}", "--", "sh", "-c", "echo done; exit 5")
    assert (done.returncode, done.stdout) == (5, b"done\n")
    (said,) = done.stderr.decode().splitlines()
    assert said == "amt-console: backup is not reported to the monitor: Connection refused"


def test_a_job_that_is_not_configured_runs_as_well() -> None:
    done = subprocess.run(
        line("other", "--url", "http://127.0.0.1:1", "--", "echo", "done"),
        env=environment(AMT_PING_KEY="", AMT_CONFIG="/nonexistent.toml"),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"done\n")
    assert len(done.stderr.splitlines()) == 1


def test_a_command_that_does_not_exist_is_a_failure(taking: Taking) -> None:
    done = run("backup", "--url", taking.url, "--", "/no/such/command")
    assert done.returncode == 127
    assert reported(taking) == [(PingKind.FAIL, 127)]


def test_the_end_of_the_output_is_sent_on_failure_if_asked(taking: Taking) -> None:
    script = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo to stderr >&2; echo last words; exit 1"
    done = run("backup", "--url", taking.url, "--keep-output", "--", "sh", "-c", script)
    assert len(done.stdout) == 300_000 + 1 + len("last words\n")
    assert done.stderr == b"to stderr\n"
    output = taking.pings()[-1].output or ""
    assert "to stderr" in output
    # Two streams: where this one begins in the other is not known.
    assert output.replace("to stderr\n", "").removesuffix("\nto stderr").endswith("x\nlast words")
    assert len(output) <= 4096
    run("backup", "--url", taking.url, "--keep-output", "--", "echo", "all well")
    assert taking.pings()[-1].output is None


@contextlib.contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_command(taking: Taking, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo got {name}; exit 7' {name}; echo ready; while :; do sleep 0.05; done"
    with started(line("backup", "--url", taking.url, "--", "sh", "-c", script)) as process:
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, out) == (7, f"got {name}\n".encode())
    assert reported(taking)[-1] == (PingKind.FAIL, 7)


def test_a_command_that_a_signal_ended_exits_as_shells_say_it(taking: Taking) -> None:
    with started(line("backup", "--url", taking.url, "--", "sh", "-c", "echo ready; exec sleep 1000")) as process:
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM
    assert reported(taking)[-1] == (PingKind.FAIL, 143)


@pytest.mark.pty
def test_a_terminal_stays_one_and_its_interrupt_arrives_once() -> None:
    script = "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo terminal; trap 'n=$((n+1))' INT; echo ready; "
    script += 'while [ -z "$n" ]; do sleep 0.05; done; sleep 0.3; echo $n times; exit 9'
    child, screen = pty.fork()
    if child == 0:
        os.execve(
            sys.executable,
            line("backup", "--url", "http://127.0.0.1:1", "--keep-output", "--", "sh", "-c", script),
            environment(),
        )
    seen, interrupted = b"", False
    try:
        while True:
            try:
                chunk = os.read(screen, 4096)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
            if b"ready" in seen and not interrupted:
                interrupted = True
                os.write(screen, b"\x03")
    finally:
        os.close(screen)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    assert b"terminal\r\n" in seen
    assert b"1 times" in seen


def test_a_command_is_needed() -> None:
    done = run("backup")
    assert done.returncode == 64
