"""Each row of the page of faults names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/\S+\.py)` `(test_\w+)` \|$", re.MULTILINE)


def test_every_fault_names_its_test() -> None:
    page = (ROOT / "docs" / "faults.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    named = NAMED.findall(page)
    assert len(named) == len(rows) > 20
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), f"{path} has no {name}"
