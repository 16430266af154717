"""Runs monitoring plugins, each in a thread and a process group of its own, a bounded number at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Mapping
from datetime import datetime

from amt_console.clock import Clock
from amt_console.model import ErrorClass, Plugin, ProbeResult, ServiceState
from amt_console.text import safe_text
from collectors.plugins.performance import Output, read_output
from collectors.plugins.process import PluginEnd, PluginProcess

MAX_RUNNING = 16
"""Plugins that run at once; as many may wait for one of them to end, within their own deadline."""
_STATES = {
    0: (ServiceState.UP, None),
    1: (ServiceState.DEGRADED, ErrorClass.CHECK_FAILED),
    2: (ServiceState.DOWN, ErrorClass.CHECK_FAILED),
    3: (ServiceState.UNKNOWN, ErrorClass.CHECK_UNKNOWN),
}
_WORDS = {0: "ok", 1: "warning", 2: "critical", 3: "unknown"}
_ALWAYS = {"LC_ALL": "C.UTF-8"}
"""So that numbers have a point and messages are in one language; a listed variable takes precedence."""
_LEAST_SECONDS = 0.1
_SHOWN_CHARS = 160


class PluginCollector:
    """Runs plugins. What cannot be told by the exit codes 0 to 3 is unknown, with the reason.

    Args:
        clock: For the time stamps of the results.
        env: Where the listed variables come from.
        max_running: Plugins that run at once.
    """

    def __init__(self, *, clock: Clock, env: Mapping[str, str] = os.environ, max_running: int = MAX_RUNNING) -> None:
        self._clock = clock
        self._env = env
        self._most = max_running
        self._room = asyncio.Semaphore(max_running)
        self._wanted = 0
        self._running: set[PluginProcess] = set()

    async def probe(self, plugin: Plugin, *, attempt: int = 1) -> ProbeResult:
        """Run the plugin once. Raises only when cancelled: every failure is in the result."""
        started = self._clock.now()
        if self._wanted >= 2 * self._most:
            return _unknown(plugin, started, attempt, f"{self._most} plugins run and as many wait: it was not started")
        self._wanted += 1
        try:
            ended = await self._run_in_turn(plugin)
        except TimeoutError:
            words = f"{self._most} plugins ran for all of its {plugin.timeout:g} s: it was not started"
            return _unknown(plugin, started, attempt, words)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            words = f"could not measure: {plugin.command[0]} cannot be started: {reason}"
            return _unknown(plugin, started, attempt, words, ErrorClass.LOCAL_ERROR)
        finally:
            self._wanted -= 1
        return _result(plugin, started, attempt, ended, read_output(ended.output))

    async def aclose(self) -> None:
        """End what runs."""
        for process in tuple(self._running):
            process.cancel()

    async def _run_in_turn(self, plugin: Plugin) -> PluginEnd:
        """Run it as soon as there is room, within its deadline. Raises TimeoutError, OSError."""
        began = self._clock.monotonic()
        async with asyncio.timeout(plugin.timeout):
            await self._room.acquire()
        try:
            waited = self._clock.monotonic() - began
            return await self._run(plugin, max(_LEAST_SECONDS, plugin.timeout - waited))
        finally:
            self._room.release()

    async def _run(self, plugin: Plugin, seconds: float) -> PluginEnd:
        environment = {**_ALWAYS, **{name: self._env[name] for name in plugin.environment if name in self._env}}
        process = PluginProcess(plugin.command, environment, seconds)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[PluginEnd] = loop.create_future()

        def settle(ended: PluginEnd | None, error: BaseException | None) -> None:
            if done.done():
                return
            if ended is not None:
                done.set_result(ended)
            else:
                done.set_exception(error or RuntimeError("the plugin did not run"))

        def work() -> None:
            ended, failure = None, None
            try:
                ended = process.run()
            except BaseException as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, ended, failure)

        self._running.add(process)
        try:
            threading.Thread(target=work, name=f"plugin-{plugin.name}", daemon=True).start()
            return await done
        finally:
            process.cancel()
            self._running.discard(process)


def _result(plugin: Plugin, started: datetime, attempt: int, ended: PluginEnd, output: Output) -> ProbeResult:
    state, error_class = _STATES.get(-1 if ended.code is None else ended.code, (None, None))
    if state is None:
        words = _why_unknown(plugin, ended)
        said = f": {safe_text(output.message, _SHOWN_CHARS)}" if output.message else ""
        error_class = ErrorClass.TIMEOUT if ended.code is None else ErrorClass.CHECK_UNKNOWN
        return _unknown(plugin, started, attempt, words + said, error_class)
    message = output.message or f"{_WORDS[ended.code or 0]}, without a word"
    details: dict[str, float | int | str | None] = {}
    if state is ServiceState.UP:
        details["message"] = message
    if output.unknown:
        details["without value"] = safe_text(", ".join(output.unknown), _SHOWN_CHARS)
    return ProbeResult(
        service=plugin.name,
        timestamp=started,
        state=state,
        interval=plugin.interval,
        response_time_ms=ended.seconds * 1000,
        error_class=error_class,
        error=None if state is ServiceState.UP else message,
        attempt=attempt,
        details=details,
        values=output.values,
    )


def _why_unknown(plugin: Plugin, ended: PluginEnd) -> str:
    code = ended.code
    if code is None:
        return f"it did not end within {plugin.timeout:g} s, and was ended"
    if code < 0:
        try:
            return f"it was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"it was ended by signal {-code}"
    return f"it ended with exit code {code}, which says nothing"


def _unknown(
    plugin: Plugin,
    started: datetime,
    attempt: int,
    words: str,
    error_class: ErrorClass = ErrorClass.CHECK_UNKNOWN,
) -> ProbeResult:
    return ProbeResult(
        service=plugin.name,
        timestamp=started,
        state=ServiceState.UNKNOWN,
        interval=plugin.interval,
        error_class=error_class,
        error=safe_text(words, 300),
        attempt=attempt,
    )
