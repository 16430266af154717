"""What comes over the wire is made harmless, and a kept answer keeps its lines."""

from __future__ import annotations

import msgspec
from support.pictures import NOW, alert

from amt_console.api import answer_forms
from amt_console.model import KeptAnswer


def test_a_kept_answer_keeps_its_lines_and_nothing_else_has_any() -> None:
    sent = alert(7, "web", message="one\ntwo \x1b[2J", answer=KeptAnswer(NOW, "broken: \u2026\nsecond line\x1b[2J"))
    (found,) = answer_forms.ALERTS.decode(msgspec.json.encode((sent,)))
    assert found.answer is not None
    assert found.answer.text == "broken: …\nsecond line␛[2J"
    assert found.message == "one two ␛[2J"
