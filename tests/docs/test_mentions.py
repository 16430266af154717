"""The pages name every command, every option and every section of the configuration, and nothing that is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from support import command_reference
from support.command_reference import Words, commands, options_of
from support.config_reference import sections
from support.pages import PROGRAM, ROOT, Page, pages

from amt_console.cli.startup.console_line import flags_allowed_anywhere

COMMANDS = dict(commands())
PAGES = [pytest.param(page, id=page.path.stem) for page in pages()]
_BEFORE = re.compile(r"([A-Z_]+=\S+ +|[\d*/, ]+ +|\S*/)*")
"""What may stand before the program: variables, the times of a crontab, its folder."""
ALSO = {"--help", "-h", "--version"}


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    page = command_reference.PAGE.read_text(encoding="utf-8")
    assert page == command_reference.reference(), (
        "bring it up to date: PYTHONPATH=tests python -m support.command_reference"
    )


def test_some_page_of_tasks_shows_every_command() -> None:
    told = "\n".join(page.text for page in pages() if page.path != command_reference.PAGE)
    missing = [
        " ".join(words)
        for words, command in COMMANDS.items()
        if words and not hasattr(command, "commands") and not re.search(rf"[` ]{' '.join(words)}\b", told)
    ]
    assert missing == []


def test_some_page_of_tasks_shows_every_section_of_the_configuration() -> None:
    told = "\n".join(page.text for page in pages() if page.path.name not in ("configuration.md", "commands.md"))
    named = {path[0] for path, _ in sections() if path}
    missing = [name for name in sorted(named) if not re.search(rf"\[\[?{name}(\.[\w.]+)?\]|`{name}[`.]", told)]
    assert missing == []


def written(page: Page) -> Iterator[tuple[str, list[str]]]:
    """Every command line of a page with its place: in blocks, those that are not run too, and within a sentence."""
    for block in page.blocks:
        if block.language == "sh":
            for line in block.lines():
                before, found, rest = line.text.partition(f"{PROGRAM} ")
                if found and _BEFORE.fullmatch(before):
                    yield line.at, rest.split(" #")[0].split()
    for number, span in page.spans:
        if span.startswith(f"{PROGRAM} "):
            yield f"{page.name}:{number}", span.split()[1:]


def faults(words: list[str]) -> Iterator[str]:
    """What of a command line does not exist."""
    path: Words = ()
    rest = [word for word in words if word != "..."]
    anywhere = {*flags_allowed_anywhere(), *ALSO}
    while rest and (*path, rest[0]) in COMMANDS:
        path = (*path, rest.pop(0))
    command = COMMANDS[path]
    if hasattr(command, "commands") and rest and not rest[0].startswith(("-", "|", ">", "<")) and not _is_root(rest):
        yield f"no command {' '.join((*path, rest[0]))}"
    for word in rest:
        if word in ("--", "|", "&&", ";"):
            break
        name = word.strip("[]`,").partition("=")[0]
        if re.fullmatch(r"--?[a-z][\w-]*", name) and name not in options_of(command) and name not in anywhere:
            yield f"no option {name} of {' '.join(path) or PROGRAM}"


def _is_root(rest: list[str]) -> bool:
    return not re.fullmatch(r"[a-z][a-z-]*", rest[0])


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_command_that_does_not_exist(page: Page) -> None:
    wrong = [f"{at}: {fault}" for at, words in written(page) for fault in faults(words)]
    assert wrong == []


def test_the_page_of_the_architecture_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in sorted(ROOT.glob("amt_console/*/__init__.py"))]
    collectors = [path.parent.name for path in sorted(ROOT.glob("collectors/*/__init__.py"))]
    missing = [name for name in rooms if f"`amt_console/{name}`" not in page and f"`{name}`" not in page]
    assert missing + [name for name in collectors if f"`{name}/`" not in page] == []


def test_what_the_program_advises_to_type_exists() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {fault}"
        for package in ("amt_console", "collectors", "widgets")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for words in _advised(node.value)
        for fault in faults(words)
    ]
    assert found == []


def _advised(text: str) -> Iterator[list[str]]:
    """The commands within a text; left out: the program as a noun, and a group with a placeholder for its command."""
    for line in re.findall(rf"{PROGRAM} ([^\n:;,.`<>|()]*)", text):
        words = line.split()
        command = COMMANDS.get(tuple(words[:1])) if words else None
        if command is not None and (not hasattr(command, "commands") or tuple(words[:2]) in COMMANDS):
            yield words
