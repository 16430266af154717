"""Any file loads or is refused with a message."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from support.config_reference import EXAMPLE, models_in

from amt_console.config import ConfigError, Settings, targets
from amt_console.config.files.effective import effective_document, effective_values
from amt_console.config.files.loading import LoadedConfig, parse_document
from amt_console.config.files.reading import parse_json, parse_toml, read_document
from amt_console.config.files.walk import dotted, leaves
from amt_console.text import safe_text

pytestmark = pytest.mark.slow


def keys_of(model: type[BaseModel]) -> set[str]:
    below = [
        key for field in model.model_fields.values() for found in models_in(field.annotation) for key in keys_of(found)
    ]
    return {field.alias or name for name, field in model.model_fields.items()} | set(below)


KEYS = sorted(keys_of(Settings))
WORDS = [
    "slack",
    "email",
    "critical",
    "15s",
    "http://a",
    "https://u:p@h/?x",
    "${X}",
    "file:/x",
    "a",
    "b",
    "02:30",
    "",
    "*",
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(WORDS),
    st.datetimes(),
    st.times(),
)
KEY = st.one_of(st.sampled_from(KEYS), st.text(max_size=8))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=5), max_leaves=25
)
DOCUMENTS = st.dictionaries(KEY, ANYTHING, max_size=8)


def load_and_show(document: dict[str, Any]) -> None:
    """Everything that is done with a document that loads."""
    loaded = parse_document(document, env={"X": "x"})
    targets(loaded, env={"X": "x"})
    sources = {dotted(parts): "default" for parts, _ in leaves(loaded)}
    values = effective_values(LoadedConfig(loaded, None, sources), env={})
    json.dumps(effective_document(values))


def refusal(action: Callable[[Any], object], given: Any) -> ConfigError | None:
    """How an action refuses what it is given; ``None`` if it does not."""
    try:
        action(given)
    except ConfigError as error:
        return error
    return None


def check_refusal(error: ConfigError | None) -> None:
    """A refusal has faults, and its message is safe to print."""
    if error is not None:
        assert error.faults
        assert all(fault.message for fault in error.faults)
        assert [line for line in str(error).splitlines() if safe_text(line, 2000) != line] == []


@given(DOCUMENTS)
@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
def test_any_document_loads_or_is_refused(document: dict[str, Any]) -> None:
    check_refusal(refusal(load_and_show, document))


@given(st.data())
@settings(max_examples=80)
def test_the_full_example_with_any_one_value_replaced_loads_or_is_refused(data: st.DataObject) -> None:
    document = read_document(EXAMPLE)
    here: Any = document
    while True:
        places = list(here) if isinstance(here, dict) else list(range(len(here)))
        place = data.draw(st.sampled_from(places))
        child = here[place]
        if not isinstance(child, dict | list) or not child or data.draw(st.booleans()):
            here[place] = data.draw(ANYTHING)
            break
        here = child
    check_refusal(refusal(load_and_show, document))


@given(st.one_of(st.text(max_size=200), st.text(alphabet='{}[]":,=.#\n ab1', max_size=100)))
@settings(max_examples=100)
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_json, parse_toml):
        check_refusal(refusal(parse, text))
