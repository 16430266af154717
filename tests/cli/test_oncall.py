"""``oncall``: who is on call, what is not covered, and the export."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Command
from support.rotas import ROTAS

from amt_console.cli.exit_codes import ExitCode
from amt_console.model.policy import RotaOverride
from amt_console.operations.actor import current_actor
from amt_console.store import Store
from amt_console.store.policies.stored import add_override


@pytest.fixture
def config(home: Path, store: Store) -> Path:
    path = home / "config.json"
    path.write_text(json.dumps(ROTAS))
    return path


def changed(config: Path, **oncall: Any) -> None:
    config.write_text(json.dumps({**ROTAS, "oncall": {**ROTAS["oncall"], **oncall}}))


def asked(command: Command, config: Path, *arguments: str) -> Any:
    return json.loads(command("oncall", *arguments, "--json", "--config", str(config)).out)


def test_who_is_on_call_at_a_moment_and_who_is_next(command: Command, config: Path) -> None:
    found = asked(command, config, "--at", "2026-01-07T12:00:00Z")
    assert found == {
        "now": [
            {"rota": "oncall", "person": "Ada", "until": "2026-01-12T08:00:00.000+00:00"},
            {"rota": "shop", "person": "Grace", "until": None},
        ],
        "next": [{"rota": "oncall", "person": "Grace", "from": "2026-01-12T08:00:00.000+00:00"}],
    }
    words = command("oncall", "--at", "2026-01-07T12:00:00Z", "--config", str(config)).out.splitlines()
    assert words[0].split() == ["ROTA", "ON", "CALL", "UNTIL", "NEXT"]
    assert words[1].split()[:2] == ["oncall", "Ada"]
    assert words[1].split()[-1] == "Grace"
    assert words[2].split() == ["shop", "Grace", "for", "good"]


def test_the_shifts_of_a_week(command: Command, config: Path) -> None:
    found = command("oncall", "--week", "--at", "2026-01-07T12:00:00Z", "--config", str(config))
    rows = [line.split() for line in found.out.splitlines()[1:]]
    assert [(row[0], row[-1]) for row in rows] == [("oncall", "Ada"), ("shop", "Grace"), ("oncall", "Grace")]


def test_an_override_in_the_database_counts(command: Command, config: Path, store: Store) -> None:
    start = datetime(2026, 1, 7, 12, tzinfo=UTC)
    with store.transaction() as writes:
        add_override(
            writes._connection,
            RotaOverride("Grace", start, start + timedelta(hours=2), created_by="bob"),
            at=start,
        )
    found = asked(command, config, "--at", "2026-01-07T13:00:00Z")
    assert found["now"][0] == {"rota": "oncall", "person": "Grace", "until": "2026-01-07T14:00:00.000+00:00"}


@pytest.mark.slow
def test_a_shift_is_taken_and_given_and_taken_back(command: Command, config: Path, store: Store) -> None:
    document = json.loads(config.read_text())
    me = current_actor().name
    document["oncall"]["people"].append({"name": "Me", "channels": ["email"], "accounts": [me]})
    config.write_text(json.dumps(document))
    before = asked(command, config)["now"][0]["person"]
    taken = json.loads(command("oncall", "take", "+2h", "--json", "--config", str(config)).out)
    assert (taken["rota"], taken["person"], taken["created_by"]) == ("oncall", "Me", me)
    assert asked(command, config)["now"][0]["person"] == "Me"
    again = command("oncall", "take", "--config", str(config))
    assert (again.code, again.out) == (ExitCode.BUSY, "")
    assert "Me is on call already" in again.err
    given = command("oncall", "override", "Grace", "--to", "+1h", "--config", str(config))
    assert given.out.startswith("Grace is on call (oncall) from ")
    assert asked(command, config)["now"][0]["person"] == "Grace"
    assert command("oncall", "undo", "--config", str(config)).out.startswith("taken back: Grace")
    assert asked(command, config)["now"][0]["person"] == "Me"
    assert command("oncall", "undo", "--config", str(config)).code == ExitCode.OK
    assert asked(command, config)["now"][0]["person"] == before
    nothing = command("oncall", "undo", "--config", str(config))
    assert (nothing.code, nothing.out) == (ExitCode.BAD_DATA, "")
    audited = json.loads(command("audit", "list", "--json", "--config", str(config)).out)
    assert [entry["action"] for entry in audited if entry["action"].endswith("_oncall")][::-1] == [
        "take_oncall",
        "override_oncall",
        "undo_oncall",
        "undo_oncall",
    ]


def test_who_is_no_person_of_the_configuration_cannot_take_a_shift(command: Command, config: Path) -> None:
    found = command("oncall", "take", "--config", str(config))
    assert (found.code, found.out) == (ExitCode.BAD_DATA, "")
    assert f"has the account '{current_actor().name}'" in found.err


def test_check_finds_nothing_where_all_is_covered(command: Command, config: Path) -> None:
    found = command("oncall", "--check", "--config", str(config))
    assert (found.code, found.err) == (ExitCode.OK, "")
    assert found.out == "ok: everybody on call can be reached, and the next 30 days are covered\n"
    assert asked(command, config, "--check") == {"gaps": [], "unreachable": []}


def test_check_names_gaps_and_people_nobody_can_reach(command: Command, config: Path) -> None:
    changed(config, starts_at="2999-01-01T00:00:00Z")
    document = json.loads(config.read_text())
    document["channels"] = [{"name": "off", "type": "slack", "enabled": False, "url": "https://hooks.slack.com/x"}]
    document["oncall"]["people"][1]["channels"] = ["off"]
    config.write_text(json.dumps(document))
    found = command("oncall", "--check", "--config", str(config))
    assert found.code == ExitCode.WARNING
    gap, person = found.out.splitlines()
    assert gap.startswith("oncall: nobody is on call from ")
    assert person == "Grace cannot be reached: no alert arrives: not enabled: off"
    told = command("oncall", "--check", "--json", "--config", str(config))
    assert told.code == ExitCode.WARNING
    assert [gap["rota"] for gap in json.loads(told.out)["gaps"]] == ["oncall"]
    assert json.loads(told.out)["unreachable"] == [{"person": "Grace", "reason": "no alert arrives: not enabled: off"}]
    nobody = command("oncall", "--config", str(config)).out.splitlines()
    assert nobody[1].split()[:2] == ["oncall", "nobody"]


def test_without_people_there_is_no_rota(command: Command, home: Path, store: Store) -> None:
    found = command("oncall")
    assert found.code == ExitCode.OK
    assert "there is no rota" in found.out
    assert json.loads(command("oncall", "--json").out) == {"now": [], "next": []}


def test_the_whole_rota_is_exported(command: Command, config: Path) -> None:
    shifts = json.loads(command("oncall", "export", "--json", "--config", str(config)).out)
    assert {shift["rota"] for shift in shifts} == {"oncall", "shop"}
    of_all = [shift for shift in shifts if shift["rota"] == "oncall"]
    assert 55 < len(of_all) < 60, "395 days of weekly turns"
    calendar = command("oncall", "export", "--ics", "--config", str(config)).out
    assert calendar.startswith("BEGIN:VCALENDAR")
    assert calendar.count("BEGIN:VEVENT") == len(shifts)


@pytest.mark.parametrize("arguments", [("--week", "--check"), ("export",), ("export", "--ics", "--json")])
def test_two_questions_at_once_are_refused(command: Command, config: Path, arguments: tuple[str, ...]) -> None:
    found = command("oncall", *arguments, "--config", str(config))
    assert (found.code, found.out) == (ExitCode.USAGE, "")
