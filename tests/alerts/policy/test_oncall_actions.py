"""Overrides of shifts: take, give, take back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from amt_console.alerts import AlertConflict, Scene, handle
from amt_console.clock import FakeClock
from amt_console.model import OverrideOncall, TakeOncall, UndoOncall
from amt_console.model.policy import Person, Policies, Rota, RotaOverride

CLOCK = FakeClock()
NOW = CLOCK.now()
HOUR = timedelta(hours=1)
WEEK = Rota("oncall", ("Ada", "Grace"), 7 * 86400.0, NOW - 24 * HOUR)
CHANGE = NOW + 6 * 24 * HOUR
PEOPLE = {
    "Ada": Person("Ada", ("mail",), accounts=("ada",)),
    "Grace": Person("Grace", ("mail",), accounts=("grace", "token:grace-phone")),
}


def scene(actor: str, *rotas: Rota) -> Scene:
    named = {rota.name: rota for rota in rotas or (WEEK,)}
    return Scene(actor, CLOCK.instant(), policies=Policies(people=PEOPLE, rotas=named))


def added(action: Any, actor: str = "grace", *rotas: Rota) -> tuple[str, str, datetime, datetime]:
    outcome = handle(action, scene(actor, *rotas))
    override = outcome.added
    assert isinstance(override, RotaOverride)
    assert outcome.subject == (f"rota {override.rota}, {override.person} until {override.ends_at:%Y-%m-%d %H:%M} UTC")
    assert override.created_by == actor
    return override.rota, override.person, override.starts_at, override.ends_at


@pytest.mark.parametrize("actor", ["grace", "grace-phone", "Grace"])
def test_a_shift_is_taken_up_to_its_end(actor: str) -> None:
    assert added(TakeOncall(), actor) == ("oncall", "Grace", NOW, CHANGE)


def test_a_shift_is_taken_up_to_a_moment() -> None:
    assert added(TakeOncall(NOW + HOUR)) == ("oncall", "Grace", NOW, NOW + HOUR)


def test_who_is_on_call_takes_nothing_but_may_stay_longer() -> None:
    with pytest.raises(AlertConflict) as refused:
        handle(TakeOncall(), scene("ada"))
    assert str(refused.value) == f"Ada is on call already (oncall) until {CHANGE:%Y-%m-%d %H:%M} UTC."
    assert added(TakeOncall(CHANGE + HOUR), "ada") == ("oncall", "Ada", NOW, CHANGE + HOUR)


def test_a_gap_is_taken_up_to_the_first_turn() -> None:
    later = replace(WEEK, starts_at=NOW + 5 * HOUR)
    assert added(TakeOncall(), "grace", later) == ("oncall", "Grace", NOW, NOW + 5 * HOUR)


def test_a_shift_without_an_end_needs_one() -> None:
    always = Rota("oncall", ("Ada",), 86400.0)
    with pytest.raises(ValueError, match="say until when"):
        handle(TakeOncall(), scene("grace", always))


def test_who_is_on_call_without_an_end_takes_nothing() -> None:
    always = Rota("oncall", ("Ada",), 86400.0)
    for until in (None, NOW + HOUR):
        with pytest.raises(AlertConflict, match=r"^Ada is on call already \(oncall\)\.$"):
            handle(TakeOncall(until), scene("ada", always))


def test_the_only_rota_needs_no_name_and_of_several_it_is_named() -> None:
    shop, night = replace(WEEK, name="shop"), replace(WEEK, name="night")
    assert added(TakeOncall(), "grace", shop)[0] == "shop"
    assert added(TakeOncall(rota="night"), "grace", shop, night)[0] == "night"
    with pytest.raises(LookupError, match="did you mean 'night'"):
        handle(TakeOncall(rota="nigth"), scene("grace", shop, night))
    with pytest.raises(LookupError, match="there is shop"):
        handle(TakeOncall(rota="night"), scene("grace", shop))
    with pytest.raises(LookupError, match="there is no rota"):
        handle(TakeOncall(), Scene("grace", CLOCK.instant(), policies=Policies(people=PEOPLE)))


def test_an_override_is_given_to_anybody_and_never_to_the_past() -> None:
    assert added(OverrideOncall("Ada", NOW + 2 * HOUR, NOW + HOUR)) == ("oncall", "Ada", NOW + HOUR, NOW + 2 * HOUR)
    assert added(OverrideOncall("Ada", NOW + HOUR, NOW - HOUR))[2] == NOW
    with pytest.raises(LookupError, match="did you mean 'Grace'"):
        handle(OverrideOncall("Grase", NOW + HOUR), scene("ada"))
    longest = NOW + timedelta(days=366)
    assert added(OverrideOncall("Ada", longest))[3] == longest
    naive = (NOW + HOUR).replace(tzinfo=None)
    for until, start, reason in (
        (NOW, None, "must lie ahead"),
        (NOW + HOUR, NOW + HOUR, "must lie ahead"),
        (NOW + HOUR, NOW + 2 * HOUR, "must lie ahead"),
        (longest + HOUR, None, "within 366 days"),
        (naive, None, "needs an offset"),
        (NOW + HOUR, naive, "needs an offset"),
    ):
        with pytest.raises(ValueError, match=reason):
            handle(OverrideOncall("Ada", until, start), scene("ada"))


def test_the_newest_of_ones_own_overrides_is_taken_back() -> None:
    def override(number: int | None, actor: str | None) -> RotaOverride:
        return RotaOverride("Grace", NOW, NOW + HOUR, id=number, created_by=actor)

    rota = replace(
        WEEK, overrides=(override(None, None), override(2, "grace"), override(3, "grace"), override(4, "ada"))
    )
    ended = handle(UndoOncall(), scene("grace", rota)).ended
    assert isinstance(ended, RotaOverride)
    assert ended.id == 3
    assert (
        handle(UndoOncall(), scene("grace", rota)).subject
        == f"rota oncall, Grace until {NOW + HOUR:%Y-%m-%d %H:%M} UTC"
    )
    with pytest.raises(LookupError, match="no shift that has not ended"):
        handle(UndoOncall(), scene("mary", rota))


def test_who_is_nobody_of_the_configuration_is_told_what_to_do() -> None:
    with pytest.raises(LookupError, match="add it to the `accounts` of a person"):
        handle(TakeOncall(), scene("mary"))
