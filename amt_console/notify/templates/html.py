"""A message as an HTML mail: inline styles, readable on dark and light backgrounds, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from amt_console.notify.templates.content import Content, MessageTone

if TYPE_CHECKING:
    from jinja2 import Template

COLOURS = {
    MessageTone.CRITICAL: "#c0262d",
    MessageTone.WARNING: "#b45309",
    MessageTone.INFO: "#475569",
    MessageTone.GOOD: "#15803d",
}
"""Behind white words, and as bars on any background."""
WORDS = {
    MessageTone.CRITICAL: "CRITICAL",
    MessageTone.WARNING: "WARNING",
    MessageTone.INFO: "INFO",
    MessageTone.GOOD: "RESOLVED",
}


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # 2 MB, and many monitors never send a mail

    environment = Environment(
        loader=PackageLoader("amt_console.notify", "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("mail.html.j2")


def html_mail(content: Content, instance: str) -> str:
    """The page.

    Args:
        content: What it says; escaped here.
        instance: Which monitor sends it.
    """
    return _template().render(
        content=content,
        colour=COLOURS[content.tone],
        word=WORDS[content.tone],
        colours=COLOURS,
        runbook_link=web_link(content.runbook),
        instance=instance,
    )


def web_link(text: str | None) -> str | None:
    """A runbook if it is a web address, which can be opened; otherwise it is only shown."""
    return text if text is not None and text.startswith(("https://", "http://")) else None
