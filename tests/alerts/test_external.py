"""Alerts that other programs raise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from amt_console.alerts import (
    EXTERNAL_RULE,
    Staleness,
    Verdict,
    age_external,
    default_rules,
    external_rule,
    hear_external,
    next_look,
    step,
)
from amt_console.clock import FakeClock
from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.model.inbound import ExternalAlert, ExternalRecord

CLOCK = FakeClock()
NOW = CLOCK.instant()
FIRING = ExternalAlert("alertmanager", "abc", True, "checkout", Severity.CRITICAL, "it burns", NOW.wall)
RESOLVED = replace(FIRING, firing=False)
LATER = replace(FIRING, started_at=NOW.wall + timedelta(minutes=5))
BASE = next(rule for rule in default_rules() if rule.id == EXTERNAL_RULE)
STALENESS = Staleness(600.0, 3600.0)


def heard(*alerts: ExternalAlert) -> ExternalRecord | None:
    known = None
    for alert in alerts:
        reading = hear_external(known, alert, NOW)
        known = known if reading is None else reading.record
    return known


def life(*alerts: ExternalAlert) -> list[Episode]:
    """The episodes that the alerts make."""
    known, found = None, list[Episode]()
    for alert in alerts:
        reading = hear_external(known, alert, NOW)
        if reading is None:
            continue
        known = reading.record
        after = step(found[-1] if found else None, reading.observation, external_rule(BASE, reading))
        if after.episode is not None:
            keeps = bool(found) and (found[-1].open or after.episode is found[-1])
            found = [*(found[:-1] if keeps else found), after.episode]
    return found


def test_it_fires_and_resolves_at_once() -> None:
    (episode,) = life(FIRING)
    assert (episode.state, episode.severity, episode.alert_type) == (
        AlertState.FIRING,
        Severity.CRITICAL,
        AlertType.EXTERNAL,
    )
    assert (episode.rule_id, episode.subject, episode.message) == ("external/alertmanager/abc", "checkout", "it burns")
    (ended,) = life(FIRING, RESOLVED)
    assert ended.state is AlertState.RESOLVED


def test_what_is_repeated_changes_nothing_and_a_new_start_is_a_new_episode() -> None:
    assert len(life(FIRING, FIRING, FIRING)) == 1
    assert len(life(FIRING, RESOLVED, RESOLVED, FIRING)) == 1, "a late copy of the firing one is old news"
    assert [each.state for each in life(FIRING, RESOLVED, LATER)] == [AlertState.RESOLVED, AlertState.FIRING]


def test_old_news_of_an_earlier_episode_changes_nothing() -> None:
    assert [each.state for each in life(FIRING, RESOLVED, LATER, RESOLVED)] == [
        AlertState.RESOLVED,
        AlertState.FIRING,
    ]
    assert hear_external(heard(LATER), FIRING, NOW) is None


def test_resolved_before_it_was_heard_of_opens_nothing_also_not_later() -> None:
    assert life(RESOLVED, FIRING) == []


def test_an_open_episode_keeps_its_subject() -> None:
    (episode,) = life(FIRING, replace(LATER, subject="other"))
    assert episode.subject == "checkout"
    (ended,) = life(FIRING, replace(RESOLVED, subject="other"))
    assert ended.state is AlertState.RESOLVED


def test_the_subject_is_that_of_the_episode() -> None:
    def subject(*alerts: ExternalAlert) -> str:
        known = heard(*alerts)
        assert known is not None
        return known.subject

    assert subject(FIRING, replace(LATER, subject="other")) == "checkout"
    assert subject(FIRING, RESOLVED, replace(RESOLVED, subject="other")) == "checkout"
    assert subject(FIRING, RESOLVED, replace(LATER, subject="other")) == "other"


def test_labels_are_shown_while_it_fires() -> None:
    for alert, shown in (
        (FIRING, None),
        (replace(FIRING, answer="team: shop"), "team: shop"),
        (replace(RESOLVED, answer="team: shop"), None),
    ):
        reading = hear_external(None, alert, NOW)
        assert reading is not None
        answer = reading.observation.answer
        assert (answer is None) is (shown is None)
        assert (None if answer is None else answer()) == shown


def test_what_has_ended_needs_no_look_and_the_usual_limits_are_half_a_day_and_a_week() -> None:
    ended = heard(FIRING, RESOLVED)
    assert ended is not None
    assert next_look(ended, STALENESS) is None
    assert Staleness() == Staleness(43_200.0, 604_800.0)


def test_severity_follows_the_sender() -> None:
    assert [each.severity for each in life(replace(FIRING, severity=Severity.INFO))] == [Severity.INFO]
    milder = [replace(FIRING, severity=Severity.WARNING)] * 2
    assert [each.severity for each in life(FIRING, *milder)] == [Severity.WARNING]
    assert [each.severity for each in life(milder[0], FIRING)] == [Severity.CRITICAL]


def test_it_is_stale_when_not_told_of_again_and_ends_in_the_end() -> None:
    known = heard(FIRING)
    assert known is not None
    assert next_look(known, STALENESS) == NOW.wall + timedelta(seconds=600)
    assert age_external(known, STALENESS, NOW.moved(599)) is None
    stale = age_external(known, STALENESS, NOW.moved(600))
    assert stale is not None
    assert stale.observation.verdict is Verdict.NO_DATA
    assert stale.record.firing
    assert age_external(stale.record, STALENESS, NOW.moved(3599)) is None
    ended = age_external(stale.record, STALENESS, NOW.moved(3600))
    assert ended is not None
    assert ended.observation.verdict is Verdict.OK
    assert not ended.record.firing
    assert age_external(ended.record, STALENESS, NOW.moved(99_999)) is None


def test_told_of_again_it_is_fresh_also_after_it_ended_by_silence() -> None:
    known = heard(FIRING)
    assert known is not None
    ended = age_external(known, STALENESS, NOW.moved(3600))
    assert ended is not None
    again = hear_external(ended.record, FIRING, NOW.moved(3700))
    assert again is not None
    assert again.record.firing
    assert not again.record.stale
    assert again.observation.verdict is Verdict.CRITICAL


def test_it_ends_when_its_sender_said_so() -> None:
    known = heard(replace(FIRING, ends_at=NOW.wall + timedelta(seconds=60)))
    assert known is not None
    assert next_look(known, STALENESS) == NOW.wall + timedelta(seconds=60)
    assert age_external(known, STALENESS, NOW.moved(59)) is None
    ended = age_external(known, STALENESS, NOW.moved(60))
    assert ended is not None
    assert not ended.record.firing
