"""What is mutated, and by which tests a mutant must be noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the program, as patterns of files below the root, and the arguments of pytest that select its tests."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]


AREAS = (
    Area(
        "auth",
        ("amt_console/api/auth/*.py",),
        tuple(
            f"tests/api/test_{name}.py"
            for name in ("tokens", "callers", "refusals", "access", "login", "openings", "rates")
        ),
    ),
    Area(
        "lease",
        ("amt_console/store/cluster/*lease*.py",),
        tuple(f"tests/store/test_{name}.py" for name in ("lease", "row_lease", "lock_file", "network_disk")),
    ),
    Area(
        "recorder",
        tuple(f"amt_console/monitor/{name}.py" for name in ("recorder", "flush", "quarantine")),
        tuple(f"tests/monitor/test_{name}.py" for name in ("recorder", "flush", "quarantine", "gaps"))
        + tuple(f"tests/monitor/test_{name}.py" for name in ("outbox", "planned_work", "handover_watch", "evidence")),
    ),
    Area(
        "alerts",
        ("amt_console/alerts/**/*.py",),
        (
            "tests/alerts",
            *(f"--ignore=tests/alerts/{name}.py" for name in ("test_invariants", "policy/test_paging_invariants")),
        ),
    ),
)
"""A file belongs to the first area that has it."""


def area_files() -> dict[Path, Area]:
    """The files, relative to the root, and their areas."""
    found: dict[Path, Area] = {}
    for area in AREAS:
        for path in sorted(path for pattern in area.sources for path in ROOT.glob(pattern)):
            found.setdefault(path.relative_to(ROOT), area)
    return found


def selected(words: Sequence[str]) -> dict[Path, Area]:
    """The files that words name, by area or by path; all without words. Raises ValueError for a word without any."""
    offered = area_files()
    found: dict[Path, Area] = {}
    for word in words:
        named = {path: area for path, area in offered.items() if area.name == word or path.is_relative_to(Path(word))}
        if not named:
            raise ValueError(
                f"'{word}' is neither an area ({', '.join(area.name for area in AREAS)}) nor a file of one."
            )
        found |= named
    return found if words else offered
