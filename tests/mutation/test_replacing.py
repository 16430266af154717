"""How a mutant gets into a loaded module, and how the tests that it needs are known."""

from __future__ import annotations

import ast
import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest
from mutation.changes import Change, changes_of
from mutation.replacing import Calls, LoadedModule, RunsOnImport
from support import heap

pytestmark = pytest.mark.slow

SOURCE = """
from functools import cached_property, lru_cache

WIDTHS = {"door": 1 + 1}
LIST = [each + 4 + 1 for each in (1,)]

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
    """The objects that were there before are frozen: to look through the million of a whole test run takes a second."""
    heap.freeze()
    path = tmp_path / "door.py"
    loaded = ModuleType("door")
    loaded.__file__ = str(path)
    load(loaded, SOURCE)
    yield loaded
    loaded.__dict__.clear()
    gc.collect()
    heap.freeze()


def load(module: ModuleType, source: str) -> Calls:
    """The calls since then, with those of the import."""
    calls = Calls()
    exec(compile(calls.noting(ast.parse(source)), str(module.__file__), "exec"), module.__dict__)
    return calls


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
    calls = load(module, SOURCE)
    assert calls.take() == {"counter"}
    replacement = LoadedModule(SOURCE, str(module.__file__), gc.get_objects()).replacement(change_of(within, what))
    seen = [eval(before, module.__dict__)]
    replacement.make()
    seen.append(eval(before, module.__dict__))
    assert seen == after
    assert replacement.names == {name}
    assert name in calls.take()
    assert not calls.take()


@pytest.mark.parametrize(
    ("within", "what"),
    [
        ("module", "1 + 1 → 1 - 1"),
        ("module", "each + 4 + 1 → each + 4 - 1"),
        ("wide", "1 + 2 → 1 - 2"),
        ("Door", "3 + 1 → 3 - 1"),
    ],
    ids=["a constant", "a list", "a default", "an attribute of a class"],
)
def test_what_runs_on_import_is_told(module: ModuleType, within: str, what: str) -> None:
    with pytest.raises(RunsOnImport):
        LoadedModule(SOURCE, str(module.__file__), gc.get_objects()).replacement(change_of(within, what))


def test_a_change_that_drops_the_name_of_an_outer_function_needs_an_import(module: ModuleType) -> None:
    source = SOURCE.replace("return start + 1", "return start or 1")
    load(module, source)
    gone = next(each for each in changes_of(source) if each.what == "start or 1 → 1")
    with pytest.raises(RunsOnImport):
        LoadedModule(source, str(module.__file__), gc.get_objects()).replacement(gone)


def test_frozen_functions_are_found_and_a_function_that_is_gone_needs_an_import(module: ModuleType) -> None:
    change = change_of("wide", "WIDTHS[name] >= least → WIDTHS[name] > least")
    heap.freeze()
    assert LoadedModule(SOURCE, str(module.__file__)).replacement(change).codes
    del module.wide
    with pytest.raises(RunsOnImport):
        LoadedModule(SOURCE, str(module.__file__)).replacement(change)


def test_calls_are_noted_in_threads_by_the_outermost_function() -> None:
    module = ModuleType("door")
    module.__file__ = "door.py"
    calls = load(
        module,
        """
def told(order=lambda: 3):
    'Tells.'
    return max([1, 2], key=lambda each: -each) + order()

class Door:
    open = staticmethod(lambda: True)

    async def close(self):
        class Inner:
            def shut(self):
                return 1

        return Inner().shut()

def never():
    return 0
""",
    )
    assert not calls.take()
    thread = Thread(target=module.told)
    thread.start()
    thread.join()
    assert calls.take() == {"told", "<lambda>"}
    assert module.told.__doc__ == "Tells."
    assert module.Door.open() is True
    assert asyncio.run(module.Door().close()) == 1
    assert calls.take() == {"Door.<lambda>", "Door.close"}
