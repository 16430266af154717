"""The line that tells the selected row in full."""

from __future__ import annotations

from rich.style import Style

from widgets.info_line import InfoLine


def test_a_cut_line_has_its_own_blanks_alone() -> None:
    line = InfoLine()
    line._runs = (("a acknowledges ", Style()), ("backend-api: connection refused by 127.0.0.1:5000", Style()))
    for width in range(20, 66):
        text = line.build(width, 1)[0].text.strip()
        whole = "a acknowledges backend-api: connection refused by 127.0.0.1:5000"
        assert whole.startswith(text.removesuffix("…")), text
