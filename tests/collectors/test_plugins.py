"""Monitoring plugins: exit codes, time-outs, children, floods of output, and performance data."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.programs import until

from amt_console.clock import SystemClock
from amt_console.model import MAX_VALUES, ErrorClass, Plugin, ProbeResult, ServiceState, Value
from collectors.plugins.collector import PluginCollector
from collectors.plugins.performance import read_output

DEBIAN = Path("/usr/lib/nagios/plugins")
needs_plugins = pytest.mark.skipif(
    not (DEBIAN / "check_dummy").exists(), reason="Debian's monitoring-plugins are not installed"
)


async def run(*command: str, within: float = 20.0, environment: tuple[str, ...] = ("PATH",)) -> ProbeResult:
    plugin = Plugin(name="disk", command=command, timeout=within, environment=environment)
    return await PluginCollector(clock=SystemClock()).probe(plugin)


async def shell(script: str, within: float = 20.0) -> ProbeResult:
    return await run("/bin/sh", "-c", script, within=within)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody reaps does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("code", "state", "error_class"),
    [
        (0, ServiceState.UP, None),
        (1, ServiceState.DEGRADED, ErrorClass.CHECK_FAILED),
        (2, ServiceState.DOWN, ErrorClass.CHECK_FAILED),
        (3, ServiceState.UNKNOWN, ErrorClass.CHECK_UNKNOWN),
    ],
)
async def test_the_exit_code_is_the_state_and_the_first_line_the_message(
    code: int, state: ServiceState, error_class: ErrorClass | None
) -> None:
    result = await shell(f"echo 'DISK: 91 % full|used=91%'; exit {code}")
    assert (result.state, result.error_class) == (state, error_class)
    assert (result.error or result.details["message"]) == "DISK: 91 % full"
    assert result.values == {"used": Value(91.0, "%")}
    assert result.response_time_ms is not None


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo odd; exit 4", "it ended with exit code 4, which says nothing: odd"),
        ("exit 127", "exit code 127"),
        ("kill -9 $$", "it was ended by SIGKILL"),
    ],
)
async def test_any_other_end_is_unknown_with_the_reason(script: str, words: str) -> None:
    result = await shell(script)
    assert result.state is ServiceState.UNKNOWN
    assert words in (result.error or "")


async def test_a_program_that_is_not_there_is_a_fault_of_this_machine() -> None:
    result = await run("/nonexistent/check_disk")
    assert (result.state, result.error_class) == (ServiceState.UNKNOWN, ErrorClass.LOCAL_ERROR)
    assert result.error == "could not measure: /nonexistent/check_disk cannot be started: No such file or directory"


async def test_what_it_says_on_standard_error_is_the_message_where_it_says_nothing_else() -> None:
    assert (await shell("echo 'no such disk' >&2; exit 3")).error == "no such disk"
    assert (await shell("exit 2")).error == "critical, without a word"


async def test_a_plugin_that_hangs_is_ended_with_its_children_and_unknown(tmp_path: Path) -> None:
    child = tmp_path / "child"
    script = f"trap '' TERM; sleep 60 & echo $! > {child}; sleep 60"
    result = await shell(script, within=2)
    assert (result.state, result.error_class) == (ServiceState.UNKNOWN, ErrorClass.TIMEOUT)
    assert result.error == "it did not end within 2 s, and was ended"
    pid = int(child.read_text())
    await asyncio.to_thread(until, lambda: not is_alive(pid))


async def test_a_child_that_holds_the_output_open_delays_nothing_and_is_ended(tmp_path: Path) -> None:
    child = tmp_path / "child"
    result = await shell(f"sleep 60 & echo $! > {child}; echo 'all well'")
    assert (result.state, result.details["message"]) == (ServiceState.UP, "all well")
    assert (result.response_time_ms or 0) < 20_000
    pid = int(child.read_text())
    await asyncio.to_thread(until, lambda: not is_alive(pid))


async def test_of_a_hundred_megabytes_64_kib_are_kept() -> None:
    script = "import sys\nprint('FLOOD | n=1')\nfor _ in range(100): sys.stdout.write('x' * 1_000_000)\nsys.exit(2)"
    result = await run(sys.executable, "-c", script)
    assert (result.state, result.error) == (ServiceState.DOWN, "FLOOD")
    assert result.values == {"n": Value(1.0)}


async def test_one_that_closes_its_output_and_goes_on_is_waited_for() -> None:
    assert (await shell("exec >&- 2>&-; sleep 0.2; exit 2")).state is ServiceState.DOWN


async def test_it_gets_the_listed_variables_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTED", "yes")
    monkeypatch.setenv("SECRET", "no")
    result = await run("/usr/bin/env", environment=("LISTED", "NOT_THERE"))
    assert result.details["message"] in ("LC_ALL=C.UTF-8", "LISTED=yes")
    script = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"
    result = await run(sys.executable, "-c", script, environment=("LISTED",))
    assert result.details["message"] == "['LC_ALL', 'LISTED']"


async def test_arguments_are_not_read_by_a_shell() -> None:
    result = await run("/bin/echo", "$(id); `id`", "*")
    assert result.details["message"] == "$(id); `id` *"


async def test_a_bounded_number_runs_at_once_and_as_many_wait() -> None:
    collector = PluginCollector(clock=SystemClock(), max_running=1)
    # The one that runs is there longer than the one that waits may wait, whatever the load.
    runs = asyncio.create_task(collector.probe(Plugin(name="runs", command=("/bin/sleep", "60"), timeout=60.0)))
    await asyncio.sleep(0)
    waiting = Plugin(name="waits", command=("/bin/sleep", "60"), timeout=0.2)
    results = await asyncio.gather(*(collector.probe(waiting) for _ in range(2)))
    assert [result.error for result in results] == [
        "1 plugins ran for all of its 0.2 s: it was not started",
        "1 plugins run and as many wait: it was not started",
    ]
    assert not runs.done()
    runs.cancel()
    with pytest.raises(asyncio.CancelledError):
        await runs
    # There is room again: for one that ends, and for one that waited for it.
    ended = await asyncio.gather(*(collector.probe(Plugin(name="ends", command=("/bin/true",))) for _ in range(2)))
    assert [result.state for result in ended] == [ServiceState.UP, ServiceState.UP]


async def test_a_cancelled_probe_ends_its_plugin(tmp_path: Path) -> None:
    child = tmp_path / "child"
    os.mkfifo(child)
    collector = PluginCollector(clock=SystemClock())
    script = f"echo $$ > {child}; exec sleep 60"
    probe = asyncio.create_task(collector.probe(Plugin(name="x", command=("/bin/sh", "-c", script), timeout=30.0)))
    pid = int(await asyncio.to_thread(child.read_text))
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    await asyncio.to_thread(until, lambda: not is_alive(pid))


@needs_plugins
async def test_debians_plugins_work() -> None:
    warning = await run(str(DEBIAN / "check_dummy"), "1", "so so")
    assert (warning.state, warning.error) == (ServiceState.DEGRADED, "WARNING: so so")
    disk = await run(str(DEBIAN / "check_disk"), "-w", "0%", "-c", "0%", "-p", "/")
    assert disk.state is ServiceState.UP
    assert disk.values["/"].unit == "B"
    assert (disk.values["/"].high or 0) > disk.values["/"].value > 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        open_port = await run(str(DEBIAN / "check_tcp"), "-H", "127.0.0.1", "-p", port)
    assert open_port.state is ServiceState.UP
    assert open_port.values["time"].unit == "s"
    refused = await run(str(DEBIAN / "check_tcp"), "-H", "127.0.0.1", "-p", port)
    assert (refused.state, refused.error_class) == (ServiceState.DOWN, ErrorClass.CHECK_FAILED)


def test_performance_data_is_read_as_the_guidelines_write_it() -> None:
    output = read_output("OK - fine | '/var log'=2643MB;5948;@5:10;0;5968 load1=0.52;~:5;10 'it''s'=-1.5e3s c=7c u=U\n")
    assert output.message == "OK - fine"
    assert output.values == {
        "/var log": Value(2643.0, "MB", "5948", "@5:10", 0.0, 5968.0),
        "load1": Value(0.52, None, "~:5", "10"),
        "it's": Value(-1500.0, "s"),
        "c": Value(7.0, "c"),
    }
    assert output.unknown == ("u",)


def test_more_performance_data_may_follow_the_long_text() -> None:
    output = read_output("OK | a=1\nlong text\nmore | b=2 \nc=3\n")
    assert {name: value.value for name, value in output.values.items()} == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert read_output("OK\nlong | with=no\n").values == {}


def test_what_is_no_performance_data_is_passed_over() -> None:
    output = read_output("OK | nonsense a=nan b=inf =3 'open=1 d=1,5% e=1;bad range;3")
    assert output.values == {"d": Value(1.5, "%"), "e": Value(1.0)}
    assert read_output("").message == ""


def test_the_number_of_values_is_bounded() -> None:
    assert len(read_output("OK | " + " ".join(f"v{number}=1" for number in range(500))).values) == MAX_VALUES


@pytest.mark.slow
@given(st.text())
def test_any_output_can_be_read(text: str) -> None:
    output = read_output(text)
    assert "\n" not in output.message
    assert len(output.values) <= MAX_VALUES
