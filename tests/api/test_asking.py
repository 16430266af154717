"""Questions and answers over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from support.answers import incident_answers, quiet_answers

from amt_console.api import wire
from amt_console.model.queries import QUERIES

KINDS = {kind.name: kind for kind in QUERIES}


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("answers", [quiet_answers(), incident_answers()], ids=["quiet", "incident"])
def test_an_answer_is_the_same_behind_the_wire(name: str, answers: dict[str, Any]) -> None:
    answer = answers[name]
    assert wire.answer_form(KINDS[name].answer).decode(wire.encode(answer)) == answer
