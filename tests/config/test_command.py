"""``amt-console config``: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from support.terminal import TerminalProgram
from typer.testing import CliRunner, Result

from amt_console.cli.config import app
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import Context
from amt_console.config import ConfigError, load_config
from amt_console.demo.state import DemoFolder, DemoState, process_started
from amt_console.monitor.ruleset import build_ruleset


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person without any configuration, in an empty folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, config: Path | None = None, db: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), obj=Context(config=config, db=db))


def refused(result: Result) -> CommandError:
    assert isinstance(result.exception, CommandError)
    return result.exception


@pytest.mark.parametrize("file_format", ["toml", "json"])
def test_init_writes_a_file_that_is_found_and_loads(home: Path, file_format: str) -> None:
    result = run(
        "init",
        "--yes",
        "--api-url",
        "https://api.example",
        "--web-url",
        "",
        "--interval",
        "2m",
        "--format",
        file_format,
    )
    assert result.exit_code == 0, result.exception
    path = home / "config-home" / "amt-console" / f"monitoring_config.{file_format}"
    assert result.stdout == f"{path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == [path.name]
    loaded = load_config()
    assert loaded.path == path
    assert loaded.settings.api_base_url == "https://api.example"
    assert loaded.settings.web_app_url is None
    assert loaded.settings.mobile_app_url == "http://localhost:19006"
    assert loaded.settings.check_interval == 120
    assert loaded.warnings == ()


def test_init_never_overwrites(home: Path) -> None:
    path = home / "mine.toml"
    path.write_text("# mine", encoding="utf-8")
    assert refused(run("init", "--yes", "--out", str(path))).exit_code is ExitCode.IO
    assert path.read_text(encoding="utf-8") == "# mine"
    link = home / "link.toml"
    link.symlink_to(home / "nowhere.toml")
    assert refused(run("init", "--yes", "--out", str(link))).exit_code is ExitCode.IO
    assert not (home / "nowhere.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--api-url", "ftp://x"), "http://"),
        (("--api-url", "https://u:hunter2@x"), "user name"),
        (("--interval", "soon"), "duration"),
        (("--interval", "0"), "1s to 1d"),
        (("--out", "c.yaml"), ".toml or .json"),
        (("--out", "c.json", "--format", "toml"), "does not fit"),
        (("--api-url", "", "--web-url", "", "--mobile-url", ""), "nothing to probe"),
    ],
)
def test_init_refuses_what_would_not_load(home: Path, arguments: tuple[str, ...], expected: str) -> None:
    error = refused(run("init", "--yes", *arguments))
    assert error.exit_code is ExitCode.USAGE
    assert expected in str(error)
    assert "hunter2" not in str(error)
    assert list(home.rglob("*.toml")) == []


def test_init_says_when_a_file_cannot_be_written(home: Path) -> None:
    (home / "file").touch()
    error = refused(run("init", "--yes", "--out", str(home / "file" / "c.toml")))
    assert error.exit_code is ExitCode.IO


def test_init_without_a_terminal_neither_reads_nor_ignores_piped_answers(home: Path) -> None:
    arguments = ("init", "--api-url", "https://api.example", "--out", "c.toml")
    result = CliRunner().invoke(app, list(arguments), input="https://web.example\n\n\n", obj=Context())
    error = refused(result)
    assert error.exit_code is ExitCode.USAGE
    assert "--web-url, --mobile-url, --interval" in str(error)
    assert "--yes" in str(error)
    assert not (home / "c.toml").exists()
    assert run(*arguments, "--web-url", "", "--mobile-url", "", "--interval", "90s").exit_code == 0
    assert load_config(home / "c.toml").settings.check_interval == 90


def test_a_file_that_goes_before_another_is_named(home: Path) -> None:
    local = home / "config" / "monitoring_config.json"
    local.parent.mkdir()
    local.write_text("{}", encoding="utf-8")
    written = run("init", "--yes")
    path = home / "config-home" / "amt-console" / "monitoring_config.toml"
    assert written.stdout == f"{path}\n"
    assert f"{local} takes precedence" in written.stderr
    assert f"--config {path}" in written.stderr
    checked = run("check")
    assert checked.stdout.startswith(f"ok: {local}: ")
    assert f"note: {path} is not used: {local} takes precedence" in checked.stderr
    assert json.loads(run("check", "--json").stdout)["shadowed"] == [str(path)]
    assert "not used" not in run("check", config=path).stderr + run("check", str(path)).stderr


SLACK = 'channels = [{ name = "chat", type = "slack", url = "https://hooks.slack.com/x" }]\n'


@pytest.mark.parametrize(
    ("toml", "warning"),
    [
        (
            SLACK + '[oncall]\nstarts_at = 2999-01-01T00:00:00Z\npeople = [{ name = "Ada", channels = ["chat"] }]',
            "oncall: nobody is on call for 720 h of the next 30 days",
        ),
        (
            SLACK.replace('"slack"', '"slack", enabled = false') + "[oncall]\n"
            'people = [{ name = "Ada", channels = ["chat"] }]',
            "oncall.people[0]: Ada cannot be reached: no alert arrives: not enabled: chat",
        ),
        (
            SLACK.replace('"slack"', '"slack", enabled = false') + '[[escalation]]\nlevels = [{ notify = ["chat"] }]',
            "escalation[0]: tells nobody: no channel that it leads to is enabled",
        ),
        (
            SLACK + '[[escalation]]\nseverity = "critical"\nlevels = [{ notify = ["chat"] }]',
            "escalation: warning alerts fit no policy: nobody is notified of them",
        ),
        (
            SLACK + '[[escalation]]\nstart = "09:00"\nduration = "8h"\nlevels = [{ notify = ["chat"] }]',
            "nobody is notified of them",
        ),
        (
            SLACK + '[[escalation]]\nseverity = "info"\nlevels = [{ notify = ["chat"] }]\n'
            '[[escalation]]\nlevels = [{ notify = ["chat"] }]',
            "escalation[0]: has no effect: informational alerts are never notified",
        ),
    ],
)
def test_who_is_not_told_is_a_warning(home: Path, toml: str, warning: str) -> None:
    path = home / "c.toml"
    path.write_text(toml, encoding="utf-8")
    checked = run("check", config=path)
    assert checked.exit_code == 0, checked.exception
    assert warning in checked.stderr
    assert json.loads(run("check", "--json", config=path).stdout)["warnings"]


def test_show_and_check_mean_the_file_of_the_running_demo(home: Path) -> None:
    local = home / "config" / "monitoring_config.json"
    local.parent.mkdir()
    local.write_text("{}", encoding="utf-8")
    folder = DemoFolder.of_user()
    folder.create()
    folder.config.write_text('{"check_interval": 15}', encoding="utf-8")
    database = f"sqlite:///{folder.database}"
    folder.write_state(DemoState(database, os.getpid(), process_started(), "http://x", {}, folder.config))
    checked, shown = run("check"), run("show")
    assert checked.stdout.startswith(f"ok: {folder.config} (of the running demo): ")
    assert f"note: {local} is not used" in checked.stderr
    assert f"Configuration: {folder.config} (of the running demo)" in shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["database_url", "running", "demo", database] in rows
    assert run("check", str(local)).stdout.startswith(f"ok: {local}: ")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("revenue.mmr", "did you mean `revenue.mrr`?"),
        ("revenue.zzzzzzzz", "known: revenue.mrr"),
        ("revenue.plan_distribution", "single number"),
    ],
)
def test_a_rule_on_a_figure_that_does_not_exist_is_refused(home: Path, subject: str, expected: str) -> None:
    path = home / "c.toml"
    path.write_text(f'[[rules]]\nname = "r"\nsignal = "figure"\nsubject = "{subject}"\nbelow = 1\n', encoding="utf-8")
    error = refused(run("check", config=path))
    assert error.exit_code is ExitCode.BAD_CONFIG
    assert "rules[0].subject" in str(error)
    assert expected in str(error)
    settings = load_config(path).settings
    with pytest.raises(ConfigError, match=r"rules\[0\]\.subject"):
        build_ruleset(settings, ())


@pytest.mark.parametrize("subject", ["revenue.mrr", "revenue.*", "revenue.m?r"])
def test_rules_on_figures_that_exist_are_taken(home: Path, subject: str) -> None:
    path = home / "c.toml"
    path.write_text(f'[[rules]]\nname = "r"\nsignal = "figure"\nsubject = "{subject}"\nbelow = 1\n', encoding="utf-8")
    assert run("check", config=path).exit_code == 0


@pytest.mark.pty
def test_init_asks_on_a_terminal_until_it_can_use_the_answer(home: Path) -> None:
    program = "from amt_console.cli.config import app; app(['init', '--out', 'asked.toml'])"
    with TerminalProgram([sys.executable, "-c", program], env={"PYTHONPATH": os.pathsep.join(sys.path)}) as terminal:
        terminal.wait_for("backend API")
        terminal.press("shop.example\r")
        terminal.wait_for("write http:// or https:// in front")
        terminal.press("https://shop.example\r")
        terminal.wait_for("web app")
        terminal.press("-\r")
        terminal.wait_for("mobile app")
        terminal.press("\r")
        terminal.wait_for("Time between")
        terminal.press("90s\r")
        terminal.wait_for("Written")
        assert terminal.process.wait(60) == 0
    settings = load_config(home / "asked.toml").settings
    assert settings.api_base_url == "https://shop.example"
    assert settings.web_app_url is None
    assert settings.mobile_app_url == "http://localhost:19006"
    assert settings.check_interval == 90


def test_check_counts_what_there_is(home: Path) -> None:
    path = home / "c.toml"
    path.write_text(
        '[[services]]\nname = "a"\nurl = "https://a"\nverify_tls = false\n'
        '[[databases]]\nname = "d"\nurl = "sqlite:////d.db"\n'
        '[[channels]]\nname = "c"\ntype = "webhook"\nurl = "${HOOK}"\nenabled = false\n'
        "[figures.revenue]\nmr = { path = 'a', unit = 'EUR' }\n",
        encoding="utf-8",
    )
    result = run("check", str(path))
    assert result.exit_code == 0, result.exception
    assert result.stdout == f"ok: {path}: 1 service, 1 database, 0 channels, 2 warnings\n"
    assert "services[0].verify_tls" in result.stderr
    assert "did you mean `mrr`?" in result.stderr


def test_check_without_any_file_checks_the_defaults(home: Path) -> None:
    assert run("check").stdout == "ok: built-in defaults: 7 services, 0 databases, 0 channels, 0 warnings\n"


BROKEN = 'check_intervall = 5\n[[services]]\nname = "a"\nurl = "https://u:hunter2@a"\n'


def test_check_tells_all_faults_and_ends_with_78(home: Path) -> None:
    path = home / "c.toml"
    path.write_text(BROKEN, encoding="utf-8")
    for result in (run("check", str(path)), run("check", config=path)):
        error = refused(result)
        assert error.exit_code is ExitCode.BAD_CONFIG
        assert [line.split(":")[0].strip() for line in str(error).splitlines()[1:]] == [
            "check_intervall",
            "services[0].url",
        ]
        assert "hunter2" not in str(error)


def test_check_as_json(home: Path) -> None:
    path = home / "c.toml"
    path.write_text(BROKEN, encoding="utf-8")
    result = run("check", "--json", str(path))
    assert result.exit_code == ExitCode.BAD_CONFIG
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["ok"] is False
    assert document["path"] == str(path)
    assert document["faults"][0] == {
        "path": "check_intervall",
        "message": "is no known key",
        "value": None,
        "suggestion": "did you mean `check_interval`?",
    }
    path.write_text("# built-in defaults", encoding="utf-8")
    assert json.loads(run("check", "--json", str(path)).stdout) | {"path": None} == {
        "ok": True,
        "path": None,
        "services": 7,
        "databases": 0,
        "channels": 0,
        "faults": [],
        "warnings": [],
        "shadowed": [],
        "not_in_effect": [],
    }


def test_show_needs_no_secret_and_shows_none(home: Path) -> None:
    path = home / "c.toml"
    path.write_text(
        '[[channels]]\nname = "c"\ntype = "webhook"\nurl = "https://x/hunter2"\nsecret = "${NOWHERE}"\n',
        encoding="utf-8",
    )
    plain, as_json = run("show", config=path), run("show", "--json", config=path, db="sqlite:////x.db")
    assert plain.exit_code == as_json.exit_code == 0, (plain.exception, as_json.exception)
    assert "hunter2" not in plain.output + as_json.output
    rows = [line.split() for line in plain.stdout.splitlines()]
    assert rows[0] == ["KEY", "FROM", "VALUE"]
    assert ["channels[0].secret", "file,", "environment", "NOWHERE", "${NOWHERE}"] in rows
    document = json.loads(as_json.stdout)
    assert document["settings"]["channels"][0]["url"] == "https://x/****"
    assert document["settings"]["database_url"] == "sqlite:////x.db"
    assert document["sources"]["database_url"] == "option --db"
    assert document["sources"]["check_interval"] == "default"
    assert document["warnings"][0]["path"] == "channels[0].url"


@pytest.mark.slow
def test_schema_is_a_json_schema(home: Path) -> None:
    document = json.loads(run("schema").stdout)
    assert document["$schema"].startswith("https://json-schema.org/")
    assert document["properties"]["check_interval"]["description"]


@pytest.mark.parametrize("command", ["init", "check", "show", "schema"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: amt-console config {command}" in result.stdout
