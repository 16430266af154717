"""docs/figures.md says what the program does."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amt_console.model import FigureKind
from collectors.figures.catalogue import FIGURE_SPECS
from collectors.figures.reader import read_figures
from collectors.figures.spec import FigureSpec, FigureUnit

PAGE = (Path(__file__).parents[2] / "docs" / "figures.md").read_text("utf-8")
AT = datetime(2026, 1, 5, tzinfo=UTC)


def rows(kind: FigureKind) -> list[list[str]]:
    """The cells of the table of one kind."""
    section = re.search(rf"^## `GET [^`]+`: kind `{kind}`$(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    lines = [line for line in section[1].splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in dict.fromkeys(words))


def documented(spec: FigureSpec) -> list[str]:
    keys = [code(spec.label_keys), code(spec.value_keys)] if spec.shape == "breakdown" else ["", ""]
    return [f"`{spec.name}`", spec.label, str(spec.unit), code(spec.paths), *keys]


@pytest.mark.parametrize("kind", list(FigureKind))
def test_every_figure_is_documented_as_it_is(kind: FigureKind) -> None:
    assert rows(kind) == [documented(spec) for spec in FIGURE_SPECS[kind]]


@pytest.mark.parametrize("unit", list(FigureUnit))
def test_every_unit_is_documented(unit: FigureUnit) -> None:
    assert re.search(rf"^\| {unit} \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("kind", list(FigureKind))
def test_the_example_answer_has_every_figure(kind: FigureKind) -> None:
    path = re.search(rf"^## `GET ([^`]+)`: kind `{kind}`$", PAGE, re.MULTILINE)
    assert path is not None
    example = re.search(rf"^`{re.escape(path[1])}`:\n\n```json[^\n]*\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
    assert example is not None
    figures = read_figures(kind, example[1].encode(), timestamp=AT).figures
    assert {name: figure.reason for name, figure in figures.items() if figure.reason is not None} == {}
