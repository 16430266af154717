"""What comes over the wire is made harmless, and a kept answer keeps its lines."""

from __future__ import annotations

import msgspec
import pytest
from support.pictures import NOW, alert

from amt_console.api import answer_forms, wire
from amt_console.model import KeptAnswer
from amt_console.text import safe_text


def test_a_kept_answer_keeps_its_lines_and_nothing_else_has_any() -> None:
    sent = alert(7, "web", message="one\ntwo \x1b[2J", answer=KeptAnswer(NOW, "broken: \u2026\nsecond line\x1b[2J"))
    (found,) = answer_forms.ALERTS.decode(msgspec.json.encode((sent,)))
    assert found.answer is not None
    assert found.answer.text == "broken: …\nsecond line␛[2J"
    assert found.message == "one two ␛[2J"


def test_each_character_comes_out_as_everywhere_also_where_it_is_not_looked_at() -> None:
    form: wire.Form[str] = wire.Form(str)
    for number in range(0x30000):
        character = chr(number)
        if not 0xD800 <= number < 0xE000:
            assert form.decode(wire.encode(character)) == safe_text(character, wire.MAX_TEXT_CHARS), hex(number)
    for text in ("plain", "Größe 20 °C – 3 µs", "e\u0301", "\ud55c\uae00", 'said "no" in C:\\temp', "a/b"):
        assert form.decode(wire.encode(text)) == safe_text(text, wire.MAX_TEXT_CHARS)
        escaped = msgspec.json.encode(text).decode().encode("ascii", "backslashreplace")
        if b"\\x" not in escaped:
            assert form.decode(escaped) == safe_text(text, wire.MAX_TEXT_CHARS)


def test_usual_texts_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_harmless", lambda value: pytest.fail(f"looked at {value!r}"))
    form: wire.Form[str] = wire.Form(str)
    for text in ("plain", "Größe 20 °C – 3 µs …", 'said "no"', "a/b", "日本語"):
        assert form.decode(wire.encode(text)) == text
