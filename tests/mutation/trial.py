"""Tries the mutants of one file: pytest starts once, and forks a child for each mutant.

``python -m mutation.trial FILE`` prints one JSON document a mutant, see ``Outcome``. Development only; needs fork.

Most mutants get a quick trial: a process collects all tests, runs them once and notes which of them call which
functions of the file; each of its children puts the code of a mutant into the functions and runs the tests that call
them, until one fails.

Changes of code that runs on import, or ran while the tests were collected, get a thorough trial. pytest imports the
file under trial before it collects any test. At that moment this module waits in the import: each child goes on with
the code of another mutant, so do all modules and tests that it imports from then on. Only the test that failed in the
quick trial runs; if there is none, or it passes, another child runs all tests.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from mutation.areas import ROOT, area_files
from mutation.changes import Change, changed, changes_of
from mutation.explained import reasons_of
from mutation.replacing import Calls, LoadedModule, Replacement, RunsOnImport, clear_caches
from support import heap

WORKERS = int(os.environ.get("MUTANTS_AT_ONCE", "0")) or os.cpu_count() or 1
LIMIT_FACTOR = 4.0
LIMIT_SECONDS = 10.0
"""A mutant may take this much longer than four times the unchanged code; then it counts as caught."""
LATE = "time limit"
EXIT_CODE = "exit code "
FAILED = 9
"""The exit code of a process that ended early and has told why."""
TEMPORARY = tempfile.gettempdir()
"""The folders of all children are here: one in that of its parent makes the paths of sockets too long."""
OURS = {"amt_console", "collectors", "widgets", "tests", "support", "mutation", "conftest"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant; without a change: of the unchanged file, which all tests must pass."""

    change: Change | None
    caught: bool
    by: str
    """The test that failed first, or why else it is caught; of the unchanged file, a remark."""
    seconds: float


