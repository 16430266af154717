"""A clean environment for every test and its child processes."""

from __future__ import annotations

import gc
import os
import re
import signal
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from support import heap
from support.compiling import compile_all
from support.spreading import WAITING_WORKERS, spread
from support.thoroughness import THOROUGH

__all__ = ["THOROUGH"]  # the profile must be known before the tests are collected
KEPT = {
    *("PATH", "LD_LIBRARY_PATH", "TMPDIR", "CI", "AMT_TEST_POSTGRES_URL"),
    *("AMT_CONTRACT_EXAMPLES", "AMT_WRITE_EXAMPLES"),
}
"""What the tests take from outside; everything else is the developer's own, e.g. ``XDG_STATE_HOME`` or ``NO_COLOR``."""
USUAL = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC"}
LONGEST_NAME = 200
HOMES = count()
ENDINGS = {
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
    signal.SIGQUIT: signal.SIG_DFL,
    signal.SIGTERM: signal.SIG_DFL,
}


def pytest_sessionstart() -> None:
    """Before any module of the program is imported: some libraries read the environment while they are imported."""
    for name in os.environ.keys() - KEPT:
        if not name.startswith(("PYTEST_", "COVERAGE_")):
            del os.environ[name]
    for name in ("COLUMNS", "LINES"):
        os.unsetenv(name)  # readline sets them for child processes; os.environ does not know of it
    os.environ.update(USUAL)
    time.tzset()
    for number, usual in ENDINGS.items():
        # ``nohup``, and a shell with what it starts in the background, ignore some, and every child would, too.
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_collection() -> None:
    """To collect makes very many objects and no garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Looks for garbage passed all that was collected and imported again and again: a fifth of the processor time."""
    heap.set_aside()
    gc.set_threshold(20_000, 10, 10)
    gc.enable()  # last: with it the next object would have all others looked through


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """pytest looks for garbage five times at its end, through all that the tests have imported: once is enough."""
    gc.collect()
    heap.freeze()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``-m "not (slow or ...)"``: does not import a module whose ``pytestmark`` leaves all of its tests out.

    Each worker imports all other modules, and what they import. A module that the command line names is imported.
    """
    left_out = re.fullmatch(r"not \((\w+(?: or \w+)*)\)", config.option.markexpr)
    named = any(each.partition("::")[0].endswith(collection_path.name) for each in config.args)
    if left_out is None or named or collection_path.suffix != ".py":
        return None
    marks = "|".join(left_out[1].split(" or "))
    mark = re.compile(rf"^pytestmark = \[?pytest\.mark\.({marks})\b", re.MULTILINE)
    return True if mark.search(collection_path.read_text(encoding="utf-8")) else None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A long value becomes no name: each worker sends the names of all tests, and with every result one."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """With ``-n logical`` more than processors: some begin with the tests that wait (``support.spreading``).

    With ``-n auto``, for tests that do not wait, as many as processors: each has to import and collect all tests.
    """
    processors = os.cpu_count() or 1
    return processors if config.option.numprocesses == "auto" else processors + WAITING_WORKERS


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Before the workers of all tests start."""
    if config.args == config.getini("testpaths") or [Path(each).name for each in config.args] == ["tests"]:
        compile_all()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker of many, after some tests were left out: the order that keeps all processors busy to the end."""
    if (workers := getattr(config, "workerinput", {}).get("workercount", 1)) > 1:
        items[:] = spread(items, workers)


@pytest.fixture(scope="session", autouse=True)
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of home folders; the session's own is for processes that several tests share."""
    folder = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder / "session"))
        yield folder


@pytest.fixture(autouse=True)
def usual_environment(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home folder of the test's own; without ``XDG_*`` all folders of the program lie in it."""
    home = homes / str(next(HOMES))
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
