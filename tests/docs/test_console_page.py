"""The page of the console holds the keys of today, and writing them anew keeps the rest of it."""

from __future__ import annotations

from support.console_reference import DOCS, rewritten


def test_the_page_is_as_it_would_be_written() -> None:
    text = DOCS.read_text("utf-8")
    assert rewritten(text) == text
