"""A configuration with a patch: a document with the keys that are to change."""

from __future__ import annotations

from typing import Any

from amt_console.config.files.reading import Document


def patched(document: Document, patch: Document) -> Document:
    """The document with the keys of the patch.

    Tables are merged key by key. In lists of tables the ones of equal ``name`` are merged and the others appended. Any
    other value of the patch replaces that of the document.
    """
    return {
        **document,
        **{key: _merged(document[key], value) if key in document else value for key, value in patch.items()},
    }


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return patched(old, new)
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(each, dict) for each in (*old, *new)):
        changes = {each["name"]: each for each in new if isinstance(each.get("name"), str)}
        known = {each.get("name") for each in old if isinstance(each.get("name"), str)}
        merged = [patched(each, changes[each["name"]]) if each.get("name") in changes else each for each in old]
        return [*merged, *(each for each in new if each.get("name") not in known)]
    return new
