"""Commands: data on stdout, messages on stderr, exit codes, one clear message for bad input."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from support import template_process
from support.command_reference import commands
from support.operations import episode
from support.pictures import all_fine

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.plugin_output import performance_data
from amt_console.cli.startup.commands import app
from amt_console.cli.status import print_status, status_line
from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model import (
    AlertEvent,
    EpisodeChange,
    MonitorState,
    MonitorStatus,
    Overall,
    ResourcesView,
    ServiceState,
    Severity,
    Snapshot,
)
from amt_console.store import Store, keyring_of, record, take_lease

Command = Callable[..., object]
History = Callable[..., int | None]
PLANS = """
[[services]]
name = "api-plans"
url = "http://127.0.0.1:5000/api/plans"
depends_on = ["backend-api"]
"""
TWO_SERVICES = """
[[services]]
name = "backend-api"
url = "http://127.0.0.1:5000/api/health"
interval = 15
[[services]]
name = "web-app"
url = "http://127.0.0.1:5173/"
"""


def shown(snapshot: Snapshot) -> str:
    with redirect_stdout(StringIO()) as out:
        print_status(snapshot)
    return out.getvalue()


@pytest.fixture(autouse=True)
def configuration(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "two.toml").write_text(TWO_SERVICES)
    monkeypatch.setenv("AMT_CONFIG", str(home / "two.toml"))


def test_status_without_a_database_says_what_to_do(command: Command) -> None:
    outcome = command("status")
    assert outcome.code == ExitCode.UNKNOWN
    assert outcome.out.startswith("UNKNOWN")
    assert "no database" in outcome.out.lower()
    assert "--db" in outcome.out
    document = json.loads(command("status", "--json").out)
    assert (document["overall"], document["services"], document["monitor"]["running"]) == ("unknown", [], False)
    line = command("status", "--line")
    assert line.code == ExitCode.UNKNOWN
    assert line.out.startswith("UNKNOWN | ")


@pytest.mark.parametrize(
    ("state", "alert", "code", "word"),
    [
        (ServiceState.UP, {}, ExitCode.OK, "OK"),
        (ServiceState.DEGRADED, {}, ExitCode.WARNING, "WARNING"),
        (ServiceState.DOWN, {}, ExitCode.CRITICAL, "CRITICAL"),
        (ServiceState.UP, {"severity": Severity.WARNING}, ExitCode.WARNING, "WARNING"),
        (ServiceState.UP, {"severity": Severity.CRITICAL}, ExitCode.CRITICAL, "CRITICAL"),
    ],
)
def test_the_exit_code_of_status_is_the_worst_state(
    command: Command, history: History, state: ServiceState, alert: dict[str, object], code: ExitCode, word: str
) -> None:
    history(state, **alert)
    outcome = command("status")
    assert (outcome.code, outcome.err) == (code, "")
    assert outcome.out.startswith(word)


def test_status_json_has_what_it_promises(command: Command, history: History) -> None:
    history(ServiceState.DOWN, note="known\x1b[2J")
    document = json.loads(command("status", "--json").out)
    assert {"generated_at", "overall", "monitor", "services", "resources", "alerts"} <= document.keys()
    assert {"running", "host", "pid", "last_cycle_at"} <= document["monitor"].keys()
    service = next(entry for entry in document["services"] if entry["name"] == "backend-api")
    assert {
        "name",
        "url",
        "state",
        "since",
        "response_time_ms",
        "uptime_percent_24h",
        "coverage_percent_24h",
        "error_rate_percent_1h",
        "last_checked",
        "error",
    } <= service.keys()
    assert service["state"] == "down"
    resources = document["resources"]
    assert {
        "timestamp",
        "cpu_usage",
        "memory_usage",
        "disk_usage",
        "network_io",
        "active_connections",
    } <= resources.keys()
    assert resources["disk_usage"] is None, "unreadable is null, never 0"
    assert {
        "id",
        "alert_type",
        "severity",
        "subject",
        "message",
        "state",
        "opened_at",
        "acknowledged_by",
        "acknowledged_at",
        "note",
        "escalation_level",
        "rule",
        "group",
        "value",
        "threshold",
        "follows_from",
        "followers",
        "fired_at",
        "resolved_at",
        "duration_seconds",
        "times_today",
    } <= document["alerts"][0].keys()
    assert document["alerts"][0]["note"] == "known␛[2J"


def test_status_line_is_one_line_with_the_worst_news(command: Command, history: History) -> None:
    history(ServiceState.DOWN, message="backend-api is down")
    line = command("status", "--line").out
    assert line.count("\n") == 1
    assert line.startswith("CRITICAL | ")
    assert "backend-api is down" in line
    assert "unacknowledged" in line


def test_status_of_a_past_moment_counts_ages_up_to_it_and_names_no_process_of_today() -> None:
    seen = all_fine()
    then = seen.generated_at - timedelta(hours=5)
    past = replace(
        seen,
        at=then,
        services=(replace(seen.services[0], since=then - timedelta(minutes=7), last_checked=then),),
        monitor=MonitorStatus(MonitorState.RUNNING),
    )
    told = shown(past)
    assert re.search(r"backend-api +\S+ UP +7m .* 0s ago", told)
    assert "monitor" not in told.splitlines()[1]
    blind = shown(replace(past, monitor=MonitorStatus(MonitorState.STOPPED)))
    assert "monitor: nothing was measured then" in blind
    assert status_line(replace(past, monitor=MonitorStatus(MonitorState.STOPPED))).endswith("nothing was measured then")


def test_the_output_of_a_monitoring_plugin(command: Command, history: History) -> None:
    history(ServiceState.DOWN, message="backend-api is down | 'now'")
    found = command("status", "--nagios")
    assert (found.code, found.out.count("\n"), found.err) == (ExitCode.CRITICAL, 1, "")
    told, data = found.out.rstrip("\n").split(" | ")
    assert told.startswith("AMT CRITICAL - ")
    assert "backend-api is down / 'now'" in told
    values = dict(each.rsplit("=", 1) for each in shlex.split(data))
    assert list(values) == ["backend-api", "web-app", "monitoring-db", "host_cpu", "host_memory", "host_disk"]
    for value in values.values():
        assert re.fullmatch(r"(U|[0-9.]+(ms|%));[0-9.]*;[0-9.]*;0;(100)?", value)
    assert values["web-app"].endswith("ms;2000;5000;0;")
    assert values["host_cpu"].endswith("%;80;;0;100")
    assert values["host_disk"] == "U;;90;0;100", "it could not be read"


def test_a_monitoring_plugin_tells_every_failure_on_its_one_line(command: Command, home: Path) -> None:
    (home / "two.toml").write_text("nonsense = 1")
    found = command("status", "--nagios")
    assert (found.code, found.out.count("\n"), found.err) == (ExitCode.UNKNOWN, 1, "")
    assert found.out.startswith("AMT UNKNOWN - ")
    assert "nonsense" in found.out


def test_a_name_is_quoted_in_performance_data() -> None:
    services = (replace(all_fine().services[0], name="o'brien=|x", response_time_ms=None),)
    [datum] = performance_data(replace(all_fine(), services=services, resources=ResourcesView()), {})
    assert datum == "'o''brien__x'=U;;;0;"


def test_the_age_column_has_one_name(command: Command, history: History) -> None:
    history(ServiceState.DOWN, message="backend-api is down")
    for line in (("status",), ("alerts", "list"), ("alerts", "list", "--all")):
        out = command(*line).out
        assert " FOR" in out
        assert "SINCE" not in out


def test_a_monitor_that_lost_its_file_is_not_called_stopped(
    command: Command, history: History, store: Store, database: Path
) -> None:
    history()
    lease = take_lease(f"sqlite:///{database}", clock=SystemClock())
    assert lease is not None
    try:
        database.unlink()
        line = command("status", "--line")
        assert line.code == ExitCode.UNKNOWN
        assert f"The monitor (pid {os.getpid()} " in line.out
        assert f"{database} was deleted" in line.out
        assert "stopped" not in line.out
    finally:
        lease.release()
    assert "monitor stopped" in command("status", "--line").out


def test_the_line_of_status_names_the_first_fault() -> None:
    faults = ("The database file a.db was deleted.", "Not stored yet: CRITICAL x")
    words = status_line(replace(all_fine(), overall=Overall.UNKNOWN, faults=faults))
    assert words == "UNKNOWN | 8 of 8 services up | The database file a.db was deleted."


@pytest.mark.slow
@pytest.mark.parametrize("line", [("alerts", "list"), ("status", "--json"), ("alerts", "--help")])
def test_a_full_disk_behind_stdout_is_one_message_and_its_own_code(history: History, line: tuple[str, ...]) -> None:
    history(ServiceState.DOWN)
    program = [sys.executable, "-m", "amt_console", *line]
    with open("/dev/full", "wb") as full:
        ended = template_process.run(program, stdout=full, timeout=60, text=True)
    assert ended.returncode == ExitCode.IO
    assert ended.stderr.count("\n") == 1
    assert "No space left on device" in ended.stderr
    assert "Errno" not in ended.stderr


def test_a_usage_error_names_the_help_of_its_own_command(command: Command) -> None:
    assert "(see amt-console export --help)" in command("export", "nothing").err
    assert "(see amt-console alerts ack --help)" in command("alerts", "ack").err
    assert "(see amt-console --help)" in command("nothing").err


@pytest.mark.slow
def test_what_follows_from_an_outage_says_so(command: Command, history: History, home: Path) -> None:
    (home / "two.toml").write_text(TWO_SERVICES + PLANS)
    plans = history(ServiceState.DOWN, subject="api-plans")
    api = history(ServiceState.DOWN, severity=Severity.CRITICAL)
    listed = command("alerts", "list").out.splitlines()
    assert [line.split()[0] for line in listed[1:]] == [str(api), str(plans)]
    assert "nobody" in listed[1]
    assert "follows backend-api" in listed[2]
    status = command("status").out
    assert "2 alerts, 1 unacknowledged, 1 follows" in status
    assert "follows backend-api" in status
    for arguments in (("alerts", "list", "--json"), ("status", "--json")):
        document = json.loads(command(*arguments).out)
        alerts = document if isinstance(document, list) else document["alerts"]
        assert [alert["follows_from"] for alert in alerts] == [None, api]
    assert json.loads(command("alerts", "show", str(plans), "--json").out)["follows_from"] == api
    assert f"follows from  alert {api}, backend-api: " in command("alerts", "show", str(plans)).out


@pytest.mark.parametrize("action", [("ack", "1"), ("unack", "1"), ("note", "1", "text"), ("close", "1")])
def test_an_action_on_an_alert_creates_no_database(command: Command, database: Path, action: tuple[str, ...]) -> None:
    outcome = command("alerts", *action)
    assert outcome.code == ExitCode.UNAVAILABLE
    assert "There is no database" in outcome.err
    assert not database.exists()


def test_the_number_of_an_alert_that_no_database_holds(command: Command, history: History) -> None:
    history()
    for words in (("show",), ("ack",), ("note",)):
        text = ("text",) if words == ("note",) else ()
        outcome = command("alerts", *words, "99999999999999999999999", *text)
        assert outcome.code == ExitCode.USAGE
        assert "Invalid value for 'ID'" in outcome.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("export", "incident", "abc"), "'ID': 'abc' is not a whole number (see "),
        (("export", "incident", "0"), "'ID': '0' is too small: the least is 1 (see "),
        (("export", "overview", "--hours", "two"), "'--hours': 'two' is not a number (see "),
        (("export", "overview", "--compare", "z"), "'--compare': 'z' is not one of 'previous', 'none' (see "),
        (("notify", "log", "--alert", "\x1b[1m"), "is not a whole number (see "),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(command: Command, line: tuple[str, ...], told: str) -> None:
    outcome = command(*line)
    assert outcome.code == ExitCode.USAGE
    assert told in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert "Input should" not in outcome.err
    assert "\x1b" not in outcome.err


@pytest.mark.slow
def test_acknowledging_from_the_command_line(command: Command, history: History) -> None:
    alert_id = history(ServiceState.DOWN, severity=Severity.CRITICAL)
    assert command("alerts", "ack", str(alert_id), "--note", "on it").code == ExitCode.OK
    (alert,) = json.loads(command("alerts", "list", "--json").out)
    assert alert["id"] == alert_id
    assert alert["acknowledged_by"]
    assert alert["acknowledged_at"]
    assert alert["note"] == "on it"
    again = command("alerts", "ack", str(alert_id))
    assert again.code == ExitCode.BUSY
    assert "already acknowledged by" in again.err
    shown = command("alerts", "show", str(alert_id)).out
    assert "acknowledged" in shown
    assert "on it" in shown
    assert [
        event["kind"] for event in json.loads(command("alerts", "show", str(alert_id), "--json").out)["events"]
    ] == [
        "fired",
        "acknowledged",
    ]
    late = command("alerts", "ack", str(alert_id), "--note", "me too")
    assert (late.code, f"'amt-console alerts note {alert_id} TEXT' adds it" in late.err) == (ExitCode.BUSY, True)
    assert command("alerts", "unack", str(alert_id)).code == ExitCode.OK
    assert json.loads(command("alerts", "list", "--json").out)[0]["acknowledged_by"] is None


@pytest.mark.slow
def test_notes_and_closing_from_the_command_line(command: Command, history: History) -> None:
    alert_id = history(ServiceState.DOWN, severity=Severity.CRITICAL)
    command("alerts", "ack", str(alert_id))
    assert json.loads(command("alerts", "note", str(alert_id), "the queue is full", "--json").out)["note"] == (
        "the queue is full"
    )
    closed = json.loads(command("alerts", "close", str(alert_id), "--note", "retired", "--json").out)
    assert (closed["state"], closed["note"]) == ("resolved", "retired")
    assert command("alerts", "note", str(alert_id), "it was the cache").code == ExitCode.OK
    assert command("alerts", "close", str(alert_id)).code == ExitCode.BUSY
    assert command("alerts", "note", str(alert_id), " ").code == ExitCode.USAGE
    entries = json.loads(command("audit", "list", "--json").out)
    assert [entry["action"] for entry in entries] == ["note", "close", "note", "acknowledge"]
    assert [entry["note"] for entry in entries] == ["it was the cache", "retired", "the queue is full", None]


@pytest.mark.slow
def test_taking_over_handing_off_snoozing_and_undoing_from_the_command_line(command: Command, history: History) -> None:
    number = str(history(ServiceState.DOWN, severity=Severity.CRITICAL))

    def told(*words: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(command("alerts", *words, "--json").out)
        return answer

    handed = told("handoff", number, "ben", "--note", "the queue", "--for", "2h")
    assert (handed["acknowledged_by"], handed["note"]) == ("ben", "the queue")
    length = datetime.fromisoformat(handed["acknowledged_until"]) - datetime.fromisoformat(handed["acknowledged_at"])
    assert abs(length - timedelta(hours=2)) < timedelta(seconds=1)
    claimed = told("claim", number)
    assert claimed["acknowledged_by"] not in (None, "ben")
    assert told("undo", number)["acknowledged_by"] == "ben"
    assert command("alerts", "undo", number).code == ExitCode.BUSY
    snoozed = told("snooze", number, "--for", "15m")
    assert (snoozed["snoozed_by"], snoozed["snoozed_until"] is not None) == (claimed["acknowledged_by"], True)
    shown = command("alerts", "show", number).out
    assert "who has it    ben, until " in shown
    assert f"snoozed       by {snoozed['snoozed_by']} until " in shown
    assert told("undo")["snoozed_by"] is None
    assert told("snooze", number, "--until-recovery")["snoozed_until"] is None
    for wrong in (("--for", "soon"), ("--for", "0"), (), ("--for", "1h", "--until-recovery")):
        outcome = command("alerts", "snooze", number, *wrong)
        assert outcome.code == ExitCode.USAGE, wrong
    assert command("alerts", "close", number, "--noise", "--actionable").code == ExitCode.USAGE
    assert told("close", number, "--noise")["rating"] == "noise"
    assert told("close", number, "--actionable")["rating"] == "actionable"
    assert "rated         actionable" in command("alerts", "show", number).out
    for late in ("ack", "claim", "unack", "close"):
        assert command("alerts", late, number).code == ExitCode.BUSY, late


def test_alerts_of_a_past_moment(command: Command, history: History) -> None:
    number = history(ServiceState.DOWN, message="backend-api is down")
    assert [alert["id"] for alert in json.loads(command("alerts", "list", "--json").out)] == [number]
    assert command("alerts", "list", "--at", "-1h").out == "no active alerts\n"
    command("alerts", "ack", str(number), "--note", "on it")
    assert "on it" in command("alerts", "show", str(number)).out
    assert command("alerts", "show", str(number), "--at", "-1h").code == ExitCode.BAD_DATA
    both = command("alerts", "list", "--all", "--at", "-1h")
    assert both.code == ExitCode.USAGE
    assert "--at shows the alerts of one moment" in both.err


def test_an_alert_that_is_not_there(command: Command, history: History) -> None:
    history()
    for line in (("alerts", "ack", "77"), ("alerts", "show", "77"), ("alerts", "unack", "77")):
        outcome = command(*line)
        assert outcome.code == ExitCode.BAD_DATA
        assert "there is no alert 77" in outcome.err


@pytest.mark.parametrize(
    "line",
    [
        ("nonsense",),
        ("status", "--nonsense"),
        ("status", "--json", "--line"),
        ("status", "--nagios", "--line"),
        ("alerts", "ack", "x"),
        ("alerts", "ack", "0"),
        ("alerts", "list", "--since", "whenever"),
        ("monitor", "--json"),
        ("--at", "never-ever"),
        ("--read-only", "status"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error_in_one_line(command: Command, line: tuple[str, ...]) -> None:
    outcome = command(*line)
    assert outcome.code == ExitCode.USAGE
    assert outcome.out == ""
    assert outcome.err.startswith("amt-console: ")
    assert outcome.err.count("\n") == 1


def test_a_wrong_configuration_names_file_and_key(command: Command, home: Path) -> None:
    (home / "bad.toml").write_text("check_intervall = 5\n")
    outcome = command("status", "--config", str(home / "bad.toml"))
    assert outcome.code == ExitCode.BAD_CONFIG
    assert "bad.toml" in outcome.err
    assert "check_interval" in outcome.err


def test_files_that_are_no_database(command: Command, home: Path) -> None:
    (home / "text.db").write_bytes(b"this is not a database at all, however long it may be" * 200)
    assert command("status", "--db", str(home / "text.db")).code == ExitCode.BAD_DATA
    assert command("status", "--db", str(home)).code == ExitCode.UNAVAILABLE
    assert command("status", "--db", "nosuch://x").code in (ExitCode.UNAVAILABLE, ExitCode.USAGE, ExitCode.BAD_CONFIG)


def test_a_newer_schema_is_left_alone(command: Command, history: History, database: Path) -> None:
    history()
    connection = sqlite3.connect(database)
    connection.execute("UPDATE alembic_version SET version_num = 'zzzz'")
    connection.commit()
    connection.close()
    before = database.read_bytes()
    outcome = command("alerts", "ack", "1")
    assert outcome.code == ExitCode.BAD_DATA
    assert "newer" in outcome.err
    assert database.read_bytes() == before


def test_doctor_names_what_is_wrong(command: Command, history: History) -> None:
    history()
    findings = {entry["name"]: entry for entry in json.loads(command("doctor", "--json").out)}
    assert findings["database"]["health"] == "ok"
    assert findings["monitor"]["health"] == "warning"
    assert findings["monitor"]["mend"]


def walked(*, groups: bool = False) -> list[tuple[str, ...]]:
    """The commands, by the words that lead to them; with ``groups`` also the groups that they are in."""
    import typer

    def walk(command: object, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        below = getattr(command, "commands", None)
        if not below:
            return [path]
        own = [path] if groups and path else []
        return own + [leaf for name, child in below.items() for leaf in walk(child, (*path, name))]

    return walk(typer.main.get_command(app), ())


@pytest.mark.parametrize("path", walked(groups=True), ids=" ".join)
def test_every_command_has_help_with_an_example(command: Command, path: tuple[str, ...]) -> None:
    outcome = command(*path, "--help")
    assert outcome.code == ExitCode.OK
    assert "Example" in outcome.out, "the help must show an example"


def test_each_value_has_a_name_for_people_and_no_type_of_python() -> None:
    for words, each in commands():
        for param in each.params:
            if param.param_type_name == "argument":
                assert param.metavar, (words, param.name)
                assert param.metavar.isupper(), (words, param.metavar)
            elif not param.is_flag:
                assert param.metavar or param.type_descriptor.is_choice, (words, param.opts)
                lasts = {"--for", "--expires", "--interval"} & set(param.opts)
                assert not lasts or param.metavar == "LENGTH", (words, param.opts)


def test_the_readme_names_every_command() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    for name in {path[0] for path in walked()}:
        assert f"amt-console {name}" in readme, name


@pytest.mark.slow
def test_a_closed_pipe_and_a_plain_locale_do_no_harm(history: History, home: Path) -> None:
    history(ServiceState.DOWN, message="naïve ✖ message")
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    program = [sys.executable, "-m", "amt_console"]
    plain = subprocess.run([*program, "status"], capture_output=True, env=environment, timeout=60, check=False)
    assert plain.returncode == ExitCode.CRITICAL, plain.stderr
    assert plain.stdout.isascii()
    assert plain.stderr == b""
    piped = subprocess.run(
        f"{sys.executable} -m amt_console alerts list --json | head -c 1",
        shell=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert piped.stderr == b""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("status",), ExitCode.CRITICAL),
        (("status", "--json"), ExitCode.CRITICAL),
        (("alerts", "list"), ExitCode.OK),
        (("alerts", "show", "77"), ExitCode.BAD_DATA),
        (("export", "metrics", "--out", "-"), ExitCode.OK),
        (("export", "overview", "--format", "md"), ExitCode.OK),
        (("status", "--help"), 141),
    ],
)
def test_a_reader_that_has_gone_changes_no_exit_code(history: History, line: tuple[str, ...], code: int) -> None:
    history(ServiceState.DOWN, severity=Severity.CRITICAL)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ended = template_process.run([sys.executable, "-m", "amt_console", *line], stdout=closed, timeout=60)
    assert ended.returncode == code, ended.stderr
    assert b"roken" not in ended.stderr


@pytest.mark.slow
def test_the_answer_of_a_failing_service_is_shown_and_printed(command: Command, database: Path) -> None:
    now = SystemClock().now()
    said = "could not connect to server db-primary.internal port 5432\nretrying"
    with Store.open(f"sqlite:///{database}", clock=SystemClock(), keys=keyring_of(Settings())) as store:
        new = episode(now)
        events = [
            AlertEvent(kind=kind, at=now, state=new.state, severity=new.severity, message=new.message)
            for kind in ("opened", "fired", "stale", "fresh", "stale", "fresh")
        ]
        changed = AlertEvent(
            kind="error_changed",
            at=now,
            state=new.state,
            severity=new.severity,
            message="it is down: HTTP 500",
            note="before: connection refused",
            detail={"old_error": "connection refused", "new_error": "HTTP 500"},
        )
        with store.transaction(durable=True) as writes:
            alert = record(writes, EpisodeChange(new, (*events, changed), answer=said)).id
    shown = command("alerts", "show", str(alert)).out
    assert "\nBODY" in shown
    assert "\n  could not connect to server db-primary.internal port 5432\n  retrying\n" in shown
    assert "no fresh data 2 times" in shown
    assert "fresh data again" not in shown
    assert "it is down: HTTP 500 - before: connection refused" in " ".join(shown.split())
    document = json.loads(command("alerts", "show", str(alert), "--json").out)
    assert document["answer"] == said
    assert document["events"][-1]["detail"] == {"old_error": "connection refused", "new_error": "HTTP 500"}
    assert [each["answer"] for each in json.loads(command("alerts", "list", "--json").out)] == [said]
    assert [each["answer"] for each in json.loads(command("status", "--json").out)["alerts"]] == [said]
    (database.parent / "data.key").unlink()
    assert "(unavailable: it was encrypted with the data key" in " ".join(
        command("alerts", "show", str(alert)).out.split()
    )
    lost = json.loads(command("alerts", "show", str(alert), "--json").out)
    assert lost["answer"] is None
    assert "which is not here" in lost["answer_unavailable"]
    doctor = " ".join(command("doctor").out.split())
    assert "1 value of alert_answers.answer cannot be read" in doctor
