"""Mutation testing: small changes of the code, one at a time, that some test must notice.

``make mutants`` tries all areas, ``make mutants ARGS='auth amt_console/alerts/wording.py'`` some areas or files. Ends
with 1 if a mutant survives that ``docs/mutants.md`` does not explain, and with 2 if the tests fail without any change.
``MUTANTS_AT_ONCE`` is how many processes run, by default one for each processor.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

from mutation.areas import ROOT, Area, selected
from mutation.changes import Change, changes_of
from mutation.explained import DOCUMENT, reasons_of, row
from mutation.trial import LATE, Outcome


def main(words: Sequence[str]) -> int:
    """Try the mutants of the files that the words name; returns the exit code."""
    try:
        files = selected(words)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as compiled:
        return max(_try_file(path, area, compiled) for path, area in files.items())


def _try_file(path: Path, area: Area, compiled: str) -> int:
    known, offered = reasons_of(path), changes_of((ROOT / path).read_text(encoding="utf-8"))
    for change in set(known).difference(offered):
        print(f"{path}: explained in {DOCUMENT.relative_to(ROOT)}, but not there any more: {row(change)}")
    to_try = len(set(offered).difference(known))
    if not to_try:
        return 0
    print(f"{path}: {len(offered)} mutants, {len(offered) - to_try} explained, {to_try} to try", flush=True)
    began, caught, survived, late, remark = monotonic(), 0, 0, 0, ""
    for outcome in _tried(path, compiled):
        if outcome.change is None:
            remark = outcome.by
            if outcome.caught:
                print(f"  the tests of the area '{area.name}' fail without any change: {remark}", flush=True)
                return 2
            continue
        if not outcome.caught:
            print("  " + row(outcome.change), flush=True)
        caught, survived = caught + outcome.caught, survived + (not outcome.caught)
        late += outcome.by == LATE
        if sys.stderr.isatty():
            print(f"  {caught + survived} of {to_try}", end="\r", file=sys.stderr, flush=True)
    seconds = monotonic() - began
    print(f"  {caught} caught ({late} by time), {survived} survived, {seconds:.0f} s{remark}", flush=True)
    if caught + survived < to_try:
        print("  pytest ended before all were tried, see above", flush=True)
        return 2
    return min(1, survived)


def _tried(path: Path, compiled: str) -> Iterator[Outcome]:
    """The outcomes of a file, the unchanged one first; ``compiled`` is the folder of compiled modules."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = compiled
    command = [sys.executable, "-m", "mutation.trial", str(path)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as trial:
        assert trial.stdout is not None
        for line in trial.stdout:
            values = json.loads(line)
            change = values.pop("change")
            yield Outcome(None if change is None else Change(**change), **values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
