"""Run the benchmarks and print one table: figure, target, measured, verdict.

Each benchmark is a module of this package, or of a package in it, with a function
``figures(quick: bool) -> list[Figure]``. It runs in a process of its own, one after the other.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import platformdirs

from benchmarks.figure import Figure, text_table

FOLDER = Path(__file__).parent
FIRST = ("startup", "console_idle", "probe_truth", "ingest", "history_build", "overview", "availability")
"""Shown first, in this order; the others follow by name."""
_LIMIT_SECONDS = 1800.0


def names() -> list[str]:
    """The modules that offer figures."""
    found = modules()
    return [name for name in FIRST if name in found] + [name for name in sorted(found) if name not in FIRST]


def modules() -> dict[str, str]:
    """The module of each benchmark, by its name: that of its file."""
    paths = [path for path in FOLDER.rglob("*.py") if _offers_figures(path)]
    return {path.stem: ".".join(("benchmarks", *path.relative_to(FOLDER).with_suffix("").parts)) for path in paths}


def _offers_figures(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == "figures" for node in tree.body)


def measure(name: str, *, quick: bool) -> list[Figure]:
    """The figures of one benchmark; one that fails becomes a row that says so."""
    command = [sys.executable, "-m", "benchmarks", "--only-json", name, *(["--quick"] if quick else [])]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, timeout=_LIMIT_SECONDS, env=environment(), check=False
        )
    except subprocess.TimeoutExpired:
        return [Figure(name, None, note=f"did not end within {_LIMIT_SECONDS:.0f} s")]
    if done.returncode:
        return [Figure(name, None, note=f"failed with exit code {done.returncode}, see above")]
    return [Figure(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def environment() -> dict[str, str]:
    """Compiled modules are kept, as they are where the program is installed; in a folder of their own."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    folder = platformdirs.user_cache_path("amt-console-benchmarks") / "compiled"
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder)}


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 1 if a target was missed, 0 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(names())}; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and less data: rough numbers in short time")
    parser.add_argument("--write", action="store_true", help="write the table and the machine to benchmarks/RESULTS.md")
    parser.add_argument("--only-json", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in names()]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(names())}")
    if arguments.only_json:
        module = importlib.import_module(modules()[arguments.names[0]])
        print("\n" + json.dumps([asdict(figure) for figure in module.figures(arguments.quick)]))
        return 0
    figures: list[Figure] = []
    for name in arguments.names or names():
        begin = time.monotonic()
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        figures += measure(name, quick=arguments.quick)
        print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(text_table(figures))
    if arguments.write:
        from benchmarks.results import write_results

        print(f"written to {write_results(figures, quick=arguments.quick)}", file=sys.stderr)
    return int(any(figure.verdict == "MISSED" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
