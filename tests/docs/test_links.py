"""Links between pages lead somewhere."""

from __future__ import annotations

import pytest
from support.pages import ROOT, Page, pages


@pytest.mark.parametrize("page", [pytest.param(page, id=page.path.stem) for page in pages()])
def test_links_lead_to_files_and_headings_that_exist(page: Page) -> None:
    broken: list[str] = []
    for number, target in page.links:
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.path.parent / path).resolve() if path else page.path
        if not there.exists():
            broken.append(f"{page.name}:{number}: {target}: no such file")
        elif anchor and there.suffix == ".md" and anchor not in Page(there).anchors:
            broken.append(f"{page.name}:{number}: {target}: no such heading")
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    found: set[str] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = Page(waiting.pop())
        found.add(page.path.name)
        linked = {(page.path.parent / target.partition("#")[0]).resolve() for _, target in page.links}
        waiting += [path for path in linked if path.suffix == ".md" and path.exists() and path.name not in found]
    assert {page.path.name for page in pages()} - found == set()


@pytest.mark.parametrize("page", [pytest.param(page, id=page.path.stem) for page in pages()])
def test_every_table_has_a_head(page: Page) -> None:
    lines = ["", *(line for _, line in page.prose), ""]
    starts = [
        following
        for before, line, following in zip(lines, lines[1:], lines[2:], strict=False)
        if line.startswith("|") and not before.startswith("|")
    ]
    assert [line for line in starts if not line.startswith("|-")] == []
