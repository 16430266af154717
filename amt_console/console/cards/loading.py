"""Loading for panels: one load at a time, and only the answer to the newest question is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from amt_console.model.queries.base import Query

ResultT = TypeVar("ResultT")


class LoadingHost(Protocol):
    """The part of the app that loads."""

    def load(self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[str], None]) -> None:
        """Run blocking work on a thread, then ``done`` or ``failed`` on the loop."""
        ...


class Loader:
    """Loads for one panel. What is asked while a load runs waits for its end; of several the newest one is asked.
    A question about a past moment is asked once: its answer stays.

    Args:
        host: The app.
    """

    def __init__(self, host: LoadingHost) -> None:
        self._host = host
        self._running = False
        self._waiting: Callable[[], None] | None = None
        self._answered: Query[Any] | None = None
        """The newest question, unless it failed."""
        self._failed = False

    @property
    def running(self) -> bool:
        """Whether a load runs."""
        return self._running

    @property
    def failed(self) -> bool:
        """Whether the last load failed: it is worth another one, also of a past moment."""
        return self._failed

    def ask(
        self,
        work: Callable[[], ResultT],
        done: Callable[[ResultT], None],
        failed: Callable[[str], None],
        *,
        query: Query[Any] | None = None,
    ) -> None:
        """Load, then call ``done``, or ``failed`` with the reason; neither if something else was asked meanwhile.

        Args:
            work: Loads; blocking.
            done: Takes the answer.
            failed: Takes the reason why there is none.
            query: What is asked, if that is all that the answer depends on.
        """
        if query is not None and query.at is not None and query == self._answered:
            return
        self._answered = query
        if self._running:
            self._waiting = lambda: self._begin(work, done, failed)
        else:
            self._begin(work, done, failed)

    def _begin(
        self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[str], None]
    ) -> None:
        self._running = True
        self._host.load(
            work,
            lambda result: self._ended(lambda: self._found(done, result)),
            lambda why: self._ended(lambda: self._lost(failed, why)),
        )

    def _found(self, done: Callable[[ResultT], None], result: ResultT) -> None:
        self._failed = False
        done(result)

    def _lost(self, failed: Callable[[str], None], why: str) -> None:
        self._answered, self._failed = None, True
        failed(why)

    def forget(self) -> None:
        """Ask nothing that waits, and draw no answer to what runs."""
        self._answered, self._failed = None, False
        if self._running:
            self._waiting = lambda: None

    def _ended(self, then: Callable[[], None]) -> None:
        self._running = False
        waiting, self._waiting = self._waiting, None
        (waiting or then)()


class Panel(Protocol):
    """The widget or screen that draws an answer."""

    @property
    def is_mounted(self) -> bool:
        """Whether it is on the screen."""
        ...


class Answer(Generic[ResultT]):
    """The newest answer for one panel, and why a newer one could not be read.

    Args:
        host: The app.
        panel: Who draws it; after its end nothing is drawn.
        draw: Called after each answer and each failure.
    """

    def __init__(self, host: LoadingHost, panel: Panel, draw: Callable[[], None]) -> None:
        self._loader, self._panel, self._draw = Loader(host), panel, draw
        self.value: ResultT | None = None
        self.failure = ""
        """Why the last load failed; empty if it did not."""

    def ask(self, work: Callable[[], ResultT], *, query: Query[Any] | None = None) -> None:
        """Load on a thread what a query asks, if it is one. A failure keeps the answer before it."""
        self._loader.ask(work, self._answered, self._failed, query=query)

    def _answered(self, value: ResultT) -> None:
        before, self.value, self.failure = self.value, value, ""
        try:
            self._redraw()
        except Exception:
            self.value = before  # what cannot be drawn would fail again with the words that say so
            raise

    def _failed(self, why: str) -> None:
        self.failure = why
        self._redraw()

    def _redraw(self) -> None:
        if self._panel.is_mounted:
            self._draw()
