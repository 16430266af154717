"""People's actions on an alert, and the messages of refused ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.alerting import Key, acted, two_tier_rule

from amt_console.alerts import HANDLERS, AlertConflict, Scene, Step, Verdict, handle
from amt_console.alerts.handling.handlers import MAX_ARGUMENTS, MAX_COMMAND_CHARS, MAX_WORDS_CHARS
from amt_console.clock import FakeClock
from amt_console.model import (
    ACTIONS,
    MAX_NOTE_CHARS,
    Acknowledge,
    AlertAction,
    AlertState,
    Close,
    Handoff,
    Note,
    ProbeNow,
    RanCommand,
    Resolution,
    Snooze,
    Unacknowledge,
)

OK, WARN, CRIT = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL


def key_in(state: AlertState) -> Key:
    key = Key(two_tier_rule())
    seen = {
        AlertState.PENDING: [CRIT],
        AlertState.FIRING: [CRIT] * 3,
        AlertState.RECOVERING: [CRIT] * 3 + [OK],
        AlertState.RESOLVED: [CRIT] * 3 + [OK] * 2,
    }
    key.feed(*seen[state])
    assert key.now.state is state
    return key


def take(key: Key, actor: str = "ann", *, note: str | None = None, expected_version: int | None = None) -> Step:
    return key.act(Acknowledge(1, note, expected_version=expected_version), actor)


class TestAcknowledging:
    @pytest.mark.parametrize("state", [AlertState.FIRING, AlertState.RECOVERING])
    def test_row_10_says_who_has_it_and_changes_nothing_else(self, state: AlertState) -> None:
        key = key_in(state)
        before, at = key.now, key.clock.now()
        take(key, note="restarting it", expected_version=before.version)
        assert (key.now.acknowledged_by, key.now.acknowledged_at, key.now.note) == ("ann", at, "restarting it")
        handling = {"acknowledged_by": None, "acknowledged_at": None, "acknowledged_until": None, "note": None}
        assert replace(key.now, **handling, version=before.version) == before  # type: ignore[arg-type]
        event = key.events[1][-1]
        assert (event.kind, event.actor, event.note, event.state) == ("acknowledged", "ann", "restarting it", state)

    def test_works_without_a_note_and_without_a_version(self) -> None:
        key = key_in(AlertState.FIRING)
        take(key)
        assert (key.now.acknowledged_by, key.now.note) == ("ann", None)

    def test_a_second_one_is_told_who_has_it_since_when(self) -> None:
        key = key_in(AlertState.FIRING)
        take(key)
        key.clock.advance(185)
        with pytest.raises(AlertConflict, match=r"^Alert 1 is already acknowledged by ann, 3m ago\.$"):
            take(key, "bob")

    def test_of_two_who_looked_at_the_same_version_one_gets_it(self) -> None:
        key = key_in(AlertState.FIRING)
        seen = key.now.version
        take(key, "ann", expected_version=seen)
        with pytest.raises(AlertConflict, match="already acknowledged by ann"):
            take(key, "bob", expected_version=seen)
        assert key.now.acknowledged_by == "ann"

    def test_a_change_in_between_is_told(self) -> None:
        key = key_in(AlertState.FIRING)
        seen = key.now.version
        key.feed(OK)
        with pytest.raises(AlertConflict, match=r"Alert 1 changed meanwhile: it is now critical and recovering \(.+\)"):
            take(key, expected_version=seen)

    def test_a_version_from_the_future_is_a_conflict_too(self) -> None:
        key = key_in(AlertState.FIRING)
        with pytest.raises(AlertConflict, match="changed meanwhile"):
            take(key, expected_version=key.now.version + 1)

    def test_a_pending_alert_is_not_for_taking(self) -> None:
        with pytest.raises(AlertConflict, match="not confirmed yet"):
            take(key_in(AlertState.PENDING))

    def test_survives_relapses_and_missing_data(self) -> None:
        key = key_in(AlertState.FIRING)
        take(key)
        key.feed(OK, CRIT, Verdict.NO_DATA, CRIT, OK)
        assert key.now.acknowledged_by == "ann"

    def test_hostile_words_are_made_harmless(self) -> None:
        key = key_in(AlertState.FIRING)
        take(key, "an\x1bn", note="\x1b[31mred\u202e")
        assert "\x1b" not in f"{key.now.acknowledged_by}{key.now.note}{key.events[1][-1]}"
        assert "\u202e" not in str(key.now.note)

    def test_nobody_cannot_take_it(self) -> None:
        with pytest.raises(ValueError, match="named"):
            take(key_in(AlertState.FIRING), "  ")


class TestGivingBack:
    def test_row_11_somebody_is_needed_again(self) -> None:
        key = key_in(AlertState.FIRING)
        take(key, note="on it")
        seen = key.now.version
        key.act(Unacknowledge(1, expected_version=seen), "bob")
        assert (key.now.acknowledged_by, key.now.acknowledged_at, key.now.note) == (None, None, "on it")
        assert (key.told[-1], key.events[1][-1].actor) == ("unacknowledged", "bob")
        take(key, "cleo")
        assert key.now.acknowledged_by == "cleo"

    def test_a_snooze_alone_ends_as_well(self) -> None:
        key = key_in(AlertState.FIRING)
        key.act(Snooze(1, for_=600.0))
        key.act(Unacknowledge(1), "bob")
        assert (key.now.snoozed_by, key.now.snoozed_until) == (None, None)
        assert (key.told[-1], key.events[1][-1].message) == ("snooze_ended", "snooze ended by bob")

    def test_what_nobody_has_cannot_be_given_back(self) -> None:
        key = key_in(AlertState.FIRING)
        with pytest.raises(AlertConflict, match="Alert 1 is not acknowledged"):
            key.act(Unacknowledge(1), "bob")

    def test_a_stale_version_is_a_conflict(self) -> None:
        key = key_in(AlertState.FIRING)
        take(key)
        with pytest.raises(AlertConflict, match="changed meanwhile"):
            key.act(Unacknowledge(1, expected_version=key.now.version - 1))


class TestHandingOff:
    @pytest.mark.parametrize(
        ("owner", "words"),
        [
            (None, "handed to cleo by bob"),
            ("bob", "handed to cleo by bob"),
            ("ann", "handed to cleo by bob, taken from ann"),
        ],
    )
    def test_says_from_whom_it_was_taken(self, owner: str | None, words: str) -> None:
        key = key_in(AlertState.FIRING)
        if owner is not None:
            take(key, owner)
        key.act(Handoff(1, "cleo"), "bob")
        assert (key.now.acknowledged_by, key.events[1][-1].message) == ("cleo", words)


class TestClosing:
    @pytest.mark.parametrize(
        ("state", "kind"),
        [(AlertState.PENDING, "cleared"), (AlertState.FIRING, "resolved"), (AlertState.RECOVERING, "resolved")],
    )
    def test_row_15_ends_any_open_alert(self, state: AlertState, kind: str) -> None:
        key = key_in(state)
        at = key.clock.now()
        key.act(Close(1, "known", expected_version=key.now.version))
        assert (key.now.state, key.now.resolution) == (AlertState.RESOLVED, Resolution.MANUAL)
        assert (key.now.resolved_at, key.now.note) == (at, "known")
        event = key.events[1][-1]
        assert (event.kind, event.actor, event.note) == (kind, "ann", "known")

    def test_row_15_what_is_still_bad_starts_again_from_pending(self) -> None:
        key = key_in(AlertState.FIRING)
        key.act(Close(1))
        key.feed(CRIT)
        assert (key.now.id, key.now.state, key.now.previous_episode_id) == (2, AlertState.PENDING, 1)
        key.feed(CRIT, CRIT)
        assert key.now.state is AlertState.FIRING

    def test_a_stale_version_is_a_conflict(self) -> None:
        key = key_in(AlertState.FIRING)
        with pytest.raises(AlertConflict, match="changed meanwhile"):
            key.act(Close(1, expected_version=key.now.version - 1))


@pytest.mark.parametrize("kind", [Acknowledge, Unacknowledge, Close])
def test_row_17_a_resolved_alert_cannot_be_handled(kind: type[AlertAction]) -> None:
    key = key_in(AlertState.RESOLVED)
    with pytest.raises(AlertConflict, match=r"^Alert 1 has resolved\.$"):
        key.act(kind(1, expected_version=key.now.version))


class TestNotes:
    @pytest.mark.parametrize("state", list(AlertState))
    def test_can_be_written_at_any_time(self, state: AlertState) -> None:
        key = key_in(state)
        key.act(Note(1, "  the disk was full "))
        assert key.now.note == "the disk was full"
        assert (key.told[-1], key.events[1][-1].note) == ("note", "the disk was full")

    def test_needs_words(self) -> None:
        with pytest.raises(ValueError, match="text"):
            key_in(AlertState.FIRING).act(Note(1, " "))

    def test_a_stale_version_is_a_conflict(self) -> None:
        key = key_in(AlertState.FIRING)
        with pytest.raises(AlertConflict, match="changed meanwhile"):
            key.act(Note(1, "x", expected_version=0))


def test_an_alert_that_is_not_stored_yet_is_named_by_its_subject() -> None:
    key = key_in(AlertState.RESOLVED)
    with pytest.raises(AlertConflict, match="The alert on backend-api has resolved"):
        acted(replace(key.now, id=None), Acknowledge(1), key.clock)


def test_an_alert_that_is_not_there_is_told() -> None:
    with pytest.raises(LookupError, match="there is no such alert"):
        handle(Acknowledge(9), Scene("ann", Key(two_tier_rule()).clock.instant()))


def test_a_note_is_stored_whole_or_refused() -> None:
    key = key_in(AlertState.FIRING)
    longest = "x" * MAX_NOTE_CHARS
    key.act(Note(1, longest))
    assert key.now.note == longest
    with pytest.raises(ValueError, match=r"A note holds 4,000 characters; this one has 4,001\."):
        key.act(Note(1, f"{longest}x"))


def test_probing_names_the_services() -> None:
    scene = Scene("ann", Key(two_tier_rule()).clock.instant(), services=("web", "api"))
    assert handle(ProbeNow(), scene).probes == ("web", "api")
    assert handle(ProbeNow("api"), scene).probes == ("api",)
    with pytest.raises(LookupError, match="no service is called 'nope'"):
        handle(ProbeNow("nope"), scene)


def test_each_action_has_a_handler() -> None:
    assert set(HANDLERS) == set(ACTIONS.values())


class TestRecording:
    @staticmethod
    def recorded(*command: str, name: str = "restart", ended: str = "", service: str | None = None) -> str:
        scene = Scene("ann", FakeClock().instant())
        return handle(RanCommand(name, command, ended=ended, service=service), scene).subject

    def test_a_command_is_recorded_by_its_name(self) -> None:
        assert self.recorded("true") == "command restart"
        assert self.recorded("true", name=" \x1brestart ") == "command ␛restart"

    @pytest.mark.parametrize(("name", "command"), [("", ["true"]), (" ", ["true"]), ("restart", [])])
    def test_a_command_without_a_name_or_a_program_is_refused(self, name: str, command: list[str]) -> None:
        with pytest.raises(ValueError, match="has a name and a program"):
            self.recorded(*command, name=name)

    def test_as_many_and_as_long_arguments_as_a_console_runs(self) -> None:
        assert self.recorded(*["a"] * MAX_ARGUMENTS)
        assert self.recorded("a" * MAX_COMMAND_CHARS)
        for command in (["a"] * (MAX_ARGUMENTS + 1), ["a" * MAX_COMMAND_CHARS, "b"]):
            with pytest.raises(ValueError, match=r"at most 100 arguments of 16,000 characters in total"):
                self.recorded(*command)

    @pytest.mark.parametrize("field", ["ended", "service"])
    def test_its_end_and_its_service_are_short(self, field: str) -> None:
        longest = "a" * MAX_WORDS_CHARS
        assert self.recorded("true", **{field: longest})  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="at most 200 characters"):
            self.recorded("true", **{field: longest + "a"})  # type: ignore[arg-type]
