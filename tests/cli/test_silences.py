"""``silences`` and ``maintenance``: what they print, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from amt_console.cli.exit_codes import ExitCode
from amt_console.model import ServiceState, Severity

pytestmark = pytest.mark.slow

Command = Callable[..., Any]
History = Callable[..., int | None]
ADD = ("silences", "add", "--service", "backend-api")


def test_a_silence_from_its_beginning_to_its_end(command: Command, history: History) -> None:
    history(ServiceState.DOWN, severity=Severity.CRITICAL)
    assert command("silences", "list").out == "nothing is silenced\n"
    added = command(*ADD, "--for", "2h", "--reason", "new release")
    assert (added.code, added.out) == (ExitCode.OK, "1\n")
    assert "silenced until 20" in added.err
    (alert,) = json.loads(command("alerts", "list", "--json").out)
    assert (alert["silenced_by"], alert["maintenance"]) == (["1"], None)
    assert "silenced      by 1" in command("alerts", "show", str(alert["id"])).out
    (silence,) = json.loads(command("silences", "list", "--json").out)
    assert (silence["id"], silence["services"], silence["reason"]) == ("1", ["backend-api"], "new release")
    assert silence["created_by"]
    listed = command("silences", "list").out
    assert "backend-api" in listed
    assert silence["created_by"] in listed
    assert "new release" in command("audit", "list").out
    assert command("silences", "end", "1").code == ExitCode.OK
    assert command("silences", "list", "--json").out == "[]\n"
    (ended,) = json.loads(command("silences", "list", "--all", "--json").out)
    assert ended["ended_by"] == silence["created_by"]
    assert command("silences", "end", "1").code == ExitCode.BAD_DATA


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((*ADD, "--reason", "x"), ExitCode.USAGE, "a silence has an end"),
        ((*ADD, "--reason", "x", "--for", "1h", "--until", "23:00"), ExitCode.USAGE, "a silence has an end"),
        ((*ADD, "--for", "1h"), ExitCode.USAGE, "--reason"),
        ((*ADD, "--reason", "x", "--for", "soon"), ExitCode.USAGE, "--for takes a length of time"),
        ((*ADD, "--reason", "x", "--until", "-1h"), ExitCode.USAGE, "must lie ahead"),
        ((*ADD, "--reason", " ", "--for", "1h"), ExitCode.USAGE, "needs a reason"),
        (("silences", "add", "--reason", "x", "--for", "1h"), ExitCode.USAGE, "Say what is silenced"),
        (("silences", "add", "--match", "(", "--reason", "x", "--for", "1h"), ExitCode.USAGE, "no valid regular"),
        (("silences", "add", "--service", "nope", "--reason", "x", "--for", "1h"), ExitCode.BAD_DATA, "no service"),
        (("silences", "end", "77"), ExitCode.BAD_DATA, "there is no silence '77'"),
        (("maintenance", "add", "disks", "--service", "web-app"), ExitCode.USAGE, "An end is needed"),
        (("maintenance", "add", "disks", "--for", "1h"), ExitCode.USAGE, "Say what is worked on"),
        (("maintenance", "end", "disks"), ExitCode.BAD_DATA, "there is no planned work 'disks'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    command: Command, history: History, arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    history()
    outcome = command(*arguments)
    assert (outcome.code, words in outcome.err) == (code, True), outcome.err
    assert outcome.out == ""


def test_planned_work_from_its_beginning_to_its_end(command: Command, history: History) -> None:
    history(ServiceState.DOWN, severity=Severity.CRITICAL)
    assert command("maintenance", "list").out == "no planned work\n"
    added = command("maintenance", "add", "new disks", "--service", "backend-api", "--for", "1h", "--note", "rack 3")
    assert (added.code, added.out.startswith("maintenance new disks from 20")) == (ExitCode.OK, True)
    (alert,) = json.loads(command("alerts", "list", "--json").out)
    assert alert["maintenance"] == "new disks"
    assert "maintenance   new disks" in command("alerts", "show", str(alert["id"])).out
    later = ("maintenance", "add", "roof", "--service", "web-app", "--starts-at", "+2d", "--ends-at", "+3d")
    assert command(*later).code == ExitCode.OK
    windows = json.loads(command("maintenance", "list", "--json").out)
    assert [(window["name"], window["source"]) for window in windows] == [("new disks", "person"), ("roof", "person")]
    assert "rack 3" in command("maintenance", "list").out
    assert command(*later).code == ExitCode.BUSY
    assert command("maintenance", "end", "new disks").code == ExitCode.OK
    assert "new disks" not in command("maintenance", "list").out
    assert "(ended)" in command("maintenance", "list", "--all").out
