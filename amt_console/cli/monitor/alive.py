"""``monitor --alive``: whether the monitor of a database works, for the health check of a container."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.cli.startup.context import Context

_SECONDS = 5.0


def check_alive(context: Context) -> None:
    """Return while the monitor probes and stores. Raises CommandError otherwise."""
    from amt_console.api.client.address import parse_address
    from amt_console.api.client.http import Disconnected, HttpClient, UnreadableAnswer

    socket = context.whereabouts.socket
    if socket is None:
        raise CommandError(
            "a monitor with a database on a server has no socket unless [api] socket names one", ExitCode.UNAVAILABLE
        )
    client = HttpClient(parse_address(f"unix:{socket}"))
    try:
        answer = client.exchange("GET", "/healthz", {}, timeout=_SECONDS)
    except (OSError, Disconnected, UnreadableAnswer) as error:
        reason = safe_text(getattr(error, "strerror", None) or error) or type(error).__name__
        raise CommandError(f"no monitor answers at {socket}: {reason}", ExitCode.UNAVAILABLE) from error
    finally:
        client.close()
    if answer.status != 200:
        raise CommandError(f"the monitor does not work: {_state(answer.body)}", ExitCode.UNAVAILABLE)


def _state(body: bytes) -> str:
    """What ``/healthz`` says."""
    try:
        return safe_text(json.loads(body)["status"], 100)
    except (ValueError, KeyError, TypeError):
        return "it gives no reason"
