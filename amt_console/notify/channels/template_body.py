"""The body of a webhook from a template of the user's: Jinja2 in a sandbox."""

from __future__ import annotations

import json
from datetime import tzinfo
from pathlib import Path
from typing import Any

from amt_console.config.faults import Refused
from amt_console.model.notifications import Message
from amt_console.notify.channels.alert_body import webhook_body
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.receiver import JSON
from amt_console.notify.channels.webhook import Body
from amt_console.notify.templates.content import content_of
from amt_console.notify.templates.plain import plain_text
from amt_console.text import safe_text

MAX_BODY_CHARS = 256 * 1024
TEXT = "text/plain; charset=utf-8"
_JSON_SUFFIXES = (".json", ".json.j2", ".json.jinja", ".json.jinja2")


def template_body(file: str, instance: str, zone: tzinfo | None) -> Body:
    """Makes bodies from the template in ``file``.

    A template has Alertmanager's body (``status``, ``alerts``, ``commonLabels`` ...), and ``id``, ``kind``,
    ``instance``, ``subject`` and ``text``, the message as other channels show it.

    Raises:
        Refused: The file cannot be read or is no template.
    """
    from jinja2 import StrictUndefined, TemplateError  # most configurations have no template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Without ``range`` a template can only loop over what a message holds.
    environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True)
    del environment.globals["range"]
    try:
        template = environment.from_string(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TemplateError) as error:
        raise Refused(f"the template {file} cannot be used: {safe_text(error, 160)}") from None
    is_json = file.endswith(_JSON_SUFFIXES)

    def body(message: Message) -> tuple[bytes, str]:
        text = _rendered(template.generate(_names(message, instance, zone)), file)
        if is_json:
            try:
                json.loads(text)
            except ValueError as error:
                raise _failure(file, f"makes no JSON: {error}; write {{{{ value | tojson }}}}") from None
        return text.encode("utf-8", "replace"), JSON if is_json else TEXT

    return body


def _names(message: Message, instance: str, zone: tzinfo | None) -> dict[str, Any]:
    content = content_of(message, zone)
    return {
        **webhook_body(message, instance),
        "id": str(message.id),
        "kind": str(message.kind),
        "instance": instance,
        "subject": content.subject,
        "text": plain_text(content),
    }


def _rendered(pieces: Any, file: str) -> str:
    text = ""
    try:
        for piece in pieces:
            text += piece
            if len(text) > MAX_BODY_CHARS:
                raise _failure(file, f"makes more than {MAX_BODY_CHARS // 1024} KiB")
    except DeliveryError:
        raise
    except Exception as error:  # whatever an expression of the user's raises
        raise _failure(file, str(error) or type(error).__name__) from None
    return text


def _failure(file: str, what: str) -> DeliveryError:
    return DeliveryError(FailureReason.CONFIGURATION, f"the template {file}: {what}")
