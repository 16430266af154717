"""Tries the mutants of one file: pytest starts once, and forks a child for each mutant.

``python -m mutation.trial FILE`` prints one JSON document a mutant, see ``Outcome``. Development only; needs fork.

pytest imports the file under trial before it collects any test. At that moment this module waits in the import: each
child goes on with the code of another mutant, and so do all modules and tests that it imports from then on.
"""

from __future__ import annotations

import ast
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
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from mutation.areas import ROOT, area_files
from mutation.changes import Change, changed, changes_of
from mutation.explained import reasons_of

WORKERS = os.cpu_count() or 1
LIMIT_FACTOR = 4.0
LIMIT_SECONDS = 10.0
"""A mutant may take this much longer than four times the unchanged file; then it counts as caught."""
LATE = "time limit"
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
        change = _try_all(source, self._plugin)
        tree: Any = source if change is None else changed(source, change)
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
        self.skipped = 0
        self.first = True
        """Whether the code is unchanged."""
        self.told = -1
        """Where a child tells its parent."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        from hypothesis import settings  # pytest wants to see it first

        settings.register_profile("mutants", database=None, derandomize=True, print_blob=False)
        settings.load_profile("mutants")
        importlib.import_module(self.module)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: (-self.killers[item.nodeid], self.seconds[item.nodeid]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        self.skipped += report.skipped
        if report.failed:
            self._tell(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        if self.first:
            packages = [name for name in sys.modules if name.partition(".")[0] not in OURS]
            self._tell(json.dumps({"packages": packages, "seconds": self.seconds, "skipped": self.skipped}))

    def learn(self, told: str) -> None:
        """Take over what the child with the unchanged code told: load those packages once, run quick tests first."""
        self.first = False
        learnt = json.loads(told)
        self.seconds.update(learnt["seconds"])
        self.skipped = learnt["skipped"]
        for name in learnt["packages"]:
            with suppress(ImportError):
                importlib.import_module(name)

    def _tell(self, line: str) -> None:
        os.write(self.told, f"{line}\n".encode())


@dataclass(slots=True)
class Child:
    """A process that tries a mutant."""

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

    def end(self, *, late: bool) -> Outcome:
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
        by = first or (LATE if late else f"exit code {os.waitstatus_to_exitcode(status)}" if caught else "")
        return Outcome(self.change, caught, by, time.monotonic() - self.began)


def _try_all(source: str, plugin: Plugin) -> Change | None:
    """Fork a child for each mutant, some at once. Returns in the children; the parent ends."""
    child = _fork(None, plugin)
    if child is None:
        return None
    while child.hear():
        pass
    *failed, learnt = child.said.decode().splitlines() or [""]
    child.said = "".join(failed).encode()
    unchanged = child.end(late=False)
    if unchanged.caught:
        _tell(unchanged)
        os._exit(1)
    plugin.learn(learnt)
    _tell(replace(unchanged, by=f", {plugin.skipped} tests skipped" if plugin.skipped else ""))
    limit = LIMIT_FACTOR * unchanged.seconds + LIMIT_SECONDS
    waiting, running = [change for change in changes_of(source) if change not in plugin.explained], dict[int, Child]()
    try:
        while waiting or running:
            while waiting and len(running) < WORKERS:
                child = _fork(change := waiting.pop(0), plugin)
                if child is None:
                    return change
                running[child.hears] = child
            heard, _, _ = select.select(list(running), [], [], 0.5)
            for hears, child in list(running.items()):
                late = time.monotonic() - child.began > limit
                if late or (hears in heard and not child.hear()):
                    outcome = running.pop(hears).end(late=late)
                    plugin.killers[outcome.by] += 1
                    _tell(outcome)
    except KeyboardInterrupt:
        for child in running.values():
            child.end(late=True)
        os._exit(1)
    os._exit(0)


def _fork(change: Change | None, plugin: Plugin) -> Child | None:
    """A child, or ``None`` in the child itself."""
    folder = tempfile.mkdtemp(prefix="mutant-")
    hears, told = os.pipe()
    sys.stdout.flush()
    if pid := os.fork():
        os.close(told)
        return Child(pid, change, hears, folder, time.monotonic())
    os.setsid()
    os.close(hears)
    plugin.told = told
    tempfile.tempdir = folder
    os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
    nowhere = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nowhere, each)
    return None


def _tell(outcome: Outcome) -> None:
    os.write(1, json.dumps(asdict(outcome)).encode() + b"\n")


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
