"""The size of rooms and files: a newcomer finds a feature by the names of folders and files."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("amt_console", "collectors", "widgets")
MOST_FILES = 25
MOST_LINES = 600
WRITTEN_ONCE = "migrations/versions"
"""A layout of the database is one list, however long."""


def test_a_room_holds_at_most_25_files_and_a_file_at_most_600_lines() -> None:
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py") if path.name != "__init__.py"]
    assert len(files) > 500
    rooms = Counter(path.parent.relative_to(ROOT) for path in files)
    assert {str(room): count for room, count in rooms.items() if count > MOST_FILES} == {}
    lines = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {name: count for name, count in lines.items() if count > MOST_LINES and WRITTEN_ONCE not in name} == {}


def test_no_two_public_classes_have_one_name() -> None:
    classes = Counter(
        node.name
        for name in PACKAGES
        for path in (ROOT / name).rglob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert len(classes) > 1000
    assert [name for name, count in classes.items() if count > 1] == []
