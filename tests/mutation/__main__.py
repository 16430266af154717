"""Mutation testing: small changes of the code, one at a time, that some test must notice.

``make mutants`` tries all areas, ``make mutants ARGS='auth amt_console/alerts/wording.py'`` some areas or files. Ends
with 1 if a mutant survives that ``docs/mutants.md`` does not explain, and with 2 if the tests fail without any change.
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
from mutation.explained import DOCUMENT, reasons_of, rows
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
    for row in rows(change for change in known if change not in offered):
        print(f"{path}: explained in {DOCUMENT.relative_to(ROOT)}, but not there any more: {row}")
    if not set(offered).difference(known):
        return 0
    began = monotonic()
    unchanged, *outcomes = [*_tried(path, compiled)] or [Outcome(None, True, "pytest did not start", 0.0)]
    if unchanged.caught:
        print(f"{path}: the tests of the area '{area.name}' fail without any change: {unchanged.by}", flush=True)
        return 2
    survivors = [outcome.change for outcome in outcomes if not outcome.caught and outcome.change is not None]
    late = sum(outcome.by == LATE for outcome in outcomes)
    print(
        f"{area.name:9} {path}: {len(offered)} mutants, {len(outcomes) - len(survivors)} caught ({late} by time), "
        f"{len(offered) - len(outcomes)} explained, {len(survivors)} survived, "
        f"{monotonic() - began:.0f} s{unchanged.by}",
        flush=True,
    )
    for row in rows(survivors):
        print(f"  {row}", flush=True)
    return min(1, len(survivors))


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
