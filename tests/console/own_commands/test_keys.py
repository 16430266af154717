"""From the key of an own command to its output: inputs, the question, the run, the note, the refusals."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.desk import Desk, desk
from support.pictures import NOW, all_fine, incident

from amt_console.console.own_commands.screen import CommandOutputScreen
from amt_console.console.palette import OwnCommandsProvider
from amt_console.console.screens.help import HelpScreen
from amt_console.console.session import Preferences
from amt_console.model import Note, RanCommand, Role
from amt_console.operations.protocol import UnavailableError
from amt_console.own_commands import CommandContext, CommandInput, OwnCommand
from widgets.fact_lines import FactLines
from widgets.key_footer import KeyFooter
from widgets.output_view import OutputView
from widgets.prompt import Prompt

pytestmark = pytest.mark.slow
SHOW = (sys.executable, "-c", "import sys; print(*map(repr, sys.argv[1:]))")
LOGS = OwnCommand(
    "logs",
    "f5",
    CommandContext.SERVICE,
    (*SHOW, "{service}", "{url}", "--since={input.since}", "{input.unit}"),
    (CommandInput("since", "1h"), CommandInput("unit", "")),
)
TELL = OwnCommand("tell", "f6", CommandContext.ALERT, (*SHOW, "{alert_id}", "{message}"), confirm=False)
WAIT = OwnCommand("wait", "f7", CommandContext.ANYWHERE, ("sh", "-c", "echo begun; sleep 300"), confirm=False)
ENVIRONMENT = OwnCommand("environment", "f8", CommandContext.ALERT, ("env",), confirm=False)


@asynccontextmanager
async def console_with(*commands: OwnCommand, picture: Any = None, **options: Any) -> AsyncIterator[Desk]:
    async with desk(picture or incident(), **options) as console:
        console.app.prefer(Preferences(commands=commands))
        await console.settle()
        yield console
        console.app._acts.own.close()


async def until(console: Desk, holds: Callable[[], object]) -> None:
    while not holds():
        await console.pilot.pause(0.01)
    await console.settle()


async def select(console: Desk, table: str, key: str) -> None:
    pane = getattr(console.screen, table)
    console.screen.set_focus(pane)
    pane.select(key)
    await console.settle()


def output(console: Desk) -> CommandOutputScreen:
    screen = console.app.screen
    assert isinstance(screen, CommandOutputScreen)
    return screen


async def ended(console: Desk) -> str:
    """The output, once the command has ended and is drawn."""
    screen = output(console)
    await until(console, lambda: not screen.command_run.running and screen.is_mounted)
    return "\n".join(screen.query_one(OutputView).plain_lines)


def audited(console: Desk) -> list[RanCommand]:
    return [call[1] for call in console.operations.calls if call[0] == "act" and isinstance(call[1], RanCommand)]


async def test_inputs_are_asked_with_their_defaults_then_the_whole_command_is_shown_and_runs() -> None:
    async with console_with(LOGS) as console:
        await select(console, "services", "web-app")
        await console.press("f5")
        assert "logs on web-app, since:" in console.prompt.question
        assert console.prompt.text == "1h"
        await console.press(*"5", "enter")
        assert "logs on web-app, unit:" in console.prompt.question
        await console.press(*"a b; reboot", "enter")
        assert f"does not: {shlex.quote(sys.executable)} -c 'import sys;" in console.prompt.question
        assert "web-app http://localhost:5173/" in console.prompt.question
        assert "--since=1h5 'a b; reboot'" in console.prompt.question
        await console.press("y")
        assert await ended(console) == "'web-app' 'http://localhost:5173/' '--since=1h5' 'a b; reboot'"
        (row,) = audited(console)
        assert (row.name_, row.command[-2:]) == ("logs", ("--since=1h5", "a b; reboot"))
        assert (row.exit_code, row.ended, row.service) == (0, "exit code 0", "web-app")
        head = console.app.screen.query_one("#command-line", FactLines).texts
        assert head[1].startswith("exit code 0 · ")
        await console.press("escape")
        assert console.screen


@pytest.mark.parametrize("keys", [("escape",), ("enter", "escape"), ("enter", "enter", "n"), ("enter", "enter", "x")])
async def test_escape_or_anything_but_yes_runs_nothing(keys: tuple[str, ...]) -> None:
    async with console_with(LOGS) as console:
        await select(console, "services", "web-app")
        await console.press("f5", *keys)
        assert not console.prompt.is_open
        assert not audited(console)
        assert console.screen


async def test_keys_typed_ahead_go_to_what_the_command_opens_and_to_nothing_below() -> None:
    async with console_with(LOGS, TELL) as console:
        await select(console, "alerts", "7")
        await console.press("f5", *"0", "enter", *"nginx", "enter", "enter", "down", "end")
        assert "'--since=1h0' 'nginx'" in await ended(console)
        await console.press("escape")
        acts = [call for call in console.operations.calls if call[0] == "act"]
        assert acts == [("act", audited(console)[0])]


async def test_an_alert_gives_its_number_and_message_and_takes_the_output_as_a_note() -> None:
    async with console_with(TELL) as console:
        await select(console, "alerts", "7")
        await console.press("f6")
        shown = await ended(console)
        message = next(alert.message for alert in incident().alerts if alert.id == 7)
        assert shown == f"'7' {message!r}"
        await console.press("n")
        notes = [call[1] for call in console.operations.calls if call[0] == "act" and isinstance(call[1], Note)]
        assert [(note.alert_id, note.note) for note in notes] == [(7, f"tell: exit code 0\n{shown}")]
        assert any(message.startswith("Saved as a note") for message in console.messages)


async def test_a_long_output_is_saved_as_far_as_a_note_goes() -> None:
    much = replace(TELL, command=(sys.executable, "-c", "print('x' * 100000)"))
    async with console_with(much) as console:
        await select(console, "alerts", "7")
        await console.press("f6")
        await ended(console)
        await console.press("n")
        note = next(call[1] for call in console.operations.calls if call[0] == "act" and isinstance(call[1], Note))
        assert len(note.note) == 4000


async def test_it_gets_four_variables_and_what_is_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMT_TOKEN", "amt_secret")
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    async with console_with(ENVIRONMENT) as console:
        await select(console, "alerts", "7")
        await console.press("f8")
        found = dict(line.split("=", 1) for line in (await ended(console)).splitlines() if "=" in line)
        assert set(found) - {"PATH", "HOME", "LANG", "TERM"} == {"AMT_SERVICE", "AMT_URL", "AMT_ALERT_ID"}
        assert (found["AMT_ALERT_ID"], found["HOME"]) == ("7", os.environ["HOME"])


async def test_a_running_command_goes_on_behind_other_screens_and_its_key_opens_it_again() -> None:
    async with console_with(WAIT) as console:
        await console.press("f7")
        screen = output(console)
        await until(console, lambda: "begun" in screen.query_one(OutputView).plain_lines)
        assert "running" in screen.query_one("#command-line", FactLines).texts[1]
        await console.press("escape")
        assert console.screen
        assert screen.command_run.running
        await console.press("f7")
        assert output(console).command_run is screen.command_run
        await console.press("x")
        await ended(console)
        assert [row.ended for row in audited(console)] == ["stopped"]
        assert audited(console)[0].exit_code is None


async def test_what_ends_unseen_is_told() -> None:
    async with console_with(WAIT) as console:
        await console.press("f7")
        run = output(console).command_run
        await until(console, lambda: run.process.output.total)
        await console.press("escape")
        run.process.stop()
        await until(console, lambda: "wait: stopped · begun" in console.messages)


async def test_ctrl_c_stops_the_command_and_not_the_console() -> None:
    async with console_with(WAIT) as console:
        await console.press("f7", "ctrl+c")
        await ended(console)
        assert console.app.is_running


async def test_nothing_outlives_the_console(tmp_path: Path) -> None:
    command = replace(WAIT, command=("sh", "-c", "echo $$; exec sleep 300"))
    async with console_with(command) as console:
        await console.press("f7")
        run = output(console).command_run
        await until(console, lambda: run.process.output.total)
        pid = int(run.process.output.lines()[0])
        console.app._acts.own.close()
        assert not run.running
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_missing_program_says_so_in_the_output_and_in_the_audit() -> None:
    async with console_with(replace(WAIT, command=("no-such-program",))) as console:
        await console.press("f7")
        await ended(console)
        words = "no-such-program cannot be started: No such file or directory"
        assert words in console.app.screen.query_one("#command-line", FactLines).texts[1]
        assert [row.ended for row in audited(console)] == [words]


async def test_an_output_with_control_characters_reaches_the_screen_as_harmless_text() -> None:
    script = r"printf '\033[31mred\033[0m \033]0;owned\007[bold]x[/bold] \233\n'"
    async with console_with(replace(WAIT, command=("sh", "-c", script))) as console:
        await console.press("f7")
        shown = await ended(console)
        assert shown.startswith("red [bold]x[/bold]")
        assert shown.isprintable()
        drawn = console.app.screen.query_one(OutputView).render_line(0).text
        assert drawn.strip() == shown


@pytest.mark.parametrize(
    ("options", "role", "words"),
    [
        ({"read_only": True}, Role.ADMIN, "this console is read-only"),
        ({"at": NOW}, Role.ADMIN, "the past cannot be changed"),
        ({}, Role.VIEWER, "your role is viewer"),
    ],
    ids=["read-only", "past", "viewer"],
)
async def test_who_may_not_act_is_told_why(options: dict[str, Any], role: Role, words: str) -> None:
    async with console_with(WAIT, **options) as console:
        console.app.view.facts = replace(console.app.view.facts, role=role)
        await console.press("f7")
        assert any(words in message and "wait" in message for message in console.messages)
        assert console.screen
        assert not audited(console)


async def test_without_a_selection_it_says_what_to_select() -> None:
    async with console_with(LOGS, TELL, picture=all_fine()) as console:
        await console.press("f5")
        assert "logs needs a service: select one first." in console.messages
        await console.press("f6")
        assert "tell needs an alert: select one first." in console.messages


async def test_a_row_that_the_audit_does_not_take_is_told_and_shown() -> None:
    async with console_with(replace(WAIT, command=("true",))) as console:
        console.operations.refusal = UnavailableError("the monitor does not answer")
        await console.press("f7")
        await ended(console)
        assert "wait left no row in the audit: the monitor does not answer" in console.messages
        assert "no row in the audit" in console.app.screen.query_one("#command-line", FactLines).texts[2]


async def test_they_stand_in_the_help_and_in_the_palette() -> None:
    async with console_with(LOGS, WAIT) as console:
        found = [each.words for each in OwnCommandsProvider(console.app.screen).entries("")]
        assert found == ["Run logs  (F5)", "Run wait  (F7)"]
        await console.press("question_mark")
        assert isinstance(console.app.screen, HelpScreen)
        block = next(each for each in console.app.screen.query(FactLines) if each.title == "YOUR OWN COMMANDS")
        assert block.texts[0].startswith("F5")
        assert "logs on the selected service" in block.texts[0]


async def test_at_most_four_run_at_once() -> None:
    many = [replace(WAIT, name=f"wait {number}", key=f"f{number}") for number in range(2, 7)]
    async with console_with(*many) as console:
        for number in range(2, 6):
            await console.press(f"f{number}", "escape")
        await console.press("f6")
        assert "Other commands still run: wait for one of them, or stop it." in console.messages


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)], ids=str)
async def test_long_lines_fold_and_the_end_is_in_view(size: tuple[int, int]) -> None:
    script = "print('first'); print('w' * 500); print('界' * 200); [print(n) for n in range(300)]"
    command = replace(WAIT, command=(sys.executable, "-c", script))
    async with console_with(command, size=size) as console:
        await console.press("f7")
        await ended(console)
        view = console.app.screen.query_one(OutputView)
        assert view.plain_lines.count("299") == 1
        assert view.render_line(view.size.height - 1).text.strip() == "299"
        await console.press("home")
        assert view.render_line(0).text.strip() == "first"
        room = size[0] - 3
        assert view.plain_lines[1] == "w" * room
        assert all(view.render_line(y).cell_length == view.size.width for y in range(view.size.height))


def offered(console: Desk) -> str:
    return "".join(console.app.screen.query_one(KeyFooter).plain_lines)


async def test_the_output_tells_its_command_and_offers_only_the_keys_of_use() -> None:
    async with console_with(TELL, WAIT) as console:
        await select(console, "services", "backend-api")
        await console.press("f6")
        await ended(console)
        assert output(console).query_one("#command-line", FactLines).title == "COMMAND  tell on backend-api"
        assert "save as note" in offered(console)
        assert "stop" not in offered(console)
        await console.press("escape", "escape", "f7")
        await until(console, lambda: "stop" in offered(console))
        await console.press("x")
        await ended(console)
        await until(console, lambda: "stop" not in offered(console))
        assert "save as note" not in offered(console), "no alert was selected"


async def test_a_message_hides_no_line_of_the_question_and_stands_once() -> None:
    long = OwnCommand("long", "f9", CommandContext.ANYWHERE, (*SHOW, "word " * 60))
    async with console_with(long, size=(80, 24)) as console:
        await console.press("f12", "f12", "f12", "f9")
        assert len(console.messages) == 1
        question = console.app.screen.query_one(Prompt).region
        assert question.height > 2
        assert bottom_of_message(console) <= question.y
        await console.press("n", "f12")
        assert bottom_of_message(console) == 23, "as usual"


def bottom_of_message(console: Desk) -> int:
    return console.app.screen.query_one("Toast").region.bottom
