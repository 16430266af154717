"""Blocking work on threads, and what follows from it on the app's loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from typing import Protocol, TypeVar

from textual.css.query import NoMatches
from textual.message import Message
from textual.worker import Worker

from amt_console.console.giving_way import GivingWay
from amt_console.operations.protocol import OperationError
from amt_console.text import safe_text

ResultT = TypeVar("ResultT")
POLL, ACTION, LOAD = "poll", "action", "load"
WAITED_FOR = frozenset({POLL, ACTION, LOAD})
"""Groups of jobs whose results a screen waits for."""
_log = logging.getLogger(__name__)


class Done(Message):
    """Something is to be done on the app's loop; see ``Jobs.go_on``."""


class JobsHost(Protocol):
    """The part of the app that jobs use."""

    def post_message(self, message: Message, /) -> bool:
        """Queue a message. Thread-safe."""
        ...

    @property
    def keys_wait(self) -> bool:
        """Whether a key waits for its answer."""
        ...

    def run_worker(
        self, work: Awaitable[None], /, *, exit_on_error: bool, group: str, description: str
    ) -> Worker[None]:
        """Wait until work has ended."""
        ...


class Jobs:
    """Runs jobs.

    Args:
        host: The app.
        tell: Shows a failure to the person.
        changed: Called on the loop after each job of a person.
    """

    def __init__(self, host: JobsHost, tell: Callable[[str], None], changed: Callable[[], None]) -> None:
        self._host = host
        self._calls: deque[Callable[[], None]] = deque()
        self._way = GivingWay(lambda: host.keys_wait)
        self._tell = tell
        self._changed = changed

    def on_thread(self, work: Callable[[], None], group: str) -> None:
        """Run blocking work on a thread of its own."""
        # Textual would start the thread behind whatever the loop has to do first, which may be a paint.
        begun = asyncio.get_running_loop().run_in_executor(None, copy_context().run, work)
        # Without a description Textual writes out the work with all that it holds, on the screen's thread.
        self._host.run_worker(begun, exit_on_error=False, group=group, description=group)

    def on_loop(self, call: Callable[[], None]) -> None:
        """Call on the app's loop, unless the app is ending. Thread-safe. A call that fails is told, and fails alone."""
        self._calls.append(call)
        self._host.post_message(Done())

    def go_on(self) -> None:
        """Make the oldest call, unless keys wait: then they go first. Call it once for each ``Done``."""
        if self._way.gives_way():
            # Behind what the thread that reads keys has handed to the loop, or is about to.
            asyncio.get_running_loop().call_soon(self._host.post_message, Done())
        else:
            self._follow(self._calls.popleft())

    def _follow(self, call: Callable[[], None]) -> None:
        try:
            call()
        except NoMatches:
            _log.debug("the screen of a job has gone", exc_info=True)
        except Exception as error:
            _log.exception("what follows a job failed")
            self._tell(f"That failed: a fault of amt-console ({type(error).__name__}), see its log.")

    def run(
        self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[Exception], None]
    ) -> None:
        """Run blocking work on a thread, then ``done`` on the loop. A failure is shown and passed to ``failed``."""

        def fail(error: Exception) -> None:
            self._tell(safe_text(error) or type(error).__name__)
            failed(error)

        def finish(result: ResultT) -> None:
            done(result)
            self._changed()

        self._start(work, finish, fail, ACTION)

    def load(self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[str], None]) -> None:
        """Run blocking work of a panel on a thread, then ``done`` on the loop. Its failure goes to ``failed`` alone, in
        words.
        """

        def finish(result: ResultT) -> None:
            try:
                done(result)
            except Exception as error:
                _log.exception("what was loaded cannot be drawn")
                failed(f"a fault of amt-console ({type(error).__name__}), see its log")

        self._start(work, finish, lambda error: failed(safe_text(error) or type(error).__name__), LOAD)

    def _start(
        self,
        work: Callable[[], ResultT],
        done: Callable[[ResultT], None],
        failed: Callable[[Exception], None],
        group: str,
    ) -> None:
        def run() -> None:
            try:
                result = work()
            except Exception as error:
                if not isinstance(error, (OperationError, OSError)):
                    _log.warning("a job failed", exc_info=True)
                self.on_loop(partial(failed, error))
            else:
                self.on_loop(partial(done, result))

        self.on_thread(run, group)
