"""Compiles the test modules of a fresh checkout once, on all processors, before the workers of the tests start.

pytest rewrites the assertions of each module when it first imports it: nine seconds for all. Workers import the same
modules at the same time, and each would rewrite them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import cache_from_source
from pathlib import Path

TESTS = Path(__file__).parents[1]
WORTH_IT = 100
"""Modules; for fewer it takes longer to start the processes."""


def compile_all() -> None:
    """Compile them, if there are many to compile and the result is kept."""
    if sys.dont_write_bytecode:
        return
    modules = sorted(TESTS.rglob("test_*.py"))
    if sum(not is_compiled(module) for module in modules) < WORTH_IT:
        return
    processes = os.cpu_count() or 1
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-n0", "-p", "no:cacheprovider"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    collecting = [
        subprocess.Popen([*command, *map(str, part)], env=env, cwd=TESTS.parent, stdout=subprocess.DEVNULL)
        for part in parts(modules, processes)
    ]
    for each in collecting:
        each.wait()  # what cannot be imported is told by the workers


def is_compiled(module: Path) -> bool:
    """Whether pytest has kept a compiled form of a module since it was last written."""
    plain = Path(cache_from_source(str(module)))
    written = module.stat().st_mtime
    return any(each.stat().st_mtime >= written for each in plain.parent.glob(f"{plain.stem}-pytest-*.pyc"))


def parts(modules: Iterable[Path], number: int) -> list[list[Path]]:
    """Of about the same size each; neighbours stay together: they import the same."""
    found = list(modules)
    total = sum(module.stat().st_size for module in found)
    result: list[list[Path]] = [[] for _ in range(number)]
    done = 0
    for module in found:
        result[min(number - 1, done * number // max(1, total))].append(module)
        done += module.stat().st_size
    return [part for part in result if part]
