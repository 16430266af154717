"""Webhook bodies from a template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.messages import message, notice
from support.receivers import Inbox, http_receiver
from support.sending import channel_of, failure, send

from amt_console.notify.channels.channel import DeliveryError, FailureReason


def written(folder: Path, text: str, name: str = "page.json.j2") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


async def posted(template: str) -> Inbox:
    async with http_receiver() as inbox:
        await send(channel_of("webhook", url=inbox.url, format="template", template=template), message())
    return inbox


async def refused(template: str) -> DeliveryError:
    async with http_receiver() as inbox:
        channel = channel_of("webhook", url=inbox.url, format="template", template=template)
        failed = await failure(channel, message(notice(message='a "quoted" message')))
    assert inbox.bodies == []
    assert (failed.reason, failed.retry) == (FailureReason.CONFIGURATION, False)
    return failed


async def test_a_template_makes_json(tmp_path: Path) -> None:
    text = '{"what": {{ subject | tojson }}, "for": [{% for a in alerts %}{{ a.labels.service | tojson }}{% endfor %}]}'
    inbox = await posted(written(tmp_path, text))
    assert inbox.documents == [{"what": "CRITICAL backend-api down: HTTP 503 for 3 min", "for": ["backend-api"]}]
    assert inbox.header("content-type") == "application/json"
    assert inbox.header("webhook-id") == "41"


async def test_any_other_suffix_is_text(tmp_path: Path) -> None:
    inbox = await posted(written(tmp_path, "{{ kind }} {{ id }}\n", "page.txt"))
    assert inbox.bodies == [b"fired 41\n"]
    assert inbox.header("content-type") == "text/plain; charset=utf-8"


async def test_a_quote_in_a_message_that_breaks_the_json_is_named(tmp_path: Path) -> None:
    failed = await refused(written(tmp_path, '{"what": "{{ commonAnnotations.summary }}"}'))
    assert "makes no JSON" in str(failed)
    assert "tojson" in str(failed)


@pytest.mark.parametrize(
    "text",
    [
        "{{ missing }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{% for a in range(9) %}x{% endfor %}",
        "{{ alerts.append(1) }}",
        "{{ 1 / 0 }}",
        "{{ 'x' * 1000000 }}",
    ],
)
async def test_a_template_in_error_harms_nothing(tmp_path: Path, text: str) -> None:
    failed = await refused(written(tmp_path, text, "page.txt"))
    assert "page.txt" in str(failed)


def test_a_template_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    template = written(tmp_path, "a\n{% if %}")
    with pytest.raises(ValidationError, match="is no Jinja2 template: line 2"):
        channel_of("webhook", url="https://x.example/", format="template", template=template)


def test_format_and_template_go_together(tmp_path: Path) -> None:
    for keys in ({"format": "template"}, {"template": written(tmp_path, "{{ kind }}")}):
        with pytest.raises(ValidationError, match="needs both"):
            channel_of("webhook", url="https://x.example/", **keys)


async def test_the_file_is_json_again(tmp_path: Path) -> None:
    inbox = await posted(written(tmp_path, "{{ alerts | tojson }}"))
    assert json.loads(inbox.bodies[0])[0]["status"] == "firing"
