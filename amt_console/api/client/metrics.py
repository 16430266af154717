"""Asks the monitor of a database for its metrics, over its socket."""

from __future__ import annotations

from amt_console.api.client.address import parse_address
from amt_console.api.client.attach import Whereabouts
from amt_console.api.client.http import Disconnected, HttpClient, UnreadableAnswer
from amt_console.api.exposition import Exposition

_SECONDS = 5.0


def monitor_metrics(place: Whereabouts, accept: str) -> Exposition | None:
    """The metrics, or ``None`` if no monitor answers there. Blocks.

    Args:
        place: Where the monitor listens.
        accept: Header of the scraper; only printable ASCII of it is sent on.
    """
    if place.socket is None or not place.socket.exists():
        return None
    client = HttpClient(parse_address(f"unix:{place.socket}"))
    wanted = "".join(letter for letter in accept if " " <= letter <= "~")
    try:
        answer = client.exchange("GET", "/metrics", {"accept": wanted}, timeout=_SECONDS)
    except (OSError, Disconnected, UnreadableAnswer):
        return None
    finally:
        client.close()
    return Exposition(answer.body, answer.headers.get("content-type", "")) if answer.status == 200 else None