class Nursery(SourceFileLoader):
    """Loads the file under trial; in the children with their change."""

    def __init__(self, name: str, path: str, plugin: Plugin) -> None:
        super().__init__(name, path)
        self._plugin = plugin

    def get_code(self, fullname: str) -> CodeType:
        """Tries all mutants. Returns in the children only."""
        source = Path(self.path).read_text(encoding="utf-8")
        body = ast.parse(source).body
        imports: list[ast.stmt] = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), self.path, "exec"), {})  # what it needs itself is loaded once
        change = _try_all(source, self.path, self._plugin)
        tree = changed(source, change) if change is not None else self._plugin.calls.noting(ast.parse(source))
        return compile(tree, self.path, "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """Finds the file under trial."""

    def __init__(self, name: str, plugin: Plugin) -> None:
        self._name = name
        self._plugin = plugin

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The usual spec with another loader."""
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = Nursery(fullname, spec.origin, self._plugin)
        return spec


class Plugin:
    """Imports the file under trial first, runs the tests that noticed most so far first, and tells which one failed."""

    def __init__(self, module: str, explained: Collection[Change]) -> None:
        self.module = module
        self.explained = explained
        self.killers: Counter[str] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.quick: Callable[[list[pytest.Item]], list[pytest.Item]] | None = None
        """Makes the quick trials once the tests are collected; returns in their children only, with their tests."""
        self.calls = Calls()
        self.notes_calls = False
        """Whether the tests run on the unchanged code."""
        self.callers: defaultdict[str, set[str]] = defaultdict(set)
        """The tests that call a function."""
        self.suspect: str | None = None
        """The only test that runs."""
        self.skipped = 0
        self.told = 1
        """Where it tells: the standard output, or the parent of a child."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        from hypothesis import Phase, settings  # pytest wants to see it first

        phases = (Phase.explicit, Phase.generate)  # any failure will do
        settings.register_profile("mutants", database=None, derandomize=True, print_blob=False, phases=phases)
        settings.load_profile("mutants")
        importlib.import_module(self.module)
        if self.suspect is not None:
            session.config.args[:] = [self.suspect]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: (-self.killers[item.nodeid], self.seconds[item.nodeid]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        if self.quick is not None and not session.testsfailed:
            session.items[:] = self.quick(session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self.notes_calls:
            clear_caches()
        result = yield
        if self.notes_calls:
            self._note_calls([item])
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Iterator[None]:
        result = yield
        if self.notes_calls and fixturedef.scope != "function":
            self._note_calls(
                each for each in request.session.items if fixturedef.argname in getattr(each, "fixturenames", ())
            )
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        self.skipped += report.skipped
        if report.failed:
            self.tell(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        if self.notes_calls:
            packages = [name for name in sys.modules if name.partition(".")[0] not in OURS]
            self.tell(
                json.dumps(
                    {
                        "packages": packages,
                        "seconds": self.seconds,
                        "skipped": self.skipped,
                        "callers": {name: sorted(tests) for name, tests in self.callers.items()},
                    }
                )
            )

    def learn(self, learnt: dict[str, Any]) -> None:
        """Take over what the child with the unchanged code told: load those packages once, run quick tests first."""
        self.seconds.update(learnt["seconds"])
        self.callers.update({name: set(tests) for name, tests in learnt["callers"].items()})
        self.killers.update(learnt.get("killers", {}))
        self.skipped = learnt["skipped"]
        for name in learnt["packages"]:
            with suppress(ImportError):
                importlib.import_module(name)

    def _note_calls(self, tests: Iterable[pytest.Item]) -> None:
        callers = {test.nodeid for test in tests}
        for name in self.calls.take():
            self.callers[name] |= callers

    def limit(self, tests: Iterable[str]) -> float:
        """How many seconds tests may take on a mutant."""
        return LIMIT_FACTOR * sum(self.seconds[test] for test in tests) + LIMIT_SECONDS

    def tell_outcome(self, outcome: Outcome) -> None:
        """Tell what became of a mutant."""
        self.tell(json.dumps(asdict(outcome)))

    def tell(self, line: str) -> None:
        """Tell whoever started this process."""
        os.write(self.told, f"{line}\n".encode())


@dataclass(frozen=True, slots=True)
class Trial:
    """What a child tries."""

    change: Change
    seconds: float
    """It may take so long."""
    suspect: str | None = None
    """The only test that runs; ``None`` for all."""


@dataclass(slots=True)
class Child:
    """A process that tries a mutant, or the unchanged code."""

    pid: int
    change: Change | None
    hears: int
    folder: str
    began: float
    said: bytes = b""

    def hear(self) -> bool:
        """Whether it goes on."""
        part = os.read(self.hears, 65536)
        self.said += part
        return bool(part)

    def end(self, *, late: bool = False) -> Outcome:
        """Its outcome, with all its processes and files gone."""
        for kill in (os.killpg, os.kill) if late else (os.killpg,):
            try:
                kill(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        _, status = os.waitpid(self.pid, 0)
        os.close(self.hears)
        shutil.rmtree(self.folder, ignore_errors=True)
        first, *_ = self.said.decode().splitlines() or [""]
        caught = late or bool(first) or status != 0
        by = first or (LATE if late else f"{EXIT_CODE}{os.waitstatus_to_exitcode(status)}" if caught else "")
        return Outcome(self.change, caught, by, time.monotonic() - self.began)


def _try_all(source: str, path: str, plugin: Plugin) -> Change | None:
    """Have the quick trials made in a child, make the thorough ones. Returns in the children; the parent ends."""
    changes = [change for change in changes_of(source) if change not in plugin.explained]
    child = _fork(None, plugin, own_session=False)
    if child is None:
        plugin.quick = lambda items: _try_quickly(changes, LoadedModule(source, path), items, plugin)
        return None
    learnt: dict[str, Any] | None = None
    with open(child.hears, encoding="utf-8", closefd=False) as lines:
        for line in lines:
            if "left" in (told := json.loads(line)):
                learnt = told
            else:
                plugin.tell(line.rstrip())
    outcome = child.end()
    if learnt is None:
        if outcome.by != f"{EXIT_CODE}{FAILED}":
            plugin.tell_outcome(outcome)
        os._exit(FAILED)
    if learnt["left"]:
        plugin.learn(learnt)
    _freeze()
    limit = plugin.limit(plugin.seconds)
    left = [Trial(changes[number], limit, suspect) for number, suspect in learnt["left"]]
    unsure = [trial for trial in left if trial.suspect is None]

    def note(outcome: Outcome) -> None:
        if outcome.caught and not outcome.by.startswith(EXIT_CODE):
            plugin.tell_outcome(outcome)
        elif outcome.change is not None:
            unsure.append(Trial(outcome.change, limit))

    trial = _try_each([each for each in left if each.suspect is not None], plugin, note)
    trial = trial or _try_each(unsure, plugin, plugin.tell_outcome)
    if trial is None:
        os._exit(0)
    plugin.suspect = trial.suspect
    return trial.change


def _try_quickly(
    changes: Sequence[Change], module: LoadedModule, items: list[pytest.Item], plugin: Plugin
) -> list[pytest.Item]:
    """Make the quick trials. Returns in the children, with the tests to run; the parent ends."""
    plugin.quick = None
    at_import = plugin.calls.take()
    _freeze()
    child = _fork(None, plugin)
    if child is None:
        plugin.notes_calls = True
        return items
    while child.hear():
        pass
    *failed, last = child.said.decode().splitlines() or [""]
    child.said = "\n".join(failed).encode()
    unchanged = child.end()
    if unchanged.caught:
        plugin.tell_outcome(unchanged)
        os._exit(FAILED)
    learnt = json.loads(last)
    plugin.learn(learnt)
    plugin.tell_outcome(Outcome(None, False, f", {plugin.skipped} tests skipped" if plugin.skipped else "", 0.0))
    quick: dict[Change, tuple[Replacement, set[str]]] = {}
    for change in changes:
        with suppress(RunsOnImport):
            replacement = module.replacement(change)
            quick[change] = replacement, {test for name in replacement.names for test in plugin.callers[name]}
    left: dict[Change, str | None] = {change: None for change in changes if change not in quick}

    def note(outcome: Outcome) -> None:
        if outcome.change is None or at_import.isdisjoint(quick[outcome.change][0].names):
            plugin.tell_outcome(outcome)
        else:
            left[outcome.change] = outcome.by if outcome.by in plugin.seconds else None

    mine = _try_each([Trial(change, plugin.limit(tests)) for change, (_, tests) in quick.items()], plugin, note)
    if mine is not None:
        replacement, tests = quick[mine.change]
        replacement.make()
        selected = [item for item in items if item.nodeid in tests]
        plugin.pytest_collection_modifyitems(selected)
        return selected
    numbers = [(number, left[change]) for number, change in enumerate(changes) if change in left]
    plugin.tell(json.dumps(learnt | {"left": numbers, "killers": plugin.killers}))
    os._exit(0)


def _try_each(waiting: list[Trial], plugin: Plugin, note: Callable[[Outcome], None]) -> Trial | None:
    """Fork a child for each trial, some at once, and note the outcomes; returns the trial in a child."""
    running: dict[int, tuple[Child, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < WORKERS:
                trial = waiting.pop(0)
                child = _fork(trial.change, plugin)
                if child is None:
                    return trial
                running[child.hears] = child, trial.seconds
            heard, _, _ = select.select(list(running), [], [], 0.5)
            for hears, (child, seconds) in list(running.items()):
                late = time.monotonic() - child.began > seconds
                if late or (hears in heard and not child.hear()):
                    del running[hears]
                    outcome = child.end(late=late)
                    plugin.killers[outcome.by] += 1
                    note(outcome)
    except KeyboardInterrupt:
        for child, _ in running.values():
            child.end(late=True)
        os._exit(FAILED)
    return None


def _freeze() -> None:
    """Let the garbage collectors of the children leave out what they share: looking through it would copy it."""
    gc.collect()
    heap.freeze()


def _fork(change: Change | None, plugin: Plugin, *, own_session: bool = True) -> Child | None:
    """A child, or ``None`` in the child itself."""
    folder = tempfile.mkdtemp(prefix="mutant-", dir=TEMPORARY)
    hears, told = os.pipe()
    sys.stdout.flush()
    if pid := os.fork():
        os.close(told)
        return Child(pid, change, hears, folder, time.monotonic())
    if own_session:
        os.setsid()
    os.close(hears)
    plugin.told = told
    tempfile.tempdir = folder
    os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
    nowhere = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nowhere, each)
    return None


def main(path: Path) -> None:
    """Try the mutants of a file that are not explained."""
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    plugin = Plugin(module, reasons_of(path))
    sys.meta_path.insert(0, Finder(module, plugin))
    os.chdir(ROOT)
    options = ("-x", "-q", "--tb=no", "--capture=no", "-p", "no:cacheprovider", "-m", "not pty and not chromium")
    code = pytest.main([*options, *area_files()[path].tests], plugins=[plugin])
    os._exit(int(code))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
