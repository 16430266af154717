"""The reference part of docs/configuration.md, made from the models and from config/full_example.toml.

``PYTHONPATH=tests python -m support.config_reference`` brings the page up to date.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from amt_console.config import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "configuration.md"
EXAMPLE = ROOT / "config" / "full_example.toml"
BEGIN = "<!-- reference: made from the models by: PYTHONPATH=tests python -m support.config_reference -->"
NOT_IN_THE_EXAMPLE = {
    ("channels", "template"): "/etc/amt-console/page.json.j2",
    ("services", "ca_file"): "/etc/ssl/certs/our-ca.pem",
    ("prometheus", "ca_file"): "/etc/ssl/certs/our-ca.pem",
    ("api", "tls_certificate"): "/etc/amt-console/tls/cert.pem",
    ("api", "tls_key"): "/etc/amt-console/tls/key.pem",
}
"""Files that must exist to be accepted: the example only mentions them in comments."""
FIGURE = ("figures", "KIND", "NAME")
"""The one table that stands at many places."""
Section = tuple[tuple[str, ...], type[BaseModel]]


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Every model that stands anywhere in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]


def sections() -> Iterator[Section]:
    """Every table of the configuration by its path; the channels by their type."""
    pending: list[Section] = [((), Settings)]
    while pending:
        path, model = pending.pop(0)
        yield path, model
        inner: list[Section] = []
        for name, field in model.model_fields.items():
            key = field.alias or name
            if path == ("figures",):
                inner = [(FIGURE, found) for found in models_in(field.annotation)] or inner
            else:
                inner += [((*path, key, *_channel_type(found, key)), found) for found in models_in(field.annotation)]
        pending = inner + pending


def _channel_type(model: type[BaseModel], key: str) -> tuple[str, ...]:
    return get_args(model.model_fields["type"].annotation) if key == "channels" and "type" in model.model_fields else ()


def examples(path: tuple[str, ...], document: Any) -> list[dict[str, Any]]:
    """The tables of the example that stand at a section's path."""
    found = [document]
    for part in path:
        below: list[Any] = []
        for item in found:
            if path == FIGURE and part in FIGURE[1:]:
                below += [inner for inner in item.values() if isinstance(inner, dict)]
            elif part in item:
                below += item[part] if isinstance(item[part], list) else [item[part]]
            elif item.get("type") == part:
                below.append(item)
        found = below
    return found


def example_of(path: tuple[str, ...], key: str, document: Any) -> Any:
    """The value of a key in the example, or ``None``."""
    for table in examples(path, document):
        if key in table:
            return table[key]
    for table in examples(path[:1], document) if path[:1] == ("channels",) and len(path) == 2 else []:
        if key in table:
            return table[key]
    return NOT_IN_THE_EXAMPLE.get((path[0] if path else "", key))


def toml_value(value: Any) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


def allowed(schema: dict[str, Any], root: dict[str, Any]) -> str:
    """What a key may hold, in words."""
    if "$ref" in schema:
        return allowed(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema and any("pattern" in item and item.get("type") == "string" for item in schema["anyOf"]):
        kinds = [item["type"] for item in schema["anyOf"]]
        if "integer" in kinds or "number" in kinds:
            words = [allowed(item, root) for item in schema["anyOf"] if "enum" in item]
            return ", ".join([*words, "status code" if "integer" in kinds else "duration"])
    if "oneOf" in schema:
        return "table"
    if "anyOf" in schema:
        return allowed(next(item for item in schema["anyOf"] if item.get("type") != "null"), root)
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{item}`" for item in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "array":
        items = allowed(schema["items"], root)
        return "list of tables" if items == "table" else f"list of {items}"
    words = {"boolean": "true, false", "object": "table", "integer": "whole number", "number": "number"}
    formats = {"uri": "URL", "date-time": "moment", "time": "time of day", "regex": "regular expression"}
    text = words.get(str(kind)) or formats.get(str(schema.get("format"))) or "text"
    if "secret" in str(schema.get("format")):
        return "secret"
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    return f"{text} {low} to {schema['maximum']}" if kind in ("integer", "number") and "maximum" in schema else text


def cell(text: str) -> str:
    """Text for a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def default_of(schema: dict[str, Any], required: bool) -> str:
    """A key's default in words."""
    if required:
        return "required"
    value = schema.get("default")
    return "" if value in (None, {}, []) or isinstance(value, dict) else f"`{cell(toml_value(value))}`"


def rows(path: tuple[str, ...], model: type[BaseModel], document: Any) -> Iterator[str]:
    """The table of one section."""
    root = model.model_json_schema()
    yield "| key | allowed | default | example | meaning |"
    yield "|---|---|---|---|---|"
    for key, schema in root["properties"].items():
        value = example_of(path, key, document)
        nested = any(other[: len(path) + 1] == (*path, key) for other, _ in sections())
        example = "see below" if nested else f"`{cell(toml_value(value))}`"
        required = key in root.get("required", ())
        meaning = schema.get("description") or root["$defs"][schema["$ref"].rsplit("/", 1)[1]]["description"]
        words = (f"`{key}`", allowed(schema, root), default_of(schema, required), example, meaning)
        yield "| " + " | ".join(words[:1] + tuple(cell(word) for word in words[1:])) + " |"


def reference() -> str:
    """The whole reference as Markdown."""
    document = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    lines = [BEGIN, ""]
    for path, model in sections():
        title = ".".join(f"{part}" for part in path) if path else "Top level"
        lines += [f"## {title}", "", " ".join((model.__doc__ or "").split()), "", *rows(path, model, document), ""]
    return "\n".join(lines).rstrip() + "\n"


def updated(page: str) -> str:
    """The page with its reference part made anew."""
    return page.partition(BEGIN)[0] + reference()


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
