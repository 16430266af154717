"""The person's own commands: what the configuration may say of them, and how their arguments are filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from amt_console.keys import KeymapError, check_key, long_name, taken_keys
from amt_console.moments import length_of
from amt_console.text import safe_text

MAX_COMMANDS = 50
MAX_ARGUMENTS = 100
MAX_ARGUMENT_CHARS = 4000
MAX_INPUTS = 10
MAX_NAME_CHARS = 64
USUAL_TIMEOUT = 60.0
LONGEST_TIMEOUT = 3600.0
INPUT = "input."
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\{")
_INPUT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_SHELLS = frozenset(("sh", "ash", "bash", "dash", "ksh", "zsh", "fish"))
_SCRIPT_OPTION = re.compile(r"-[a-z]*c")


class CommandContext(StrEnum):
    """What must be selected."""

    SERVICE = "service"
    ALERT = "alert"
    ANYWHERE = "anywhere"


VALUES: Mapping[CommandContext, tuple[str, ...]] = {
    CommandContext.SERVICE: ("service", "url"),
    CommandContext.ALERT: ("service", "url", "alert_id", "message"),
    CommandContext.ANYWHERE: (),
}
"""The placeholders of each context, beside those of the inputs."""


@dataclass(frozen=True, slots=True)
class CommandInput:
    """Something that the console asks before it runs a command."""

    name: str
    default: str


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """A command that a key runs."""

    name: str
    key: str
    context: CommandContext
    command: tuple[str, ...]
    """Program and arguments, with placeholders."""
    inputs: tuple[CommandInput, ...] = ()
    confirm: bool = True
    timeout: float = USUAL_TIMEOUT
    """Seconds until it is ended."""

    def filled(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Program and arguments with their values. A value is never read again, and never becomes two arguments."""
        return tuple(_TOKEN.sub(lambda found: _value(found, values), argument) for argument in self.command)

    def needs(self, name: str) -> bool:
        """Whether an argument has this placeholder."""
        return any(name in _placeholders(argument) for argument in self.command)


