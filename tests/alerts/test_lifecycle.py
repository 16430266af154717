"""The transition table, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.alerting import SUBJECT, Key, two_tier_rule

from amt_console.alerts import Rule, Signal, Step, Verdict, replay, resume, retire, step, told
from amt_console.clock import FakeClock
from amt_console.model import Acknowledge, AlertState, AlertType, ErrorClass, Resolution, Severity

OK, WARN, CRIT, BLIND = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.NO_DATA


def firing(*, severity: Severity = Severity.CRITICAL, **changes: object) -> Key:
    key = Key(two_tier_rule(**changes))
    key.feed(*[CRIT if severity is Severity.CRITICAL else WARN] * key.rule.fail)
    assert key.now.state is AlertState.FIRING
    assert key.now.severity is severity
    return key


class TestOpening:
    def test_row_1_a_bad_observation_opens_a_pending_episode(self) -> None:
        key = Key(two_tier_rule())
        opened_at = key.clock.now()
        key.feed(CRIT, value=6200.0)
        episode = key.now
        assert episode.state is AlertState.PENDING
        assert (episode.rule_id, episode.subject, episode.alert_type) == (
            "response_time",
            SUBJECT,
            AlertType.RESPONSE_TIME,
        )
        assert (episode.opened_at, episode.value, episode.bad_count) == (opened_at, 6200.0, 1)
        assert episode.fired_at is None
        assert key.told == ["opened"]

    def test_row_1_a_rule_that_needs_no_proof_fires_at_once(self) -> None:
        key = Key(two_tier_rule(fail=1))
        key.feed(CRIT)
        assert key.now.state is AlertState.FIRING
        assert key.told == ["opened", "fired"]

    def test_row_1_one_bad_observation_is_not_enough_while_it_must_last(self) -> None:
        key = Key(two_tier_rule(fail=1, for_seconds=1.0))
        key.feed(CRIT)
        assert key.now.state is AlertState.PENDING

    @pytest.mark.parametrize("verdict", [OK, BLIND])
    def test_without_an_episode_good_and_missing_data_write_nothing(self, verdict: Verdict) -> None:
        key = Key(two_tier_rule())
        assert key.feed(verdict, verdict) == Step(None)
        assert key.writes == 0

    def test_the_runbook_comes_from_the_rule_or_the_subject(self) -> None:
        key = Key(two_tier_rule(runbook_by_subject={SUBJECT: "https://wiki.example/api"}))
        key.feed(CRIT)
        assert key.now.runbook == "https://wiki.example/api"

    def test_an_episode_that_ended_at_an_unknown_time_is_no_predecessor(self) -> None:
        key = firing()
        key.feed(OK, OK)
        key.episode = replace(key.now, ok_since=None)
        key.feed(CRIT)
        assert key.now.previous_episode_id is None


class TestFiring:
    @pytest.mark.parametrize("fail", [1, 2, 3, 5])
    def test_row_2_fires_at_exactly_the_needed_count(self, fail: int) -> None:
        key = Key(two_tier_rule(fail=fail))
        key.feed(*[WARN] * (fail - 1))
        assert key.episode is None or key.now.state is AlertState.PENDING
        fired_at = key.clock.now()
        key.feed(WARN)
        assert key.now.state is AlertState.FIRING
        assert key.now.fired_at == fired_at

    def test_row_2_fires_at_exactly_the_needed_time(self) -> None:
        key = Key(two_tier_rule(fail=2, for_seconds=30.0), every=10.0)
        key.feed(WARN, WARN, WARN)
        assert key.now.state is AlertState.PENDING
        key.feed(WARN)
        assert key.now.state is AlertState.FIRING

    def test_row_2_time_alone_is_not_enough(self) -> None:
        key = Key(two_tier_rule(fail=3, for_seconds=5.0), every=1000.0)
        key.feed(WARN, WARN)
        assert key.now.state is AlertState.PENDING

    @pytest.mark.parametrize(
        ("seen", "severity"),
        [
            ((CRIT, CRIT, CRIT), Severity.CRITICAL),
            ((WARN, CRIT, CRIT), Severity.WARNING),
            ((CRIT, CRIT, WARN), Severity.WARNING),
            ((CRIT, WARN, CRIT), Severity.WARNING),
            ((WARN, WARN, WARN), Severity.WARNING),
        ],
    )
    def test_row_2_is_critical_only_if_every_confirming_observation_was(
        self, seen: tuple[Verdict, ...], severity: Severity
    ) -> None:
        key = Key(two_tier_rule())
        key.feed(*seen)
        assert key.now.state is AlertState.FIRING
        assert key.now.severity is severity

    def test_a_rule_that_informs_fires_as_info(self) -> None:
        key = Key(Rule("monitor", AlertType.MONITOR, Signal.MONITOR, severity=Severity.INFO, fail=1))
        key.feed(Verdict.INFO)
        assert key.now.severity is Severity.INFO

    def test_row_3_good_while_pending_closes_it_as_cleared(self) -> None:
        key = Key(two_tier_rule())
        key.feed(CRIT, CRIT, OK)
        assert (key.now.state, key.now.resolution) == (AlertState.RESOLVED, Resolution.CLEARED)
        assert key.told == ["opened", "cleared"]

    def test_bad_observations_must_follow_each_other(self) -> None:
        key = Key(two_tier_rule())
        key.feed(CRIT, CRIT, OK, CRIT, CRIT)
        assert key.now.state is AlertState.PENDING
        assert key.now.id == 2

    def test_a_bad_observation_without_an_error_is_no_other_error(self) -> None:
        key = Key(two_tier_rule())
        key.feed(*[CRIT] * 3, error_class=ErrorClass.TIMEOUT)
        key.feed(CRIT)
        assert key.told == ["opened", "fired"]
        assert key.now.error_class is ErrorClass.TIMEOUT


class TestSeverity:
    def test_row_4_up_when_critical_is_confirmed(self) -> None:
        key = firing(severity=Severity.WARNING)
        key.feed(CRIT, CRIT)
        assert key.now.severity is Severity.WARNING
        key.feed(CRIT)
        assert key.now.severity is Severity.CRITICAL
        assert key.told == ["opened", "fired", "severity"]

    def test_row_4_a_critical_run_that_is_broken_starts_over(self) -> None:
        key = firing(severity=Severity.WARNING)
        key.feed(CRIT, CRIT, WARN, CRIT, CRIT)
        assert key.now.severity is Severity.WARNING

    def test_row_4_revokes_the_acknowledgement(self) -> None:
        key = firing(severity=Severity.WARNING)
        key.episode = replace(key.now, acknowledged_by="ann", acknowledged_at=key.clock.now(), note="looking")
        key.feed(CRIT, CRIT, CRIT)
        assert (key.now.acknowledged_by, key.now.acknowledged_at) == (None, None)
        assert key.now.note == "looking"
        assert key.told[-2:] == ["severity", "ack_revoked"]

    def test_row_5_down_in_place_keeps_the_acknowledgement(self) -> None:
        key = firing()
        key.episode = replace(key.now, acknowledged_by="ann")
        key.feed(WARN)
        assert key.now.severity is Severity.CRITICAL
        key.feed(WARN)
        assert (key.now.severity, key.now.acknowledged_by) == (Severity.WARNING, "ann")
        assert key.told == ["opened", "fired", "severity"]

    def test_row_5_warnings_must_follow_each_other(self) -> None:
        key = firing()
        key.feed(WARN, CRIT, WARN, CRIT)
        assert key.now.severity is Severity.CRITICAL

    def test_severity_of_a_pending_episode_follows_what_is_seen(self) -> None:
        key = Key(two_tier_rule())
        key.feed(CRIT, WARN)
        assert (key.now.state, key.now.severity) == (AlertState.PENDING, Severity.WARNING)
        assert key.told == ["opened", "severity"]

    @pytest.mark.parametrize(
        ("first", "then"), [((CRIT,), WARN), ((WARN,) * 3, CRIT), ((CRIT,) * 3, WARN)], ids=["pending", "up", "down"]
    )
    def test_the_event_has_the_words_and_the_value_of_its_moment(
        self, first: tuple[Verdict, ...], then: Verdict
    ) -> None:
        key = Key(two_tier_rule())
        key.feed(*first, value=3000.0, message="at 3000")
        while key.told[-1] != "severity":
            key.feed(then, value=3001.0, message="at 3001")
        assert (key.events[1][-1].message, key.events[1][-1].value) == ("at 3001", 3001.0)
        assert (key.now.message, key.now.value) == ("at 3001", 3001.0)


class TestRecovering:
    def test_row_6_one_good_observation_is_not_the_end(self) -> None:
        key = firing()
        key.feed(OK)
        assert key.now.state is AlertState.RECOVERING
        assert key.told[-1] == "recovering"

    @pytest.mark.parametrize("recover", [2, 3, 5])
    def test_row_8_resolves_at_exactly_the_needed_count(self, recover: int) -> None:
        key = firing(recover=recover)
        key.feed(*[OK] * (recover - 1))
        assert key.now.state is AlertState.RECOVERING
        ended_at = key.clock.now()
        key.feed(OK)
        assert (key.now.state, key.now.resolution) == (AlertState.RESOLVED, Resolution.RECOVERED)
        assert key.now.resolved_at == ended_at
        assert key.told[-2:] == ["recovering", "resolved"]

    def test_row_8_resolves_at_exactly_the_needed_time(self) -> None:
        key = firing(keep_firing_for=30.0)
        key.feed(OK, OK, OK)
        assert key.now.state is AlertState.RECOVERING
        key.feed(OK)
        assert key.now.state is AlertState.RESOLVED

    def test_row_8_a_rule_that_needs_one_good_observation_ends_at_once(self) -> None:
        key = firing(recover=1)
        key.feed(OK)
        assert key.told[-2:] == ["recovering", "resolved"]

    @pytest.mark.parametrize("verdict", [WARN, CRIT])
    def test_row_7_bad_again_is_the_same_episode(self, verdict: Verdict) -> None:
        key = firing()
        fired_at = key.now.fired_at
        key.feed(OK, verdict)
        assert (key.now.id, key.now.state, key.now.fired_at) == (1, AlertState.FIRING, fired_at)
        assert key.now.severity is Severity.CRITICAL
        assert key.told == ["opened", "fired", "recovering", "relapsed"]

    def test_row_7_the_relapse_counts_towards_the_severity(self) -> None:
        up, down = firing(severity=Severity.WARNING), firing()
        up.feed(OK, CRIT, CRIT)
        down.feed(OK, WARN)
        assert (up.now.severity, down.now.severity) == (Severity.WARNING, Severity.CRITICAL)
        up.feed(CRIT)
        down.feed(WARN)
        assert (up.now.severity, down.now.severity) == (Severity.CRITICAL, Severity.WARNING)

    def test_row_7_the_counters_start_over(self) -> None:
        key = firing()
        key.feed(OK)
        counts = (key.now.bad_count, key.now.critical_count, key.now.warning_count, key.now.ok_count)
        assert counts == (0, 0, 0, 1)
        key.feed(CRIT)
        counts = (key.now.bad_count, key.now.critical_count, key.now.warning_count, key.now.ok_count)
        assert counts == (1, 1, 0, 0)

    def test_row_7_a_relapse_may_be_worse_at_once(self) -> None:
        key = firing(severity=Severity.WARNING, fail=1)
        key.feed(OK, CRIT)
        assert key.now.severity is Severity.CRITICAL
        assert key.told[-2:] == ["relapsed", "severity"]

    def test_row_7_a_relapse_brings_its_own_words(self) -> None:
        key = Key(two_tier_rule(fail=1))
        key.feed(CRIT, message="HTTP 500")
        key.feed(OK)
        key.feed(CRIT, message="refused")
        assert key.now.message == key.events[1][-1].message == "refused"

    def test_row_7_a_relapse_starts_the_recovery_over(self) -> None:
        key = firing(keep_firing_for=20.0)
        key.feed(OK, OK, CRIT, OK, OK)
        assert key.now.state is AlertState.RECOVERING
        key.feed(OK)
        assert key.now.state is AlertState.RESOLVED

    def test_a_resolved_episode_keeps_the_words_of_the_trouble(self) -> None:
        key = Key(two_tier_rule(fail=1))
        key.feed(CRIT, message="answers in 6 s", value=6000.0)
        key.feed(OK, OK, message="answers in 0.1 s", value=100.0)
        assert (key.now.message, key.now.value) == ("answers in 6 s", 6000.0)
        last = key.events[1][-1]
        assert (last.kind, last.message, last.value) == ("resolved", "answers in 0.1 s", 100.0)


class TestMissingData:
    def test_row_9_freezes_the_counters_and_is_written_once(self) -> None:
        key = Key(two_tier_rule())
        key.feed(CRIT, CRIT)
        before, writes = key.now, key.writes
        key.feed(BLIND, BLIND, BLIND)
        assert key.writes == writes + 1
        assert key.now.stale
        assert replace(key.now, stale=False, stale_since=None, version=0) == replace(before, version=0)
        key.feed(CRIT)
        assert key.now.state is AlertState.FIRING
        assert not key.now.stale
        assert key.told == ["opened", "stale", "fresh", "fired"]

    def test_row_9_does_not_reset_a_recovery(self) -> None:
        key = firing()
        key.feed(OK, BLIND, OK)
        assert key.now.state is AlertState.RESOLVED

    @pytest.mark.parametrize("state", ["pending", "firing", "recovering"])
    def test_row_9_never_ends_an_episode(self, state: str) -> None:
        key = Key(two_tier_rule())
        key.feed(*{"pending": [CRIT], "firing": [CRIT] * 3, "recovering": [CRIT] * 3 + [OK]}[state])
        key.feed(*[BLIND] * 50)
        assert key.now.state == state

    def test_time_without_data_does_not_help_to_fire(self) -> None:
        key = Key(two_tier_rule(fail=1, for_seconds=60.0), every=10.0)
        key.feed(WARN, *[BLIND] * 20, WARN)
        assert key.now.state is AlertState.PENDING
        key.feed(*[WARN] * 4)
        assert key.now.state is AlertState.PENDING
        key.feed(WARN)
        assert key.now.state is AlertState.FIRING

    def test_time_without_data_does_not_help_to_resolve(self) -> None:
        key = firing(keep_firing_for=60.0)
        key.feed(OK, *[BLIND] * 20, OK)
        assert key.now.state is AlertState.RECOVERING

    def test_an_episode_that_forgot_when_its_data_stopped_starts_its_durations_over(self) -> None:
        key = Key(two_tier_rule(fail=1, for_seconds=15.0))
        key.feed(WARN, BLIND)
        key.episode = replace(key.now, stale_since=None)
        key.feed(WARN, WARN)
        assert key.now.state is AlertState.PENDING
        key.feed(WARN)
        assert key.now.state is AlertState.FIRING


class TestResuming:
    @pytest.mark.parametrize(("gap", "kept"), [(20.0, 2), (20.001, 0)])
    def test_a_pending_episode_keeps_its_counts_over_two_intervals(self, gap: float, kept: int) -> None:
        key = Key(two_tier_rule())
        key.feed(CRIT, CRIT)
        key.save(resume(key.now, at=key.clock.instant(), gap_seconds=gap, interval=10.0))
        assert (key.now.bad_count, key.now.critical_count, key.now.warning_count) == (kept, kept, 0)
        assert key.now.stale

    def test_a_firing_episode_keeps_its_counts(self) -> None:
        key = firing()
        key.save(resume(key.now, at=key.clock.instant(), gap_seconds=3600, interval=10.0))
        assert (key.now.bad_count, key.now.bad_since) != (0, None)

    def test_a_forgotten_pending_episode_must_be_confirmed_afresh(self) -> None:
        key = Key(two_tier_rule(for_seconds=20.0))
        key.feed(CRIT, CRIT)
        key.clock.advance(3600)
        key.save(resume(key.now, at=key.clock.instant(), gap_seconds=3600, interval=10.0))
        key.feed(CRIT, CRIT)
        assert key.now.state is AlertState.PENDING
        key.feed(CRIT)
        assert key.now.state is AlertState.FIRING

    def test_a_firing_episode_goes_on_firing_without_a_word(self) -> None:
        key = firing()
        key.clock.advance(3600)
        key.save(resume(key.now, at=key.clock.instant(), gap_seconds=3600, interval=10.0))
        key.feed(CRIT)
        assert key.now.state is AlertState.FIRING
        assert key.told == ["opened", "fired", "stale", "fresh"]

    def test_the_gap_counts_for_nothing(self) -> None:
        key = firing(keep_firing_for=100.0)
        key.feed(OK)
        key.clock.advance(3600)
        key.save(resume(key.now, at=key.clock.instant(), gap_seconds=3600, interval=10.0))
        key.feed(OK)
        assert key.now.state is AlertState.RECOVERING

    def test_the_gap_counts_for_nothing_across_a_reboot_either(self) -> None:
        key = firing(keep_firing_for=15.0)
        key.feed(OK)
        key.clock = FakeClock(key.clock.now() + timedelta(hours=1), boot_id="boot-2")
        key.save(resume(key.now, at=key.clock.instant(), gap_seconds=3600, interval=10.0))
        key.feed(OK)
        assert key.now.state is AlertState.RECOVERING
        key.feed(OK)
        assert key.now.state is AlertState.RESOLVED

    def test_a_resolved_episode_is_left_alone(self) -> None:
        key = firing()
        key.feed(OK, OK)
        assert not resume(key.now, at=key.clock.instant(), gap_seconds=3600, interval=10.0).changed


class TestEnding:
    @pytest.mark.parametrize(("seen", "kind"), [((CRIT,), "cleared"), ((CRIT,) * 3, "resolved")])
    def test_row_16_a_removed_rule_ends_its_episode(self, seen: tuple[Verdict, ...], kind: str) -> None:
        key = Key(two_tier_rule())
        key.feed(*seen)
        key.save(retire(key.now, at=key.clock.instant()))
        assert (key.now.state, key.now.resolution) == (AlertState.RESOLVED, Resolution.RULE_REMOVED)
        assert key.told[-1] == kind

    def test_row_16_twice_is_once(self) -> None:
        key = firing()
        key.save(retire(key.now, at=key.clock.instant()))
        assert not retire(key.now, at=key.clock.instant()).changed

    @pytest.mark.parametrize(("pause", "named"), [(300.0, True), (300.001, False)])
    def test_row_18_a_new_episode_soon_after_names_its_predecessor(self, pause: float, named: bool) -> None:
        key = firing()
        key.feed(OK)
        key.every = pause
        key.feed(OK)
        key.feed(CRIT)
        assert key.now.id == 2
        assert key.now.previous_episode_id == (1 if named else None)

    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_a_resolved_episode_never_changes(self, verdict: Verdict) -> None:
        key = firing()
        key.feed(OK, OK)
        ended = key.now
        key.feed(verdict)
        assert key.stored[1] == ended


class TestWrites:
    """What a store has to write: transitions, and nothing while things stay as they are."""

    def test_a_steadily_bad_alert_writes_nothing(self) -> None:
        key = firing()
        writes = key.writes
        key.feed(*[CRIT] * 100)
        assert key.writes == writes

    def test_a_steady_warning_settles_within_its_counters(self) -> None:
        key = firing(severity=Severity.WARNING)
        key.feed(WARN, WARN)
        writes = key.writes
        key.feed(*[WARN] * 100)
        assert key.writes == writes

    def test_a_pending_alert_that_waits_for_time_settles_too(self) -> None:
        key = Key(two_tier_rule(fail=2, for_seconds=3600.0))
        key.feed(WARN, WARN)
        writes = key.writes
        key.feed(*[WARN] * 100)
        assert key.writes == writes

    def test_a_long_recovery_settles_too(self) -> None:
        key = firing(keep_firing_for=36000.0)
        key.feed(OK, OK)
        writes = key.writes
        key.feed(*[OK] * 100)
        assert key.writes == writes

    @pytest.mark.parametrize(("value", "told"), [(1100.0, False), (1100.1, True), (900.0, False), (899.9, True)])
    def test_the_words_follow_a_value_that_moved_by_more_than_a_tenth(self, value: float, told: bool) -> None:
        key = Key(two_tier_rule(fail=1, recover=1))
        key.feed(CRIT, value=1000.0, message="at 1000")
        key.feed(CRIT, value=value, message=f"at {value}")
        assert key.now.message == (f"at {value}" if told else "at 1000")
        assert key.now.value == (value if told else 1000.0)

    @pytest.mark.parametrize(("old", "new"), [(None, 5.0), (5.0, None)])
    def test_the_words_follow_a_value_that_came_or_went(self, old: float | None, new: float | None) -> None:
        key = Key(two_tier_rule(fail=1))
        key.feed(CRIT, value=old, message=f"at {old}")
        key.feed(CRIT, value=new, message=f"at {new}")
        assert (key.now.message, key.now.value) == (f"at {new}", new)

    def test_the_words_follow_an_error_that_changed(self) -> None:
        key = Key(two_tier_rule(fail=1))
        key.feed(CRIT, message="connection refused")
        key.feed(CRIT, message="HTTP 500")
        assert key.now.message == "HTTP 500"
        assert key.told == ["opened", "fired"]

    def test_the_same_words_are_not_written_again(self) -> None:
        key = Key(two_tier_rule(fail=1))
        key.feed(CRIT, value=1000.0, message="same words")
        writes = key.writes
        key.feed(CRIT, value=5000.0, message="same words")
        assert key.writes == writes

    def test_the_confirmation_is_counted_in_the_words(self) -> None:
        key = Key(Rule("service_down", AlertType.SERVICE_DOWN, Signal.SERVICE_DOWN))
        words = []
        for _ in range(4):
            key.feed(CRIT, message="api is down")
            words.append(key.now.message)
        assert [event.message for event in key.events[1]] == ["api is down (1 of 3)", "api is down (3 of 3)"]
        assert words == ["api is down (1 of 3)", "api is down (2 of 3)", "api is down (3 of 3)", "api is down (3 of 3)"]
        key.feed(OK, CRIT, message="api is down")
        assert key.now.message == "api is down (3 of 3)"


def test_row_20_an_equal_rule_is_the_same_rule() -> None:
    key = firing()
    observation = key.observation(CRIT)
    assert not step(key.now, observation, two_tier_rule()).changed


class TestDuration:
    def test_it_is_counted_by_the_monotonic_hand(self) -> None:
        key = Key(two_tier_rule())
        key.feed(Verdict.CRITICAL, Verdict.CRITICAL, Verdict.CRITICAL)
        assert key.now.duration_seconds is None
        key.clock.step_wall(-3600)
        key.feed(Verdict.OK, Verdict.OK)
        assert key.now.state is AlertState.RESOLVED
        assert key.now.duration_seconds == 40.0


class TestErrors:
    def test_another_error_is_an_event_with_the_old_and_the_new_one(self) -> None:
        key = Key(two_tier_rule())
        key.feed(
            *[Verdict.CRITICAL] * 3, message="backend-api is down: refused", error_class=ErrorClass.CONNECT_REFUSED
        )
        key.feed(Verdict.CRITICAL, message="backend-api is down: got 500", error_class=ErrorClass.HTTP_STATUS)
        event = key.events[1][-1]
        assert (event.kind, event.message, event.note) == (
            "error_changed",
            "backend-api is down: got 500",
            "before: refused",
        )
        assert key.now.error_class is ErrorClass.HTTP_STATUS
        assert replay(key.events[1]) == told(key.now)
        key.feed(Verdict.CRITICAL, message="backend-api is down: got 503", error_class=ErrorClass.HTTP_STATUS)
        assert key.told.count("error_changed") == 1


class TestJudgedBy:
    """What a rule was at the moment stands in the event: it may be changed later."""

    def test_count_limit_and_duration(self) -> None:
        key = Key(two_tier_rule(fail=2, for_seconds=90.0))
        seen = replace(key.observation(CRIT, value=6200.0), threshold=5000.0)
        for _ in range(2):
            key.save(step(key.episode, replace(seen, at=key.clock.instant()), key.rule))
            key.clock.advance(100)
        assert [(event.kind, event.detail) for event in key.events[1]] == [
            ("opened", {"count": "1 of 2", "for": "1m 30s", "limit": "5000"}),
            ("fired", {"count": "2 of 2", "for": "1m 30s", "limit": "5000"}),
        ]

    def test_without_limit_and_duration_the_count_alone(self) -> None:
        key = Key(two_tier_rule(fail=2))
        key.feed(CRIT)
        assert key.events[1][0].detail == {"count": "1 of 2"}


class TestSeverityTakesTheWordsAlong:
    def test_up(self) -> None:
        key = firing(severity=Severity.WARNING)
        key.feed(CRIT, CRIT, CRIT, value=6200.0, message="answers in 6.2 s")
        assert (key.told[-1], key.now.value) == ("severity", 6200.0)
        assert key.events[1][-1].message == key.now.message == "answers in 6.2 s"

    def test_down(self) -> None:
        key = firing()
        key.feed(WARN, WARN, value=3100.0, message="answers in 3.1 s")
        assert (key.told[-1], key.now.value) == ("severity", 3100.0)
        assert key.events[1][-1].message == key.now.message == "answers in 3.1 s"


class TestReturning:
    """Who had an alert that comes back."""

    def has(self, after: float) -> str | None:
        key = firing(reopen_window=300.0)
        key.act(Acknowledge(1))
        key.feed(OK, OK)
        key.clock.advance(after)
        key.feed(CRIT)
        assert key.now.id == 2
        return key.now.paging.returning

    def test_within_the_window_it_returns_to_its_owner(self) -> None:
        assert self.has(60) == "ann"

    def test_without_a_window_it_never_returns(self) -> None:
        key = firing(reopen_window=0.0, recover=1)
        key.every = 0.0
        key.act(Acknowledge(1))
        key.feed(OK, CRIT)
        assert (key.now.id, key.now.previous_episode_id, key.now.paging.returning) == (2, None, None)

    def test_later_it_is_an_alert_of_its_own(self) -> None:
        assert self.has(600) is None


def test_a_row_that_is_written_anyway_takes_the_newest_words() -> None:
    key = Key(two_tier_rule())
    key.feed(CRIT, value=6200.0, message="answers in 6.20 s")
    key.feed(CRIT, value=6210.0, message="answers in 6.21 s")
    assert (key.now.bad_count, key.now.message) == (2, "answers in 6.21 s")


class TestDataIsBackAfterAnUnknownTime:
    """A restart forgets when the data ended: what was running starts anew, and nothing else does."""

    def test_while_it_is_bad(self) -> None:
        key = Key(two_tier_rule(fail=1, for_seconds=60.0))
        key.feed(CRIT)
        key.episode = replace(key.now, stale=True, stale_since=None)
        key.clock.advance(600)
        at = key.clock.instant()
        key.feed(CRIT)
        assert (key.now.state, key.now.bad_since, key.now.ok_since) == (AlertState.PENDING, at, None)

    def test_while_it_recovers(self) -> None:
        key = firing(keep_firing_for=60.0)
        key.feed(OK, OK)
        key.episode = replace(key.now, stale=True, stale_since=None)
        key.clock.advance(600)
        at = key.clock.instant()
        key.feed(OK)
        assert (key.now.state, key.now.bad_since, key.now.ok_since) == (AlertState.RECOVERING, None, at)
