"""Writes the tables of keys into docs/console.md: ``python -m support.console_reference``, below ``tests``."""

from __future__ import annotations

from pathlib import Path

from amt_console.console.bindings import ALL_KEYS, key_names

DOCS = Path(__file__).parents[2] / "docs" / "console.md"
_KEYS, _SETTINGS = "## Keys\n", "## Your own settings"
_NAMES, _NEXT = "The names, in the order of the tables above:\n", "\n## "


def keys_section() -> str:
    """A table for each place."""
    lines = []
    for place, bindings in ALL_KEYS:
        lines += [f"### {place}", "", "| keys | does |", "|---|---|"]
        for binding in bindings:
            keys = " ".join(f"`{name}`" for name in key_names(binding.key).split())
            lines.append(f"| {keys} | {binding.tooltip} |")
        lines.append("")
    return "\n".join(lines)


def names_section() -> str:
    """The names that a keymap uses, place by place."""
    lines = []
    for place, bindings in ALL_KEYS:
        names = ", ".join(f"`{binding.id}`" for binding in bindings)
        lines.append(f"- {place.lower()} {names}")
    return "\n".join(lines)


def rewritten(text: str) -> str:
    """The page with the sections of today."""
    head, _, rest = text.partition(_KEYS)
    _, _, after = rest.partition(_SETTINGS)
    settings, _, tail = after.partition(_NAMES)
    _, _, following = tail.partition(_NEXT)
    return f"{head}{_KEYS}\n{keys_section()}\n{_SETTINGS}{settings}{_NAMES}\n{names_section()}\n{_NEXT}{following}"


if __name__ == "__main__":
    DOCS.write_text(rewritten(DOCS.read_text(encoding="utf-8")), encoding="utf-8")
