"""One alert: why, what was answered, where it stopped, its last hour, what else moved, its story, its runbook."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from textual.widget import Widget

from amt_console.console.cards import alert_lines, before_alert, course, facts
from amt_console.console.cards.alert_known import AlertKnown, Failure, ask_alert, ask_course, ask_moved
from amt_console.console.cards.base import Card
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.ranges import RANGES
from amt_console.console.cards.sheet import TWO_COLUMNS_FROM, Section, Sheet
from amt_console.console.cards.story import indent_of, story
from amt_console.model import AlertDetail, AlertType, AlertView, Snapshot
from amt_console.model.queries.moved import MovedTogether
from amt_console.operations.json_views import alert_detail_json
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import SEVERITY_WORDS, plural

REFRESH_SECONDS = 10.0
"""Seconds after which strip and chart are loaded again."""
_SAME_HOURS = 0.01
_APART_FROM = 50
"""From this many lines of the screen each signal that moved has a line, also in a narrow card."""


class AlertCard(Card):
    """Fits its room: each section gets the lines that it can have. In full it is as long as it must be, and scrolls.

    With ``-full`` it shows everything.
    """

    DEFAULT_CSS = """
    AlertCard { height: 100%; }
    AlertCard Sheet { height: 100%; }
    AlertCard.-full { height: auto; }
    AlertCard.-full Sheet { height: auto; }
    """

    def __init__(self, alert_id: int, *, subject: str = "", links: bool = False) -> None:
        """Args:
        alert_id: The alert.
        subject: What it is about, where that is known.
        links: Mark what a key opens: the service, the cause, a follower.
        """
        super().__init__()
        self.alert_id = alert_id
        self._has_links, self._link = links, 0
        self._links: tuple[str | int, ...] = ()
        self._subject = subject
        self.sheet = Sheet()
        """What it draws on; not looked for: what is loaded may arrive while the card is being removed."""
        self._known: AlertKnown | None = None
        self._range: int | None = None
        self._versions: tuple[object, ...] | None = None
        """Of what is loaded; ``None`` before the snapshot of its moment."""
        self._asked: tuple[int, datetime | None] | None = None
        """Alert and moment of the newest load."""
        self._loaded_at = float("-inf")
        self._moved_for: datetime | str | None = ""
        self._moved: MovedTogether | Failure | None = None
        """What moved together with it, of ``_moved_for``."""
        self._alert_asked = False
        """Whether the alert itself is being read."""
        self._began: datetime | None = None
        self._kind: AlertType | None = None
        self._awaited = False
        """Whether the alert before it stays drawn until this one is loaded."""
        self._left = False
        """Whether an answer is not drawn because another alert was selected."""

    def compose(self) -> Iterable[Widget]:
        """One sheet."""
        self.sheet.look = self.look
        yield self.sheet

    def on_mount(self) -> None:
        """Prepare, and draw what the snapshot knows already."""
        self._loader = Loader(self.host)
        self._moved_loader = Loader(self.host)
        self._draw()

    # What others ask

    @property
    def alert(self) -> AlertView | None:
        """The alert as far as it is known."""
        return None if self._known is None else self._known.alert

    @property
    def detail(self) -> AlertDetail | None:
        """The alert with its events, when it is loaded."""
        found = None if self._known is None else self._known.detail
        return found if isinstance(found, AlertDetail) else None

    @property
    def began(self) -> datetime | None:
        """When it began, also where the past does not know it yet."""
        return self._began

    @property
    def service(self) -> str | None:
        """Its subject, if that is a service."""
        subject = self._subject_now()
        shown = self.host.view.shown
        names = (each.name for each in shown.services) if shown is not None else ()
        return subject if subject in names else None

    @property
    def is_cut(self) -> bool:
        """Whether something did not fit."""
        return self.sheet.is_cut

    @property
    def sections(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Headings with their lines, for an export."""
        return self.sheet.sections

    @property
    def chosen(self) -> str | int | None:
        """What a key opens: a service by its name, or an alert by its number."""
        return self._links[self._link % len(self._links)] if self._links else None

    def next_link(self) -> None:
        """Mark the next one."""
        self._link = (self._link + 1) % max(1, len(self._links))
        self._draw()

    def row_summary(self) -> str | None:
        """The alert as a line of text."""
        alert = self.alert
        return None if alert is None else f"{SEVERITY_WORDS[alert.severity]} {alert.subject}: {alert.message}"

    def row_document(self) -> object | None:
        """The alert as in ``alerts show --json``."""
        return None if self.detail is None else alert_detail_json(self.detail)

    def show_all(self, everything: bool) -> None:
        """Show everything, as long as it is, or what fits."""
        self.set_class(everything, "-full")
        self._draw()

    def change_range(self, steps: int) -> str | None:
        """A longer or shorter time for strip and chart; its name, or ``None`` at the end of the ranges."""
        window = None if self._known is None else self._known.window
        hours = 1.0 if window is None else window.hours
        hours = hours if self._range is None else RANGES[self._range].hours
        order = [at for at, each in enumerate(RANGES) if (each.hours - hours) * steps > _SAME_HOURS]
        if not order:
            return None
        self._range = order[0] if steps > 0 else order[-1]
        self._load_course()
        return RANGES[self._range].words

    # Card

    def load(self) -> None:
        """Load the alert, then the course of its subject; beside them what moved with it, which takes longest."""
        operations, at = self.host.operations, self.host.at
        if operations is None or not self.ready:
            return
        if self._loader.running and self._asked == (self.alert_id, at):
            return
        shown = self.host.view.shown
        self._versions = None if shown is None or shown.at != at else self._versions_in(shown)
        self._loaded_at, self._asked, self._left = self.host.clock.monotonic(), (self.alert_id, at), False
        self._loader.ask(
            lambda: ask_alert(operations, self.alert_id, at), self._loaded_alert, partial(self._not_loaded, at)
        )
        self._alert_asked = True
        if self._began is None or at is None or self._began <= at:
            self._load_moved()

    def leave(self) -> None:
        """Draw no answer to what is being loaded."""
        if self._loader.running or self._moved_loader.running:
            self._loader.forget()
            self._moved_loader.forget()
            self._asked, self._moved_for, self._left = None, "", True

    def show_other(self, other: Card) -> bool:
        """Show the alert of another card."""
        if not isinstance(other, AlertCard):
            return False
        if other.alert_id == self.alert_id:
            if self._left:
                self.load()
            return True
        self._loader.forget()
        self._moved_loader.forget()
        self.alert_id, self._subject = other.alert_id, other._subject
        self._known = self._range = self._began = self._kind = None
        self._link, self._moved_for = 0, ""
        self._awaited = self.host.operations is not None
        self.load()
        self._draw()
        return True

    def _versions_in(self, snapshot: Snapshot) -> tuple[object, ...]:
        """What of the alert and its cause calls for another load when it changes."""
        view = next((each for each in snapshot.alerts if each.id == self.alert_id), None)
        cause = None if view is None else next((each for each in snapshot.alerts if each.id == view.follows_from), None)
        return tuple((each.version, each.silenced_by, each.maintenance) if each else None for each in (view, cause))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw; load again what has changed, and the course from time to time."""
        host, versions = self.host, self._versions_in(snapshot)
        old = host.clock.monotonic() - self._loaded_at >= REFRESH_SECONDS
        if self._left:
            return
        if snapshot.at == host.at:
            known, self._versions = self._versions, versions
            if known is not None and versions != known:
                self._asked = None
                self.load()
        if old and (host.at is None or self._asked is None) and not host.view.paused:
            self.load()
        self._draw()

    def relook(self) -> None:
        """Draw again with other colours."""
        self._awaited = False
        self.sheet.set_look(self.look)
        self._draw()

    # Loading

    def _now(self) -> datetime:
        return self.host.view.now_of(self.host.clock.now())

    def _subject_now(self) -> str:
        known = self._known
        if known is not None and known.alert is not None:
            self._subject, self._kind = known.alert.subject, known.alert.alert_type
        return self._subject

    def _loaded_alert(self, detail: AlertDetail) -> None:
        if not self.ready:
            return
        # The course is about to come: without it, strip and chart would vanish for a blink.
        self._awaited = self._awaited and self.host.operations is not None
        self._began = detail.episode.opened_at
        old = self._known
        fresh = AlertKnown(self._now(), detail.episode.subject, detail.alert, detail=detail)
        if old is not None and old.subject == fresh.subject:
            fresh = replace(old, now=fresh.now, alert=detail.alert, detail=detail)
        self._known = fresh if self._moved is None else replace(fresh, moved=self._moved)
        self._alert_asked = False
        self._load_course()  # it is read while this is drawn
        self._draw()
        self._load_moved()

    def _not_loaded(self, at: datetime | None, reason: str) -> None:
        """Before it began there is no alert, but there is its subject."""
        if not self.ready:
            return
        self._awaited = self._alert_asked = False
        words = reason
        if self._began is not None and at is not None and at < self._began:
            words = f"alert #{self.alert_id} had not begun"
        else:
            self._asked = None  # it may be read the next time
        subject, old = self._subject_now(), self._known
        known = AlertKnown(self._now(), subject, None, self._kind, Failure(words))
        if old is not None and old.subject == subject:
            # Until the course of this moment is here: without it the card would be empty while the past is played.
            known = replace(known, window=old.window, states=old.states, history=old.history, metric=old.metric)
        self._known = known
        self._moved_for = ""
        self._draw()
        self._load_course()

    def _load_course(self) -> None:
        operations, known, at = self.host.operations, self._known, self.host.at
        if operations is None or known is None:
            return
        service = self.service is not None
        hours = None if self._range is None else RANGES[self._range].hours
        self._loader.ask(
            lambda: ask_course(operations, known, at, hours, service=service), self._loaded_course, self._course_failed
        )

    def _loaded_course(self, found: AlertKnown) -> None:
        known, self._awaited = self._known, False
        if self.ready and known is not None:
            self._known = replace(
                known,
                window=found.window,
                states=found.states,
                history=found.history,
                metric=found.metric,
                earlier=found.earlier,
                why=found.why,
            )
            self._draw()

    def _course_failed(self, reason: str) -> None:
        self._awaited = False
        if self.ready and self._known is not None:
            self._known = replace(self._known, states=Failure(reason))
            self._draw()

    def _load_moved(self) -> None:
        """Once for a moment: it looks at hours, and a few seconds change nothing."""
        operations, at = self.host.operations, self.host.at
        if operations is None or self._moved_for == at:
            return
        self._moved_for, self._moved = at, None
        self._moved_loader.ask(lambda: ask_moved(operations, self.alert_id, at), self._loaded_moved, self._moved_failed)

    def _loaded_moved(self, moved: MovedTogether | Failure) -> None:
        """Draw it, or keep it for the alert that is still being read: both are of one moment."""
        self._moved = moved
        if self.ready and self._known is not None and not self._alert_asked:
            self._known = replace(self._known, moved=moved)
            self._draw()

    def _moved_failed(self, reason: str) -> None:
        self._loaded_moved(Failure(reason))

    # Drawing

    def _draw(self) -> None:
        if self._awaited:
            return
        shown = self.host.view.shown
        alerts = () if shown is None else (*shown.alerts, *shown.recently_resolved)
        known = self._known
        if known is None:
            view = next((each for each in alerts if each.id == self.alert_id), None)
            known = AlertKnown(self._now(), self._subject if view is None else view.subject, view)
            self._subject = known.subject
            self._began = None if view is None else view.opened_at
        known = replace(known, now=self._now())
        host, look = self.host, self.look
        if known.alert is None and isinstance(known.detail, Failure):
            self._draw_before(known)
            return
        take_key = host.key_of("acknowledge") if host.view.can_act else None
        service = self.service
        self._links = (*([service] if service else []), *alert_lines.linked(known, alerts)) if self._has_links else ()
        head = alert_lines.head(known, look, take_key=take_key, chosen=service is not None and self.chosen == service)
        self.sheet.show(head, [each for each in self._sections(known, alerts) if each is not None])

    def _draw_before(self, known: AlertKnown) -> None:
        """There is no alert yet: its subject at that moment."""
        shown, look = self.host.view.shown, self.look
        then = None if shown is None or shown.at != self.host.at else shown
        view = before_alert.service_then(known, () if then is None else then.services)
        service = self.service
        self._links = (service,) if self._has_links and service is not None else ()
        alerts = () if then is None else then.alerts
        parts = before_alert.sections(known, view, alerts, look, course=self._course(known))
        self.sheet.show(before_alert.head(known, view, look), parts)

    @property
    def _is_tall(self) -> bool:
        return self.app.size.height >= course.CHART_FROM

    def _course(self, known: AlertKnown) -> list[Section]:
        """Strip or bars, and the chart where there is room."""
        name = None if self._range is None else RANGES[self._range].words
        parts = [course.course(known, self.look, range_name=name)]
        if self._is_tall:
            parts.append(course.chart(known, self.look, lines=max(12, self.app.size.height // 2)))
        return [each for each in parts if each is not None]

    def _sections(self, known: AlertKnown, alerts: tuple[AlertView, ...]) -> list[Section | None]:
        host, look = self.host, self.look
        tall = self._is_tall
        chosen = self.chosen if isinstance(self.chosen, int) else None
        apart = tall and (self.size.width >= TWO_COLUMNS_FROM or self.app.size.height >= _APART_FROM)
        full, shown = self.has_class("-full"), self.host.view.shown
        services = frozenset(() if shown is None else (each.name for each in shown.services))
        told = alert_lines.also(
            known, alerts, look, services=services, each_apart=apart or full, every_name=full, chosen=chosen
        )
        detail = known.detail
        events = story(detail, look, now=known.now) if isinstance(detail, AlertDetail) else []
        kept = known.alert.answer if known.alert is not None else None
        answered = "" if kept is None else f"answered {look.local(kept.at):%H:%M:%S}"
        runbook = known.alert is not None and known.alert.runbook is not None
        return [
            Section(
                "WHY", tuple(alert_lines.why(known, look, why_key=host.key_of("why"), past=host.at is not None)), rank=0
            ),
            Section("BODY", tuple(alert_lines.body(known, look)), rank=5, note=answered),
            Section("PHASE", tuple(alert_lines.phase(known, look)), rank=6, wrap_at=2),
            *self._course(known),
            Section(
                "ALSO",
                tuple(runs for runs, _ in told),
                rank=3,
                right=True,
                wrap_at=2,
                telling=tuple(rank for _, rank in told),
            ),
            Section(
                "STORY",
                tuple(runs for runs, _ in events),
                rank=2,
                least=min(2, len(events)) or 1,
                right=True,
                wrap_at=indent_of(events),
                telling=tuple(rank for _, rank in events),
                note=plural(len(detail.events), "event") if isinstance(detail, AlertDetail) else "",
            ),
            Section(
                "RUNBOOK",
                tuple(alert_lines.runbook(known, look)),
                rank=4 if runbook else 8,
                note=f"{host.key_of('runbook')} copies it" if runbook else "",
                right=True,
            ),
            Section("FACTS", tuple(alert_lines.facts_of(known, look)), least=2, rank=10, late=True, right=True),
            *(self._roomy(known) if tall or self.has_class("-full") else ()),
        ]

    def _roomy(self, known: AlertKnown) -> list[Section | None]:
        """What is shown where there is much room."""
        look = self.look
        probes = known.history.probes if isinstance(known.history, ServiceDetail) else ()
        return [
            Section(
                "EARLIER",
                tuple(alert_lines.earlier(known, look)),
                least=2,
                rank=11,
                late=True,
                right=True,
                wrap_at=None,
            ),
            Section(
                "PROBES",
                tuple(facts.probes(probes, known.now, look)) if probes else (),
                least=3,
                rank=12,
                late=True,
                right=True,
                wrap_at=None,
            ),
        ]
