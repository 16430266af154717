"""How a mutant gets into a loaded module, and how the tests that it needs are known."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest
from mutation.changes import Change, changes_of
from mutation.replacing import Calls, LoadedModule, RunsOnImport

SOURCE = """
from functools import cached_property, lru_cache

WIDTHS = {"door": 1 + 1}

def wide(name, least=1 + 2):
    return WIDTHS[name] >= least

@lru_cache
def cached(number):
    return number + 1

def counter(start):
    def count():
        return start + 1

    return count

once = counter(5)

class Door:
    height = 3 + 1

    @property
    def area(self):
        return self.height * WIDTHS["door"]

    @cached_property
    def sizes(self):
        return [each + 1 for each in (1, 2)]

    @staticmethod
    def opened(names):
        return any(name == "door" for name in names)
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "door.py"
    path.write_text(SOURCE)
    spec = util.spec_from_file_location("door", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    yield loaded
    loaded.__dict__.clear()
    gc.collect()


def change_of(within: str, what: str) -> Change:
    (found,) = (each for each in changes_of(SOURCE) if each.within == within and each.what == what)
    return found


@pytest.mark.parametrize(
    ("within", "what", "name", "before", "after"),
    [
        ("wide", "WIDTHS[name] >= least → WIDTHS[name] > least", "wide", "wide('door', 2)", [True, False]),
        ("cached", "number + 1 → number - 1", "cached", "cached.__wrapped__(2)", [3, 1]),
        ("counter.count", "start + 1 → start - 1", "counter", "(once(), counter(2)())", [(6, 3), (4, 1)]),
        (
            "Door.area",
            "self.height * WIDTHS['door'] → self.height / WIDTHS['door']",
            "Door.area",
            "Door().area",
            [8, 2],
        ),
        ("Door.sizes", "each + 1 → each - 1", "Door.sizes", "Door().sizes", [[2, 3], [0, 1]]),
        (
            "Door.opened",
            "any((name == 'door' for name in names)) → all((name == 'door' for name in names))",
            "Door.opened",
            "Door.opened(['door', 'wall'])",
            [True, False],
        ),
    ],
)
def test_functions_take_the_change_wherever_they_are_kept(
    module: ModuleType, within: str, what: str, name: str, before: str, after: list[object]
) -> None:
    calls = Calls(str(module.__file__))
    replacement = LoadedModule(SOURCE, str(module.__file__)).replacement(change_of(within, what))
    calls.start()
    try:
        seen = [eval(before, module.__dict__)]
    finally:
        calls.stop()
    replacement.make()
    seen.append(eval(before, module.__dict__))
    assert seen == after
    assert replacement.names == {name}
    assert name in calls.take()
    assert not calls.take()


@pytest.mark.parametrize(
    ("within", "what"),
    [("module", "1 + 1 → 1 - 1"), ("wide", "1 + 2 → 1 - 2"), ("Door", "3 + 1 → 3 - 1")],
    ids=["a constant", "a default", "an attribute of a class"],
)
def test_what_runs_on_import_is_told(module: ModuleType, within: str, what: str) -> None:
    with pytest.raises(RunsOnImport):
        LoadedModule(SOURCE, str(module.__file__)).replacement(change_of(within, what))


def test_a_change_that_drops_the_name_of_an_outer_function_needs_an_import(module: ModuleType) -> None:
    source = SOURCE.replace("return start + 1", "return start or 1")
    path = Path(str(module.__file__))
    path.write_text(source)
    exec(compile(source, str(path), "exec"), module.__dict__)
    gone = next(each for each in changes_of(source) if each.what == "start or 1 → 1")
    with pytest.raises(RunsOnImport):
        LoadedModule(source, str(path)).replacement(gone)


def test_calls_are_seen_in_threads_and_no_more_after_the_end(module: ModuleType) -> None:
    before = sys.gettrace()
    calls = Calls(str(module.__file__))
    calls.start()
    thread = Thread(target=module.cached, args=[1])
    thread.start()
    thread.join()
    calls.stop()
    module.wide("door")
    sys.settrace(before)
    assert calls.take() == {"cached"}