class OwnCommandError(ValueError):
    """A command that cannot be; ``suggestion`` says how to mend it."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def read_commands(tables: Sequence[Mapping[str, Any]], keymap: Mapping[str, str]) -> tuple[OwnCommand, ...]:
    """The commands of the tables ``[[console.commands]]``. Raises ValueError, TypeError or KeyError for any fault."""
    commands = tuple(map(_read, tables))
    for command in commands:
        check_command(command)
    check_commands(commands, keymap)
    return commands


def _read(table: Mapping[str, Any]) -> OwnCommand:
    known = {"name", "key", "context", "command", "inputs", "confirm", "timeout"}
    timeout = table.get("timeout", USUAL_TIMEOUT)
    seconds = length_of(timeout) if isinstance(timeout, str) else float(timeout)
    confirm = table.get("confirm", True)
    inputs = tuple(CommandInput(**each) for each in table.get("inputs", ()))
    asked = (word for each in inputs for word in (each.name, each.default))
    words = (table["name"], table["key"], *table["command"], *asked)
    if not set(table) <= known or seconds is None or not isinstance(confirm, bool):
        raise OwnCommandError("the table has an unknown key or a wrong value")
    if isinstance(table["command"], str) or not all(isinstance(word, str) for word in words):
        raise OwnCommandError("text is expected")
    context = CommandContext(table["context"])
    return OwnCommand(table["name"], table["key"], context, tuple(table["command"]), inputs, confirm, seconds)


def check_command(command: OwnCommand) -> None:
    """Whether a command by itself can be. Raises OwnCommandError."""
    if not command.name or safe_text(command.name, MAX_NAME_CHARS) != command.name.strip():
        raise OwnCommandError(f"`name` must have 1 to {MAX_NAME_CHARS} printable characters")
    if not 0 < command.timeout <= LONGEST_TIMEOUT:
        raise OwnCommandError("`timeout` must be above 0 and at most 1h")
    try:
        check_key(command.key)
    except KeymapError as error:
        raise OwnCommandError(f"`key`: {error}", error.suggestion) from None
    _check_inputs(command)
    _check_arguments(command)


def _check_inputs(command: OwnCommand) -> None:
    names = [each.name for each in command.inputs]
    if len(names) > MAX_INPUTS:
        raise OwnCommandError(f"`inputs` may be at most {MAX_INPUTS}")
    for each in command.inputs:
        if not _INPUT_NAME.fullmatch(each.name):
            raise OwnCommandError("the name of an input must be letters, digits, _ and -, and begin with a letter")
        if not each.default.isprintable():
            raise OwnCommandError(f"the default of the input `{each.name}` must be printable text")
        if names.count(each.name) > 1:
            raise OwnCommandError(f"two inputs are named `{each.name}`")
        if not command.needs(INPUT + each.name):
            raise OwnCommandError(
                f"the input `{each.name}` is asked but not used", f"write {{input.{each.name}}} in `command`"
            )


def _check_arguments(command: OwnCommand) -> None:
    arguments = command.command
    if not arguments or not arguments[0].strip():
        raise OwnCommandError("`command` must name a program", 'such as command = ["systemctl", "status", "{service}"]')
    if len(arguments) > MAX_ARGUMENTS or any(len(argument) > MAX_ARGUMENT_CHARS for argument in arguments):
        raise OwnCommandError(f"`command` may have {MAX_ARGUMENTS} arguments of {MAX_ARGUMENT_CHARS} characters")
    if any("\0" in argument for argument in arguments):
        raise OwnCommandError("an argument of `command` holds a NUL character")
    known = (*VALUES[command.context], *(INPUT + each.name for each in command.inputs))
    for argument in arguments:
        for name in _placeholders(argument):
            if name not in known:
                raise OwnCommandError(_unknown(name, command.context), _hint(name, known))
    if next(_placeholders(arguments[0]), None) is not None:
        raise OwnCommandError("the program itself must be no placeholder")
    if PurePath(arguments[0]).name in _SHELLS:
        for option, script in pairwise(arguments):
            found = next(_placeholders(script), None)
            if found is not None and _SCRIPT_OPTION.fullmatch(option):
                passed = f'["sh", "-c", \'echo "$1"\', "sh", "{{{found}}}"]'
                raise OwnCommandError(f"the shell would run what {{{found}}} holds", f"pass it on: {passed}")


def check_commands(commands: Sequence[OwnCommand], keymap: Mapping[str, str]) -> None:
    """Whether names and keys are free, beside each other and beside the usual keys. Raises OwnCommandError."""
    taken = {key: f"`{name}`" for key, name in taken_keys(keymap).items()}
    names: set[str] = set()
    if len(commands) > MAX_COMMANDS:
        raise OwnCommandError(f"there may be at most {MAX_COMMANDS} commands")
    for command in commands:
        if command.name in names:
            raise OwnCommandError(f"two commands are named `{command.name}`")
        names.add(command.name)
        other = taken.setdefault(long_name(command.key), f"the command `{command.name}`")
        if other != f"the command `{command.name}`":
            raise OwnCommandError(
                f"`{command.key}`, the key of the command `{command.name}`, is the key of {other}",
                "give one of them another key",
            )


def _placeholders(argument: str) -> Iterator[str]:
    for found in _TOKEN.finditer(argument):
        if found[0] == "{":
            yield ""
        elif found[1] is not None:
            yield found[1]


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    if found[0] in ("{{", "}}"):
        return found[0][0]
    return values[found[1]]


def _unknown(name: str, context: CommandContext) -> str:
    shown = f"{{{safe_text(name, 40)}}}" if name else "{"
    if name in VALUES[CommandContext.ALERT]:
        return f"{shown} has no value in the context `{context}`"
    return f"{shown} is no placeholder"


def _hint(name: str, known: Sequence[str]) -> str:
    if name in VALUES[CommandContext.ALERT]:
        fitting = CommandContext.ALERT if name in ("alert_id", "message") else CommandContext.SERVICE
        return f'set `context` to "{fitting}"'
    near = get_close_matches(name, known, 1, 0.6) if name else ()
    if near:
        return f"did you mean {{{near[0]}}}?"
    if name.startswith(INPUT):
        return f'add it: inputs = [{{ name = "{safe_text(name.removeprefix(INPUT), 32)}", default = "" }}]'
    return "write {{ and }} for braces that are meant as they are"
