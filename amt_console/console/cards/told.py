"""Whom the messages of an alert reached, in one line. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from amt_console.console.cards.alert_known import AlertKnown, Failure
from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.text import safe_text
from widgets.cells import Run, Runs, joined
from widgets.look import Look

_MOST_NAMES = 3


def told(known: AlertKnown, look: Look, *, past: bool = False) -> Runs:
    """Who was told, who is about to be, and whom no message reached; empty where that is not known.

    Args:
        known: The alert.
        look: Palette and alphabet.
        past: Whether a past moment is shown: then the level of the alert is not known.
    """
    palette, alert, why = look.palette, known.alert, known.why
    if alert is None:
        return ()
    level = 0 if past else alert.escalation_level
    if why is None or isinstance(why, Failure):
        words = f"escalation level {level} told" if level else "" if past else "nobody told yet"
        return [(words, palette.muted)] if words else ()
    newest = {_receiver(each): each.state for each in why.deliveries if each.kind.pages}
    parts: list[Runs] = []
    for states, lead, style in (
        ((DeliveryState.DELIVERED,), "told ", palette.muted),
        ((DeliveryState.QUEUED, DeliveryState.LEASED), "waits for ", palette.warning),
        ((DeliveryState.DEAD,), "did not reach ", palette.critical),
    ):
        names = [name for name, state in newest.items() if state in states]
        if names:
            parts.append([(lead, style), _names(names, look)])
    if parts:
        return joined(parts, (look.dot, palette.faint))
    if level:
        return [(f"escalation level {level} told", palette.muted)]
    forgotten = past and alert.fired_at is not None and not why.decisions
    return [("who was told is not kept" if forgotten else "nobody told yet", palette.muted)]


def _names(names: Iterable[str], look: Look) -> Run:
    every = list(names)
    more = f", +{len(every) - _MOST_NAMES}" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + more, look.palette.text


def _receiver(delivery: Delivery) -> str:
    name, channel = safe_text(delivery.receiver, 40), safe_text(delivery.channel, 40)
    return channel if name in ("", channel) else f"{name} by {channel}"
