"""Own commands of the console: what is refused, and with which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from amt_console.cli.startup.quick_config import quick_config
from amt_console.config.sections.program import ConsoleSettings
from amt_console.own_commands import OwnCommand, OwnCommandError, read_commands

RESTART: dict[str, Any] = {
    "name": "restart",
    "key": "f5",
    "context": "service",
    "command": ["systemctl", "restart", "{service}"],
}
NO_DEFAULT: dict[str, Any] = {"command": ["echo", "{input.why}"], "inputs": [{"name": "why"}]}


def settings(*commands: dict[str, Any], **console: Any) -> ConsoleSettings:
    return ConsoleSettings.model_validate({**console, "commands": [{**RESTART, **each} for each in commands]})


def one(**changes: Any) -> OwnCommand:
    return read_commands([{**RESTART, **changes}], {})[0]


def test_a_short_command_is_enough() -> None:
    (command,) = settings({}).commands
    assert command.as_command() == one()
    assert (command.confirm, command.timeout) == (True, 60.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"command": []}, "at least 1 item"),
        ({"command": [""]}, "`command` must name a program"),
        ({"command": "systemctl restart"}, "valid tuple"),
        ({"command": ["{service}"]}, "the program itself must be no placeholder"),
        ({"command": ["echo", "{servic}"]}, "{servic} is no placeholder"),
        ({"command": ["echo", "{alert_id}"]}, "{alert_id} has no value in the context `service`"),
        ({"command": ["echo", "{input.why}"]}, "{input.why} is no placeholder"),
        ({"command": ["awk", "{ print }"]}, "{ print } is no placeholder"),
        ({"command": ["echo", "{"]}, "{ is no placeholder"),
        ({"command": ["echo", "a\0b"]}, "NUL"),
        ({"command": ["sh", "-c", "echo {service}"]}, "the shell would run what {service} holds"),
        ({"command": ["/bin/bash", "-lc", "echo {url}"]}, "the shell would run what {url} holds"),
        ({"context": "anywhere"}, "{service} has no value in the context `anywhere`"),
        ({"context": "host"}, "'service', 'alert' or 'anywhere'"),
        (NO_DEFAULT, "Field required"),
        ({"inputs": [{"name": "why", "default": ""}]}, "the input `why` is asked but not used"),
        ({"inputs": [{"name": "a b", "default": ""}]}, "must be letters, digits"),
        ({"inputs": [{"name": "why", "default": "a\nb"}], "command": ["echo", "{input.why}"]}, "printable"),
        ({"key": "f13"}, "`f13` is no key"),
        ({"key": "a,b"}, "`a,b` is no key"),
        ({"key": "ctrl+m"}, "terminals cannot tell `ctrl+m` from `enter`"),
        ({"key": "a"}, "`a`, the key of the command `restart`, is the key of `acknowledge`"),
        ({"key": "?"}, "is the key of `help`"),
        ({"key": "G"}, "is the key of `last`"),
        ({"timeout": "2h"}, "from 0.1s to 1h"),
        ({"name": ""}, "must be a name"),
        ({"shell": True}, "Extra inputs"),
    ],
    ids=str,
)
def test_nonsense_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(changes)
    assert words in str(caught.value)
    with pytest.raises((ValueError, TypeError, KeyError)):
        one(**changes)


def test_two_commands_share_neither_a_key_nor_a_name() -> None:
    assert len(settings({}, {"name": "stop", "key": "f6"}).commands) == 2
    with pytest.raises(ValidationError, match="the key of the command `stop`, is the key of the command `restart`"):
        settings({}, {"name": "stop"})
    with pytest.raises(ValidationError, match="two commands are named `restart`"):
        settings({}, {"key": "f6"})


def test_a_key_that_the_keymap_has_freed_may_be_taken_and_one_that_it_took_not() -> None:
    assert settings({"key": "a"}, keymap={"acknowledge": "f2"}).commands
    with pytest.raises(ValidationError, match="is the key of `acknowledge`"):
        settings({"key": "f2"}, keymap={"acknowledge": "f2"})


@pytest.mark.parametrize(
    "hostile", ["a b", "a;reboot", "$(reboot)", "`reboot`", "--force", "-rf /", "{url}", "{{", "'\"", "a\nb", ""]
)
def test_a_value_is_one_argument_whatever_it_holds(hostile: str) -> None:
    command = one(command=["echo", "--name={service}", "{service}", "{{{service}}}"])
    filled = command.filled({"service": hostile, "url": "no"})
    assert filled == ("echo", f"--name={hostile}", hostile, f"{{{hostile}}}")


def test_braces_can_be_meant_as_they_are() -> None:
    assert one(command=["awk", "{{ print $1 }}", "{{service}}"]).filled({}) == ("awk", "{ print $1 }", "{service}")


def test_a_shell_may_get_values_as_arguments_of_its_script() -> None:
    assert one(command=["sh", "-c", 'echo "$1"', "sh", "{service}"])


def test_an_attached_console_reads_them_without_the_models(tmp_path: Path) -> None:
    def screen(**changes: Any) -> Any:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"console": {"commands": [{**RESTART, "timeout": "5m", **changes}]}}))
        return quick_config(path, None, env={"HOME": str(tmp_path)})

    found = screen()
    assert found is not None
    assert read_commands(found.screen["commands"], {})[0].timeout == 300.0
    assert screen(key="a") is None, "what is wrong is left to the models, which say so"
    assert screen(inputs=[{"name": 1, "default": ""}]) is None
    assert screen(inputs=7) is None


def test_errors_have_a_way_out() -> None:
    with pytest.raises(OwnCommandError) as caught:
        one(command=["echo", "{servise}"])
    assert caught.value.suggestion == "did you mean {service}?"
