"""Every JSON report is what its published schema says, and nothing more."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from support import report_samples as samples

from amt_console.reports import schemas
from amt_console.reports.build import document_of
from amt_console.reports.documents import encoded
from amt_console.reports.files import PARTS, plan
from amt_console.reports.view import build_view

pytestmark = pytest.mark.slow

SAMPLES = {
    "week": samples.week,
    "nothing": samples.nothing,
    "unmeasured": samples.unmeasured,
    "one_point": samples.one_point,
    "hostile": samples.hostile,
}
STEMS = {part: plan([part], ["json"])[0][2].removesuffix(".json") for part in PARTS}


@cache
def validator(name: str) -> Draft202012Validator:
    schema = schemas.schema_of(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


@cache
def document(sample: str, part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encoded(document_of(view(sample), part)))
    return found


@cache
def view(sample: str) -> Any:
    return build_view(SAMPLES[sample]())


def faults(name: str, found: Any) -> list[str]:
    return [f"{'/'.join(map(str, each.path))}: {each.message[:300]}" for each in validator(name).iter_errors(found)]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_document_is_what_its_schema_says(sample: str, part: str) -> None:
    assert faults(STEMS[part], document(sample, part)) == []


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for below in value.values():
            yield from objects(below)
    elif isinstance(value, list):
        for below in value:
            yield from objects(below)


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_key_and_one_too_many_are_refused(part: str) -> None:
    more, less = copy.deepcopy(document("week", part)), copy.deepcopy(document("week", part))
    more["inputs"]["surprise"] = 1
    assert faults(STEMS[part], more) == ["inputs: Additional properties are not allowed ('surprise' was unexpected)"]
    del less["inputs"]["digest"]
    assert faults(STEMS[part], less) == ["inputs: 'digest' is a required property"]


@pytest.mark.parametrize("name", schemas.names())
def test_every_object_of_a_schema_is_closed_or_says_what_its_names_hold(name: str) -> None:
    for found in objects(schemas.schema_of(name)):
        if found.get("type") == "object":
            assert "additionalProperties" in found
            if "properties" in found:
                assert found["additionalProperties"] is False


def test_every_json_file_has_a_schema() -> None:
    assert set(STEMS.values()) | {"incident"} == set(schemas.names())
    assert all(schemas.title_of(name) for name in schemas.names())


@pytest.mark.parametrize("part", PARTS)
def test_every_document_says_what_it_is_made_of(part: str) -> None:
    for sample in SAMPLES:
        found = document(sample, part)
        assert {"schema_version", "generated_at", "as_of", "window", "inputs", "accounting"} <= found.keys()
        assert found["inputs"]["digest"].startswith("sha256:")
