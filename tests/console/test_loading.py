"""What panels load: one load at a time, the newest question wins, a failure stays with its panel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from support.desk import desk
from support.pictures import all_fine

from amt_console.console.cards.loading import Loader


class Host:
    """Ends loads when it is told to."""

    def __init__(self) -> None:
        self.running: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[str], None]]] = []

    def load(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[str], None]) -> None:
        self.running.append((work, done, failed))

    def end(self, failure: str | None = None) -> None:
        work, done, failed = self.running.pop(0)
        if failure is not None:
            failed(failure)
        else:
            done(work())


def test_only_the_newest_question_is_answered_and_one_load_runs_at_a_time() -> None:
    host = Host()
    loader, got, lost = Loader(host), [], []
    for number in range(5):
        loader.ask(lambda number=number: number, got.append, lost.append)  # type: ignore[misc]
    assert len(host.running) == 1
    host.end()
    assert (got, loader.running) == ([], True)
    host.end()
    assert (got, lost, loader.running) == ([4], [], False)


def test_a_failure_goes_to_the_panel_and_the_next_question_is_asked() -> None:
    host = Host()
    loader, got, lost = Loader(host), [], []
    loader.ask(lambda: 1, got.append, lost.append)
    host.end("the database is locked")
    assert lost == ["the database is locked"]
    loader.ask(lambda: 2, got.append, lost.append)
    host.end()
    assert got == [2]


def test_an_answer_may_ask_the_next_question() -> None:
    host = Host()
    loader, got = Loader(host), []

    def finer(found: int) -> None:
        got.append(found)
        if found < 2:
            loader.ask(lambda: found + 1, finer, lambda why: None)

    loader.ask(lambda: 1, finer, lambda why: None)
    host.end()
    host.end()
    assert got == [1, 2]


def test_what_is_forgotten_is_not_answered_and_the_next_question_waits_for_its_end() -> None:
    host = Host()
    loader, got, lost = Loader(host), [], []
    loader.forget()
    loader.ask(lambda: 1, got.append, lost.append)
    loader.ask(lambda: 2, got.append, lost.append)
    loader.forget()
    host.end("the database is locked")
    assert (got, lost, loader.running, host.running) == ([], [], False, [])
    loader.ask(lambda: 3, got.append, lost.append)
    loader.forget()
    loader.ask(lambda: 4, got.append, lost.append)
    host.end()
    host.end()
    assert (got, lost) == ([4], [])


class Unspoken:
    """Something large, of which nobody may write out what it holds."""

    def __repr__(self) -> str:
        raise AssertionError("it was written out on the screen's thread")


async def test_a_job_is_never_written_out() -> None:
    done: list[Unspoken] = []
    held = Unspoken()
    async with desk(all_fine()) as console:
        console.app.on_thread(partial(done.append, held), "poll")
        await console.settle()
    assert done == [held]
