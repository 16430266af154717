"""Silences and planned work as people add and end them: what is stored, and what is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amt_console.alerts import AlertConflict, RoleTooLow, Scene, handle
from amt_console.clock import FakeClock
from amt_console.model import (
    Action,
    AddMaintenance,
    AddSilence,
    AlertType,
    EndMaintenance,
    EndSilence,
    Role,
    Severity,
)
from amt_console.model.policy import MaintenanceWindow, Policies, Silence

CLOCK = FakeClock()
NOW = CLOCK.now()
HOUR = timedelta(hours=1)
CONFIGURED = Silence("known", NOW + HOUR, "config-2", services=("web-app",))
MINE = Silence("x", NOW + HOUR, "7", "bob", NOW - HOUR, NOW - HOUR, services=("web-app",))
DISKS = MaintenanceWindow("disks", ("web-app",), (), NOW, NOW + HOUR, created_by="bob", created_at=NOW)
NIGHTLY = MaintenanceWindow("nightly", ("web-app",))
POLICIES = Policies(
    silences=(CONFIGURED, MINE), maintenance=(DISKS, NIGHTLY), groups={"web-app": "shop", "backend-api": "platform"}
)


def done(action: Action[Any], role: Role = Role.OPERATOR) -> Any:
    """What is added or ended."""
    scene = Scene("ann", CLOCK.instant(), services=("web-app", "backend-api"), policies=POLICIES, role=role)
    outcome = handle(action, scene)
    return outcome.added or outcome.ended


class TestAddingASilence:
    def test_has_author_reason_begin_and_end(self) -> None:
        action = AddSilence(
            " new\x1b release ", ("web-app",), ("shop",), (AlertType.SERVICE_DOWN,), Severity.CRITICAL, "^web", 7200
        )
        assert done(action) == Silence(
            reason="new␛ release",
            ends_at=NOW + 2 * HOUR,
            created_by="ann",
            created_at=NOW,
            starts_at=NOW,
            services=("web-app",),
            groups=("shop",),
            alert_types=(AlertType.SERVICE_DOWN,),
            severity=Severity.CRITICAL,
            match="^web",
        )

    def test_ends_at_a_moment(self) -> None:
        assert done(AddSilence("x", ("web-app",), until=NOW + HOUR)).ends_at == NOW + HOUR

    @pytest.mark.parametrize(
        ("action", "words"),
        [
            (AddSilence("x", ("web-app",)), "An end is needed"),
            (AddSilence("x", ("web-app",), for_=60, until=NOW + HOUR), "An end is needed"),
            (AddSilence("x", ("web-app",), until=NOW - HOUR), "must lie ahead"),
            (AddSilence("x", ("web-app",), until=NOW), "must lie ahead"),
            (AddSilence("x", ("web-app",), for_=366 * 86400 + 1), "at most 366d"),
            (AddSilence("x", match="x" * 2001, for_=60), "at most 2,000 characters"),
            (AddSilence("x", ("web-app",), until=datetime(2030, 1, 1)), "needs an offset"),  # noqa: DTZ001
            (AddSilence("x", ("web-app",), for_=0), "more than 0 seconds"),
            (AddSilence("x", ("web-app",), for_=float("nan")), "more than 0 seconds"),
            (AddSilence("x", ("web-app",), until=datetime(9999, 1, 1, tzinfo=UTC)), "at most"),
            (AddSilence("  ", ("web-app",), for_=60), "needs a reason"),
            (AddSilence("x", for_=60), "Say what is silenced"),
            (AddSilence("x", match="(", for_=60), "is no valid regular expression"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, action: AddSilence, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            done(action, Role.ADMIN)

    @pytest.mark.parametrize(
        ("action", "words"),
        [
            (AddSilence("x", ("web-ap",), for_=60), "no service is called 'web-ap'; did you mean 'web-app'"),
            (AddSilence("x", groups=("office",), for_=60), "no group is called 'office'"),
        ],
    )
    def test_a_name_that_there_is_not_would_mute_nothing(self, action: AddSilence, words: str) -> None:
        with pytest.raises(LookupError, match=words):
            done(action)

    @pytest.mark.parametrize(
        "action",
        [
            AddSilence("x", groups=("shop",), for_=1),
            AddSilence("x", alert_types=(AlertType.SERVICE_DOWN,), for_=1),
            AddSilence("x", severity=Severity.CRITICAL, for_=1),
            AddSilence("x", match="x" * 2000, for_=366 * 86400),
        ],
    )
    def test_one_thing_to_go_by_is_enough_for_any_time(self, action: AddSilence) -> None:
        assert action.for_ is not None
        assert done(action, Role.ADMIN).ends_at == NOW + timedelta(seconds=action.for_)

    def test_an_empty_pattern_is_none(self) -> None:
        assert done(AddSilence("x", ("web-app",), match="", for_=60)).match is None

    def test_a_day_for_operators_more_for_admins(self) -> None:
        for late in ({"for_": 86401}, {"until": NOW + 25 * HOUR}):
            action = AddSilence("x", ("web-app",), **late)  # type: ignore[arg-type]
            with pytest.raises(RoleTooLow, match="ask an admin"):
                done(action)
            assert done(action, Role.ADMIN)


class TestEndingASilence:
    def test_now_and_by_whom(self) -> None:
        ended = done(EndSilence("7"))
        assert (ended.id, ended.ends_at, ended.ended_by) == ("7", NOW, "ann")

    def test_not_one_of_the_configuration(self) -> None:
        with pytest.raises(ValueError, match=r"number 2 of \[\[silences\]\] in the configuration"):
            done(EndSilence("config-2"), Role.ADMIN)

    def test_not_one_that_has_ended_or_never_was(self) -> None:
        with pytest.raises(LookupError, match="there is no silence '8' that has not ended"):
            done(EndSilence("8"))


class TestMaintenance:
    def test_begins_now_or_later(self) -> None:
        window = done(AddMaintenance(" release ", groups=("shop",), for_=3600, note="v2"))
        assert (window.name, window.groups, window.starts_at, window.ends_at) == ("release", ("shop",), NOW, NOW + HOUR)
        assert (window.note, window.created_by, window.created_at) == ("v2", "ann", NOW)
        later = done(AddMaintenance("release", ("web-app",), for_=3600, starts_at=NOW + 30 * HOUR))
        assert later.ends_at == NOW + 31 * HOUR
        with pytest.raises(RoleTooLow):
            done(AddMaintenance("release", ("web-app",), starts_at=NOW, ends_at=NOW + 25 * HOUR))

    @pytest.mark.parametrize(
        ("action", "words"),
        [
            (AddMaintenance("x", for_=60), "Say what is worked on"),
            (AddMaintenance(" ", ("web-app",), for_=60), "needs a name"),
            (AddMaintenance("x" * 65, ("web-app",), for_=60), "needs a name"),
            (AddMaintenance("x", ("web-app",)), "An end is needed"),
            (AddMaintenance("x", ("web-app",), starts_at=NOW + HOUR, ends_at=NOW + HOUR), "must lie after the start"),
            (AddMaintenance("x", ("web-app",), starts_at=NOW - 2 * HOUR, ends_at=NOW - HOUR), "must lie ahead"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, action: AddMaintenance, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            done(action, Role.ADMIN)

    @pytest.mark.parametrize("name", ["disks", "nightly"])
    def test_a_name_means_one_thing(self, name: str) -> None:
        with pytest.raises(AlertConflict, match="already"):
            done(AddMaintenance(name, ("web-app",), for_=60))

    def test_ends_now_unless_it_stands_in_the_configuration(self) -> None:
        ended = done(EndMaintenance("disks"))
        assert (ended.ends_at, ended.ended_by) == (NOW, "ann")
        with pytest.raises(ValueError, match="is in the configuration"):
            done(EndMaintenance("nightly"))
        with pytest.raises(LookupError, match="there is no planned work 'roof'"):
            done(EndMaintenance("roof"))


class TestWhatWorkIsRefused:
    def test_a_name_has_at_most_sixty_four_characters(self) -> None:
        assert done(AddMaintenance("x" * 64, ("web-app",), for_=60)).name == "x" * 64
        for name in ("", "  ", "x" * 65):
            with pytest.raises(ValueError, match="a name of 1 to 64 characters"):
                done(AddMaintenance(name, ("web-app",), for_=60))

    def test_services_and_groups_must_be_known(self) -> None:
        with pytest.raises(LookupError, match="no service is called 'web-ap'; did you mean 'web-app'"):
            done(AddMaintenance("move", ("web-ap",), for_=60))
        with pytest.raises(LookupError, match="no group is called 'shops'; did you mean 'shop'"):
            done(AddMaintenance("move", groups=("shops",), for_=60))

    def test_its_begin_needs_an_offset(self) -> None:
        with pytest.raises(ValueError, match="needs an offset"):
            done(AddMaintenance("move", ("web-app",), for_=60, starts_at=NOW.replace(tzinfo=None)))
