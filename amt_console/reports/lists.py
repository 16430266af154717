"""A list that stands on a screen as a file: CSV, JSON or Markdown, by the suffix of its name."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amt_console.operations.protocol import InvalidError
from amt_console.reports.csv_tables import number_cell, safe_cell
from amt_console.reports.files import ExportWriteError, put_in_place, write_file
from amt_console.reports.markdown import escaped, table_lines

_SCRATCH_PREFIX = ".amt-export-"
_NUMBERED = str.maketrans({"_": " "})


@dataclass(frozen=True, slots=True)
class ScreenList:
    """What a screen shows, to be written as a file."""

    title: str
    document: Any
    """As JSON: a list of objects, or one object."""
    columns: tuple[str, ...] = ()
    """Keys of the objects that are the columns of a table; none if it is no list."""
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Headings and lines of text, if it is no list."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The formats it has, as suffixes of a file name; the usual one first."""
        return (".csv", ".json", ".md") if self.columns else (".md", ".json")


def write_list(found: ScreenList, path: Path) -> Path:
    """Write a list into a file, whole or not at all. Returns the path as it is in the file system.

    Raises:
        InvalidError: The file's name has no known suffix.
        ExportWriteError: It cannot be written.
    """
    content = list_bytes(found, path.suffix.lower())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX, dir=path.parent) as folder:
            write_file(Path(folder) / path.name, content)
            put_in_place(Path(folder), (path.name,), path.parent)
    except OSError as error:
        raise ExportWriteError(f"cannot write {path}: {error.strerror or os.strerror(error.errno or 0)}") from error
    return path.resolve()


def list_bytes(found: ScreenList, suffix: str) -> bytes:
    """The file's content. Raises InvalidError for an unknown suffix."""
    if suffix not in found.suffixes:
        known = ", ".join(found.suffixes[:-1])
        raise InvalidError(f"the name of the file says its format: end it with {known} or {found.suffixes[-1]}")
    if suffix == ".json":
        text = json.dumps(found.document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    elif suffix == ".csv":
        text = _csv(found.document, found.columns)
    else:
        text = _markdown(found)
    return text.encode("utf-8", "replace")


def _csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return file.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return number_cell(value)
    return safe_cell(_words(value))


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(_words(each) for each in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _markdown(found: ScreenList) -> str:
    lines = [f"# {escaped(found.title)}", ""]
    if found.columns:
        heads = [column.translate(_NUMBERED) for column in found.columns]
        rows = [[_words(row.get(column)) for column in found.columns] for row in found.document]
        lines += table_lines(heads, rows)
    for heading, texts in found.sections:
        lines += ["", f"## {escaped(heading)}", ""] if heading else [""]
        lines += [f"- {escaped(text)}" for text in texts]
    return "\n".join(lines) + "\n"
