"""``console.commands``: the person's own commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import ConfigSection, DurationRange, Flag, Name, duration_schema
from amt_console.own_commands import (
    LONGEST_TIMEOUT,
    MAX_ARGUMENT_CHARS,
    MAX_ARGUMENTS,
    MAX_INPUTS,
    USUAL_TIMEOUT,
    CommandContext,
    CommandInput,
    OwnCommand,
    OwnCommandError,
    check_command,
    check_commands,
)

RunTime = Annotated[float, BeforeValidator(DurationRange(0.1, LONGEST_TIMEOUT)), WithJsonSchema(duration_schema())]


class InputSettings(ConfigSection):
    """One input of an own command: it is asked before the command runs."""

    name: Annotated[str, Field(max_length=32)]
    """Its name: `{input.NAME}` in the command."""
    default: Annotated[str, Field(max_length=1000)]
    """Initial value of the input; may be empty."""


class CommandSettings(ConfigSection):
    """One own command: a program that a key of the console runs on the console's own host, without a shell. Its
    environment is `PATH`, `HOME`, `LANG` and `TERM`, and `AMT_SERVICE`, `AMT_URL` and `AMT_ALERT_ID` of what is
    selected. It needs the role operator, and leaves a row in the audit."""

    name: Name
    """Unique name, shown in the help, in the palette and in the audit."""
    key: Annotated[str, Field(min_length=1, max_length=30)]
    """One key, free of any other meaning: one character, or a name such as `f5`, `ctrl+k`."""
    context: CommandContext
    """What must be selected: a service, an alert, or nothing (`anywhere`)."""
    command: Annotated[
        tuple[Annotated[str, Field(max_length=MAX_ARGUMENT_CHARS)], ...], Field(min_length=1, max_length=MAX_ARGUMENTS)
    ]
    """The program and its arguments, as a list that is never split. `{service}` and `{url}` are those of the selected
    service or of the alert's, `{alert_id}` and `{message}` those of the alert, `{input.NAME}` is an input; `{{` and
    `}}` are braces."""
    inputs: Annotated[tuple[InputSettings, ...], Field(max_length=MAX_INPUTS)] = ()
    """What is asked before, one after the other."""
    confirm: Flag = True
    """Show the command as it will run, and ask."""
    timeout: RunTime = USUAL_TIMEOUT
    """Longest run time; after it the program and its children are ended."""

    def as_command(self) -> OwnCommand:
        """The command as the console runs it."""
        inputs = tuple(CommandInput(each.name, each.default) for each in self.inputs)
        return OwnCommand(self.name, self.key, self.context, self.command, inputs, self.confirm, self.timeout)

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        try:
            check_command(self.as_command())
        except OwnCommandError as error:
            raise Refused(str(error), error.suggestion) from None
        return self


def check_together(commands: Sequence[CommandSettings], keymap: Mapping[str, str]) -> None:
    """Whether names and keys are free. Raises Refused."""
    try:
        check_commands([each.as_command() for each in commands], keymap)
    except OwnCommandError as error:
        raise Refused(str(error), error.suggestion) from None
