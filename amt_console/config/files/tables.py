"""Reading a document that may be wrong: its well-formed tables, their names, and names that lead nowhere."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from amt_console.config.faults import Fault
from amt_console.config.files.explain import show_value

MAX_COMPARED = 400
"""Number of names to compare when looking for similar ones: comparing takes time."""


def tables(document: Any, key: str) -> list[tuple[str, dict[str, Any]]]:
    """The well-formed tables of a list, each with its path."""
    items = document.get(key) if isinstance(document, dict) else None
    found = items if isinstance(items, list) else []
    return [(f"{key}[{index}]", item) for index, item in enumerate(found) if isinstance(item, dict)]


def strings(item: Any, key: str) -> list[tuple[str, str]]:
    """The texts of a list below a table, each with its path below that table."""
    items = item.get(key) if isinstance(item, dict) else None
    found = items if isinstance(items, list) else []
    return [(f"{key}[{index}]", text) for index, text in enumerate(found) if isinstance(text, str)]


def named(document: Any, *keys: str) -> list[tuple[str, str]]:
    """The names of the tables of some lists, each with its path."""
    return [
        (f"{path}.name", item["name"])
        for key in keys
        for path, item in tables(document, key)
        if isinstance(item.get("name"), str)
    ]


def unknown(path: str, name: str, what: str, known: Collection[str]) -> Fault:
    """The fault of a name that none of ``known`` is, with the nearest of them."""
    near = get_close_matches(name, sorted(known), 1, 0.6) if len(known) <= MAX_COMPARED else []
    choices = ", ".join(sorted(known)[:8]) + (", ..." if len(known) > 8 else "")
    hint = f"did you mean `{near[0]}`?" if near else (f"known: {choices}" if known else None)
    return Fault(path, f"names no {what}", show_value(name, ()), hint)
