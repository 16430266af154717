"""The displayed snapshot: the newest, or the frozen one. State only, no drawing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from amt_console.console.session import SessionFacts
from amt_console.model import AlertState, AlertView, PresentPerson, Snapshot
from widgets.title_bar import TitleState

NOTICE_SECONDS = 30.0
"""Seconds that a notice is shown under the title bar; afterwards it is on the monitor's screen."""


class ViewState:
    """Keeps the newest snapshot; actions use it even while the view is frozen."""

    def __init__(self, *, read_only: bool = False, at: datetime | None = None) -> None:
        self.live: Snapshot | None = None
        """The newest of what is looked at: of now, or of the past moment that is shown."""
        self.present: Snapshot | None = None
        """The newest of now, also while the past is shown."""
        self.facts = SessionFacts()
        self.trouble: str | None = None
        self.read_only = read_only
        self.at = at
        """The past moment that is shown; ``None`` for now."""
        self.greeting = ""
        """What happened since the person last looked; the first notice."""
        self.pressed_at = 0.0
        """When a key or the mouse was last used, on the monotonic clock; at first the start."""
        self._ended: dict[int, AlertView] = {}
        self._told: dict[str, float] = {}
        """When each notice was first shown, on the monotonic clock."""
        self._frozen: Snapshot | None = None
        self._frozen_at: datetime | None = None
        self._left: Snapshot | None = None
        """The present when it was left for the past."""

    def read(self, snapshot: Snapshot, facts: SessionFacts, *, present: Snapshot | None = None) -> None:
        """Store a newer snapshot.

        Args:
            snapshot: Of what is looked at.
            facts: Of the session.
            present: Of now, where that is not looked at.
        """
        self.live, self.facts, self.trouble = snapshot, facts, None
        self.present = (snapshot if snapshot.at is None else present) or self.present
        if self.at is not None and self._left is None:
            self._left = self.present

    def go_to(self, at: datetime | None) -> None:
        """Show a past moment; ``None`` for now, of which is shown at once what is known."""
        if at is not None and self.at is None:
            self._left = self.present
        self.at = at
        if at is None and self.present is not None:
            self.live, self._left = self.present, None

    def failed(self, reason: str) -> None:
        """Store the reason why polling failed."""
        self.trouble = reason

    @property
    def can_act(self) -> bool:
        """Whether keys may act; not in the past or in a read-only session."""
        return self.at is None and not self.read_only

    @property
    def shown(self) -> Snapshot | None:
        """The snapshot to draw."""
        return self._frozen or self.live

    @property
    def paused(self) -> bool:
        """Whether the view is frozen."""
        return self._frozen is not None

    @property
    def frozen_at(self) -> datetime | None:
        """When the view was frozen; ``None`` while it is live."""
        return self._frozen_at

    def toggle_pause(self, now: datetime) -> bool:
        """Freeze or thaw; returns whether the view is frozen now. Without a snapshot there is nothing to freeze."""
        if self._frozen is not None:
            self._frozen = self._frozen_at = None
        elif self.live is not None:
            self._frozen, self._frozen_at = self.live, now
        return self.paused

    def new_alerts(self) -> int:
        """Alerts that opened since the view was frozen, or the present left."""
        before = self._left if self.at is not None else self._frozen
        if before is None or self.present is None:
            return 0
        known = {alert.id for alert in before.alerts}
        return sum(alert.id not in known for alert in self.present.alerts)

    def live_alert(self, alert_id: int) -> AlertView | None:
        """An open alert as it is now."""
        return next((a for a in self.live.alerts if a.id == alert_id), None) if self.live else None

    def known_alert(self, alert_id: int) -> AlertView | None:
        """An alert as it is now, open or ended."""
        ended = self.live.recently_resolved if self.live is not None else ()
        found = self.live_alert(alert_id) or next((alert for alert in ended if alert.id == alert_id), None)
        return found or self._ended.get(alert_id)

    def remember_ended(self, alerts: Iterable[AlertView]) -> None:
        """Keep the ended ones of a history that is shown: they can be rated."""
        self._ended = {alert.id: alert for alert in alerts if alert.state is AlertState.RESOLVED}

    def worst_unacknowledged(self, among: Collection[int] | None = None) -> AlertView | None:
        """The worst open unacknowledged alert as it is now; never a follower.

        Args:
            among: Only one of these, by number.
        """
        if self.live is None:
            return None
        alone = [
            alert
            for alert in self.live.alerts
            if alert.acknowledged_by is None and alert.follows_from is None and (among is None or alert.id in among)
        ]
        return next((alert for alert in alone if alert.needs_somebody), alone[0] if alone else None)

    def notices(self) -> tuple[str, ...]:
        """Notices without the faults: this console's first, then the monitor's."""
        shared = self.live.notices if self.live is not None else ()
        faults = self.live.faults if self.live is not None else ()
        own = (notice for notice in self.facts.notices if notice not in shared)
        greeting = (self.greeting,) if self.greeting else ()
        return tuple(notice for notice in dict.fromkeys((*greeting, *own, *shared)) if notice not in faults)

    def _new_notices(self, monotonic: float) -> tuple[str, ...]:
        return tuple(notice for notice in self.notices() if self._is_new(notice, monotonic))

    def _is_new(self, notice: str, monotonic: float) -> bool:
        return monotonic - self._told.setdefault(notice, monotonic) < NOTICE_SECONDS

    def successor(self, pid: int) -> PresentPerson | None:
        """The console that becomes the monitor after the process ``pid``: the one that is present longest."""
        people = self.present.presence if self.present is not None else ()
        able = (person for person in people if person.may_monitor)
        return next((person for person in able if person.place.partition(",")[0] != f"pid {pid}"), None)

    def _just_begun(self, monotonic: float) -> bool:
        return self.live is not None and self._is_new("", monotonic)

    def now_of(self, now: datetime) -> datetime:
        """The reference moment of ages on the screen."""
        if self._frozen_at is not None:
            return self._frozen_at
        return self.shown.at if self.shown is not None and self.shown.at is not None else now

    def title_state(
        self,
        now: datetime,
        monotonic: float,
        *,
        place: str = "",
        resume_key: str = "p",
        live_key: str = "0",
        speed: int = 0,
    ) -> TitleState:
        """What the title bar shows beside the snapshot.

        Args:
            now: The present moment.
            monotonic: The same on the clock for durations, in seconds.
            place: The screen.
            resume_key: Ends a frozen view.
            live_key: Ends a view of the past.
            speed: At which the past is played; 0 while it stands.
        """
        return TitleState(
            now=now,
            place=place,
            live_key=live_key,
            speed=speed,
            attached_to=self.facts.attached_to,
            read_only=self.read_only,
            paused_at=self._frozen_at,
            resume_key=resume_key,
            new_alerts=self.new_alerts(),
            trouble=self.trouble,
            notices=self._new_notices(monotonic),
            just_begun=self._just_begun(monotonic),
            faults=self.present.faults if self.present is not None else (),
        )
