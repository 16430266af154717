"""The form of the JSON reports: flat objects on a line each, and always what a plain parser reads."""

from __future__ import annotations

import json

import pytest

from amt_console.reports.documents import encoded


def test_flat_objects_of_a_list_have_a_line_each() -> None:
    assert encoded({"series": [{"b": 1, "a": "é"}, {"a": None}], "none": []}) == (
        '{\n  "none": [],\n  "series": [\n    {"a": "é", "b": 1},\n    {"a": null}\n  ]\n}\n'.encode()
    )


@pytest.mark.parametrize("text", ["}, {", 'x"}, {"a": "', "{}, {}"])
def test_a_text_that_looks_like_the_end_of_an_object_stays_as_it_is(text: str) -> None:
    document = {"states": [{"error": text}, {"error": None}, {}]}
    written = encoded(document)
    assert json.loads(written) == document
    assert written.count(b"\n    {") == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encoded({"series": [{"p50_ms": value}]})
