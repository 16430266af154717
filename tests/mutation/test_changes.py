"""The mutants that ``make mutants`` makes, and how the explained ones are told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mutation.areas import AREAS, ROOT, area_files, selected
from mutation.changes import Change, changed, changes_of
from mutation.explained import DOCUMENT, explained, row

SOURCE = '''
import os

LIMIT = 3

class Door:
    """Lets in."""

    def open(self, age: int | None = None) -> bool:
        assert age != 7
        first = 3, 30, *zip(first, first, strict=True)
        if age is None or age < LIMIT:
            raise ValueError("too young")
        self.last = age
        return max(age, 0) > 0
'''


def told(source: str) -> list[tuple[str, str]]:
    return [(change.line, change.what) for change in changes_of(source)]


def test_every_kind_of_change_is_made_and_nothing_without_behaviour_is_changed() -> None:
    assert told(SOURCE) == [
        ("first = 3, 30, *zip(first, first, strict=True)", "3 → 4"),
        ("if age is None or age < LIMIT:", "age is None or age < LIMIT → age < LIMIT"),
        ("if age is None or age < LIMIT:", "age is None or age < LIMIT → age is None"),
        ("if age is None or age < LIMIT:", "age is None or age < LIMIT → not (age is None or age < LIMIT)"),
        ("if age is None or age < LIMIT:", "age is None → age is not None"),
        ("if age is None or age < LIMIT:", "age < LIMIT → age <= LIMIT"),
        ('raise ValueError("too young")', "nothing"),
        ("self.last = age", "nothing"),
        ("return max(age, 0) > 0", "return None"),
        ("return max(age, 0) > 0", "max(age, 0) > 0 → max(age, 0) >= 0"),
        ("return max(age, 0) > 0", "max(age, 0) → min(age, 0)"),
        ("return max(age, 0) > 0", "0 → 1"),
        ("return max(age, 0) > 0", "0 → 1"),
    ]
    assert {change.within for change in changes_of(SOURCE)} == {"Door.open"}
    assert [change.occurrence for change in changes_of(SOURCE)][-2:] == [1, 2]


@pytest.mark.parametrize("path", area_files(), ids=str)
def test_each_change_of_each_file_is_found_again_and_changes_it(path: Path) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    before = ast.dump(ast.parse(source))
    changes = changes_of(source)
    assert len(set(changes)) == len(changes)
    for change in changes[:: max(1, len(changes) // 5)]:
        after = changed("\n\n" + source, change)
        assert ast.dump(after) != before
        compile(after, str(path), "exec")


def test_a_row_of_the_document_is_read_as_the_change_it_was_written_from() -> None:
    changes = [
        Change("Door.open", "return a | b", "a | b → a & b"),
        Change("module", "LIMIT = 3", "3 → 4", occurrence=2),
    ]
    text = "\n".join(
        ["## `amt_console/door.py`", "", *(row(change).removesuffix("|") + "No matter. |" for change in changes)]
    )
    assert explained(text) == {(Path("amt_console/door.py"), change): "No matter." for change in changes}


def test_every_explained_mutant_is_still_made_and_has_a_reason() -> None:
    rows = explained(DOCUMENT.read_text(encoding="utf-8"))
    made = {path: set(changes_of((ROOT / path).read_text(encoding="utf-8"))) for path in {path for path, _ in rows}}
    assert [(path, change) for path, change in rows if change not in made[path]] == []
    assert [change for (_, change), why in rows.items() if len(why) < len("The same.")] == []


def test_areas_and_files_are_selected_by_their_names() -> None:
    assert {area.name for area in selected([]).values()} == {area.name for area in AREAS}
    one = Path("amt_console/alerts/wording.py")
    assert list(selected([str(one)])) == [one]
    assert one not in selected(["lease"])
    with pytest.raises(ValueError, match="'nothing' is neither an area"):
        selected(["nothing"])
