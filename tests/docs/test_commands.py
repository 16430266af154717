"""Every command of the README and of docs/ runs as it is written, page by page, against the demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.documented import Documented, documented
from support.pages import PROGRAM, Line, Page, pages
from support.renderers import forked_renderers

__all__ = ["forked_renderers"]

README = pages()[0]
ASKED_FOR = (
    "smtp", "slack", "teams", "pagerduty", "grafana", "rest", "webhooks out", "webhooks in", "export", "encryption",
    "access control", "rate limits", "audit trail", "retention",
)  # fmt: skip
PAGES = [pytest.param(page, id=page.path.stem) for page in pages()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documented]:
    with documented(tmp_path_factory.mktemp("docs") / "demo") as prepared:
        yield prepared


@pytest.mark.slow
@pytest.mark.usefixtures("forked_renderers")
@pytest.mark.parametrize("page", [page for page in PAGES if any(block.is_tried for block in page.values[0].blocks)])
def test_the_commands_of_a_page_run(page: Page, demo: Documented, tmp_path: Path) -> None:
    place = demo.copy(tmp_path / "home")
    failed: list[str] = []
    for block in page.blocks:
        if block.file:
            (place.home / block.file).write_text(block.text, encoding="utf-8")
    for block in page.blocks:
        if not block.is_tried:
            continue
        for line in block.lines():
            ended = place.run(line)
            if ended.code not in line.codes:
                failed.append(f"{line.at}: {line.text}\n    exit code {ended.code}, not {line.codes}: {ended.err}")
    assert failed == [], "\n".join(failed)


@pytest.mark.parametrize("page", PAGES)
def test_commands_stand_in_blocks_that_are_tried(page: Page) -> None:
    elsewhere = [
        f"{block.at}: {line}"
        for block in page.blocks
        if block.language != "sh"
        for line in block.text.splitlines()
        if line.startswith(f"{PROGRAM} ")
    ]
    indented = [f"{page.name}:{number}" for number, line in page.prose if line.startswith(f"    {PROGRAM} ")]
    others = [line.at for block in page.blocks if block.is_tried for line in block.lines() if line.words[0] != PROGRAM]
    assert elsewhere + indented + others == [], "put commands into ```sh blocks, all else into ```sh no-run blocks"


@pytest.mark.slow
def test_what_the_original_asked_for_is_shown_by_one_command_each(demo: Documented, tmp_path: Path) -> None:
    place = demo.copy(tmp_path / "home")
    section = README.text.partition("## What the original system asked for")[2].partition("\n## ")[0]
    rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ")][1:]
    commands = [row.split("`")[1] for row in rows]
    assert len(commands) >= len(ASKED_FOR)
    assert [word for word in ASKED_FOR if word not in section.lower()] == []
    tried = {
        line.text.partition(" #")[0].strip()
        for page in pages()
        for block in page.blocks
        if block.is_tried
        for line in block.lines()
    }
    for command in commands:
        if command.startswith(PROGRAM) and command not in tried:
            ended = place.run(Line("README.md", command, (0, 2)))
            assert ended.code in (0, 2), f"{command}: {ended.err}"
