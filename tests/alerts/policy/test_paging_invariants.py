"""The guarantees of messages about alerts, and that each is held by a test: broken planners are caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from support.paging_machine import PagingMachine
from support.thoroughness import times

from amt_console.alerts.lifecycle import episode as lifecycle
from amt_console.alerts.policy import planning, suppression
from amt_console.model.notifications import NoticeKind

TestPaging = pytest.mark.slow(PagingMachine.TestCase)
TestPaging.settings = settings(
    max_examples=times(120, 4000), stateful_step_count=60, suppress_health_check=[HealthCheck.too_slow]
)
DRAFT = planning._Draft
Broken = Callable[[pytest.MonkeyPatch], None]


def on_draft(name: str, broken: Callable[..., Any]) -> Broken:
    return lambda patch: patch.setattr(DRAFT, name, broken)


def pages_although_acknowledged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DRAFT, "_is_handled", lambda self: False)


def never_announces_after_a_suppression(patch: pytest.MonkeyPatch) -> None:
    whole = DRAFT._suppressed

    def suppressed(self: Any) -> NoticeKind | None:
        # What was held once is held for ever.
        over = self.episode.paging.held is not None and self._suppression() is None
        return None if over else whole(self)

    patch.setattr(DRAFT, "_suppressed", suppressed)


def tells_every_due_level(patch: pytest.MonkeyPatch) -> None:
    whole = DRAFT._page

    def each(self: Any, policy: Any, steps: Any, index: int, kind: Any, quiet: Any) -> None:
        for level in range(self.episode.escalation_level, index + 1):
            whole(self, policy, steps, level, kind, quiet)

    patch.setattr(DRAFT, "_page", each)


def forgets_who_was_told(patch: pytest.MonkeyPatch) -> None:
    whole = DRAFT._page_state
    patch.setattr(
        DRAFT,
        "_page_state",
        lambda self, **changes: whole(self, **{**changes, **({"told": ()} if "told" in changes else {})}),
    )


def tells_the_end_to_everybody(patch: pytest.MonkeyPatch) -> None:
    whole = DRAFT._tell_end

    def everybody(self: Any) -> None:
        from amt_console.model import Receiver

        if self._happened("resolved"):
            self._page_state(told=tuple(Receiver(name, name) for name in self.policies.channels))
        whole(self)

    patch.setattr(DRAFT, "_tell_end", everybody)


def tells_no_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DRAFT, "_tell_end", lambda self: None)


def counts_the_wall_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "steps_of", lambda policy: [(level.after * 2, level.notify) for level in policy.levels])


def first_level_alone(policy: Any) -> list[tuple[float, Any]]:
    return [(0.0, policy.levels[0].notify)]


def fires_too_early(patch: pytest.MonkeyPatch) -> None:
    whole = lifecycle._count_bad

    def twice(transition: Any, observation: Any, rule: Any) -> None:
        whole(transition, observation, rule)
        whole(transition, observation, rule)

    patch.setattr(lifecycle, "_count_bad", twice)


def no_data_recovers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        lifecycle,
        "_hold",
        lambda transition, since, message: transition.end(lifecycle.Resolution.RECOVERED, message),
    )


def keeps_an_expired_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DRAFT, "_end_acknowledgement", lambda self: None)


def loses_the_event_of_the_expiry(patch: pytest.MonkeyPatch) -> None:
    whole = DRAFT._end_acknowledgement

    def silently(self: Any) -> None:
        until = self.episode.acknowledged_until
        if until is not None and self.now >= until:
            self.transition.change(acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
            self._restart()
        else:
            whole(self)

    patch.setattr(DRAFT, "_end_acknowledgement", silently)


BROKEN: dict[str, Broken] = {
    "pages although acknowledged": pages_although_acknowledged,
    "pages although suppressed": on_draft("_suppression", lambda self: None),
    "never announces after a suppression": never_announces_after_a_suppression,
    "tells every due level": tells_every_due_level,
    "forgets who was told": forgets_who_was_told,
    "tells the end to everybody": tells_the_end_to_everybody,
    "tells no end": tells_no_end,
    "escalates at twice the delay": counts_the_wall_clock,
    "never escalates": lambda patch: patch.setattr(
        planning, "steps_of", lambda policy: [(0.0, policy.levels[0].notify)]
    ),
    "never restarts the escalation": on_draft("_restart", lambda self: None),
    "fires too early": fires_too_early,
    "no data recovers": no_data_recovers,
    "keeps an expired acknowledgement": keeps_an_expired_acknowledgement,
    "loses the event of the expiry": loses_the_event_of_the_expiry,
    "reminds at every look": on_draft(
        "_remind",
        lambda self, steps: self._send(NoticeKind.REMINDER, self._receivers(steps[0][1]), "again", told=True),
    ),
    "pages while it recovers": lambda patch: patch.setattr(DRAFT, "look", _without_the_check_of_recovery(DRAFT.look)),
    "waits for a dependency for ever": lambda patch: patch.setattr(suppression, "_settled", lambda *facts: False),
    "stores no reason": on_draft("_decide", lambda self, *words: None),
    "pages twice to one channel": lambda patch: patch.setattr(
        planning, "once_per_channel", lambda receivers: (*(each := tuple(receivers)), *each)
    ),
}


def _without_the_check_of_recovery(whole: Callable[[Any], None]) -> Callable[[Any], None]:
    def look(self: Any) -> None:
        whole(self)
        if self.episode.state.value == "recovering" and not self._is_handled():
            self._send(NoticeKind.FIRED, self._first_receivers(), "although it recovers", told=True)

    return look


def search(quick: settings) -> None:
    """Many short searches: the first examples of each are the most different ones."""
    for number in range(70):
        run_state_machine_as_test(seed(number)(type("Searched", (PagingMachine,), {})), settings=quick)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_planner_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[name](monkeypatch)
    quick = settings(
        max_examples=6,
        stateful_step_count=60,
        database=None,
        # The failure alone counts, not the smallest one.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    with pytest.raises((AssertionError, ExceptionGroup)):
        search(quick)
