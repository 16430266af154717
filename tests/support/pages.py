"""The pages of the documentation, as blocks, headings, links and command lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
NO_RUN = "no-run"
"""Marks a block that needs a host, an account, a terminal or a running monitor."""
PROGRAM = "amt-console"
_FENCE = re.compile(r"^\s*(```+)(.*)$")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`]+)`")
_EXIT = re.compile(r"# exit (\d+(?:(?:, | or )\d+)*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One command line of a block."""

    at: str
    """``docs/sql.md:12``."""
    text: str
    codes: tuple[int, ...]
    """The exit codes that the page states, as in ``# exit 0 or 1``; 0 where it states none."""

    @property
    def words(self) -> list[str]:
        """The words, as a shell splits them; operators of the shell are words of their own."""
        lexer = shlex.shlex(self.text, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = "#"
        return list(lexer)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    info: tuple[str, ...]
    """The words behind the language, such as ``no-run`` or the name of a file."""
    text: str

    @property
    def at(self) -> str:
        """Where it begins."""
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether it is tried by the tests."""
        return NO_RUN not in self.info

    @property
    def is_tried(self) -> bool:
        """Whether its lines are commands that the tests run."""
        return self.language == "sh" and self.runs

    @property
    def file(self) -> str | None:
        """The file whose content it is."""
        return next((word for word in self.info if "." in word), None)

    def lines(self) -> Iterator[Line]:
        """What a person would type, with continued lines joined; no blank lines and comments."""
        waiting = ""
        for number, text in enumerate(self.text.splitlines(), self.line + 1):
            waiting += text.strip()
            if waiting.endswith("\\"):
                waiting = waiting[:-1]
                continue
            whole, waiting = waiting, ""
            if whole and not whole.startswith("#"):
                stated = _EXIT.search(whole)
                codes = tuple(int(code) for code in re.findall(r"\d+", stated[1])) if stated else (0,)
                yield Line(f"{self.page}:{number}", whole, codes)


@dataclass(frozen=True)
class Page:
    """One page."""

    path: Path

    @property
    def name(self) -> str:
        """Its path below the root of the project."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """The whole page."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def _parts(self) -> tuple[list[Block], list[tuple[int, str]]]:
        blocks: list[Block] = []
        prose: list[tuple[int, str]] = []
        fence, begun, info, inside = "", 0, "", list[str]()
        for number, line in enumerate(self.text.splitlines(), 1):
            found = _FENCE.match(line)
            if found and not fence:
                fence, begun, info, inside = found[1], number, found[2], []
            elif found and found[1] == fence and not found[2].strip():
                words = info.split()
                language, rest = (words[0], words[1:]) if words else ("", [])
                blocks.append(Block(self.name, begun, language, tuple(rest), dedent("\n".join(inside)) + "\n"))
                fence = ""
            elif fence:
                inside.append(line)
            else:
                prose.append((number, line))
        assert not fence, f"{self.name}:{begun}: the block has no end"
        return blocks, prose

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks."""
        return self._parts[0]

    @property
    def prose(self) -> list[tuple[int, str]]:
        """The other lines, with their numbers."""
        return self._parts[1]

    @property
    def anchors(self) -> set[str]:
        """What links may name behind ``#``, as hosting sites derive it from the headings."""
        found: set[str] = set()
        for _, line in self.prose:
            if heading := _HEADING.match(line):
                words = re.sub(r"[^\w\- ]", "", _LINK.sub("", heading[1]) if "](" in heading[1] else heading[1])
                found.add(words.lower().replace(" ", "-"))
        return found

    @property
    def links(self) -> list[tuple[int, str]]:
        """The targets of the links, with their lines."""
        return [(number, target) for number, line in self.prose for target in _LINK.findall(_SPAN.sub("", line))]

    @property
    def spans(self) -> list[tuple[int, str]]:
        """What stands between single backticks, with the lines."""
        return [(number, span) for number, line in self.prose for span in _SPAN.findall(line)]


def pages() -> list[Page]:
    """The README and every page of docs/."""
    return [Page(ROOT / "README.md"), *(Page(path) for path in sorted((ROOT / "docs").glob("*.md")))]
