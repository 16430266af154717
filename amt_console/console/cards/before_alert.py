"""An alert's card at a moment before it began: what was known of its subject then. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.console.cards import facts
from amt_console.console.cards.alert_known import AlertKnown, Failure
from amt_console.console.cards.sheet import Head, Section
from amt_console.model import AlertView, ServiceView
from amt_console.operations.protocol import ServiceDetail
from widgets.cells import Run
from widgets.look import Look


def head(known: AlertKnown, view: ServiceView | None, look: Look) -> Head:
    """The subject with its state at that moment, and why no alert is shown.

    Args:
        known: The alert, which is not known yet.
        view: Its subject at that moment, if it is a service.
        look: Palette and alphabet.
    """
    palette = look.palette
    reason = known.detail.words if isinstance(known.detail, Failure) else f"loading{look.ellipsis}"
    left: list[Run] = [(known.subject, palette.strong)]
    if view is not None:
        since = f"  for {look.age_words(view.since, known.now)}" if view.since else ""
        left = [look.state(view.state), ("  ", palette.text), *left, (since, look.state_style(view.state))]
    return Head(left, [(reason, palette.muted)])


def service_then(known: AlertKnown, shown: Sequence[ServiceView]) -> ServiceView | None:
    """Its subject at that moment, out of the services that are shown then, or else out of what was loaded last."""
    view = next((each for each in shown if each.name == known.subject), None)
    return known.history.service if view is None and isinstance(known.history, ServiceDetail) else view


def sections(
    known: AlertKnown, view: ServiceView | None, alerts: Sequence[AlertView], look: Look, *, course: Sequence[Section]
) -> list[Section]:
    """The figures of its subject, its course, the alerts that it had then, and its last probes."""
    found: list[Section] = []
    if view is not None:
        found.append(Section("SERVICE", tuple(facts.service_head(view, known.now, look)[1:]), rank=0, least=2))
    found += course
    mine = [each for each in alerts if each.subject == known.subject]
    if mine:
        found.append(Section("ALERTS", tuple(facts.alerts(mine, known.now, look)), rank=2, right=True))
    if isinstance(known.history, ServiceDetail):
        probes = facts.probes(known.history.probes, known.now, look)
        found.append(Section("PROBES", tuple(probes), rank=12, least=3, late=True, right=True, wrap_at=None))
    return found
