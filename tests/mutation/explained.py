"""The survivors that ``docs/mutants.md`` explains."""

from __future__ import annotations

import re
from pathlib import Path

from mutation.areas import ROOT
from mutation.changes import Change

DOCUMENT = ROOT / "docs" / "mutants.md"
_CELLS = re.compile(r"(?<!\\)\|")


def explained(text: str) -> dict[tuple[Path, Change], str]:
    """Why each explained survivor may survive: the rows of the tables under headings that name a file."""
    path, found = Path(), {}
    for line in text.splitlines():
        if line.startswith("#"):
            path = Path(line.strip("# `"))
        elif line.startswith("| `"):
            within, source, what, why = (cell.strip() for cell in _CELLS.split(line)[1:-1])
            what, _, occurrence = what.rpartition("`")
            change = Change(_code(within), _code(source), _code(what), int(occurrence.strip(" ()") or 1))
            found[path, change] = why
    return found


def reasons_of(path: Path) -> dict[Change, str]:
    """Why each explained survivor of a file may survive."""
    found = explained(DOCUMENT.read_text(encoding="utf-8"))
    return {change: why for (named, change), why in found.items() if named == path}


def row(change: Change) -> str:
    """The row of a survivor as the document has it, with the explanation still to be written."""
    number = "" if change.occurrence == 1 else f" ({change.occurrence})"
    return f"| {_cell(change.within)} | {_cell(change.line)} | {_cell(change.what)}{number} | |"


def _cell(code: str) -> str:
    return f"`{code}`".replace("|", r"\|")


def _code(cell: str) -> str:
    return cell.strip().strip("`").replace(r"\|", "|")
