"""From the key of an own command to its run: what is selected, the inputs, the question, the output."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingsMap

from amt_console.console.actions import Actions, Selection
from amt_console.console.own_commands.host import CommandHost
from amt_console.console.own_commands.keys import own_command_keys
from amt_console.console.own_commands.running import CommandRun, CommandRunner, Wanted
from amt_console.model import MAX_NOTE_CHARS, AlertView, Note, Role, ServiceView
from amt_console.model.targets import target_of_subject
from amt_console.operations.protocol import Operations
from amt_console.own_commands import INPUT, CommandContext, CommandInput, OwnCommand
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.console.own_commands.screen import CommandOutputScreen

_MAX_VALUE_CHARS = 500


class OwnCommands:
    """The person's own commands."""

    def __init__(self, host: CommandHost, actions: Actions) -> None:
        self._host = host
        self._actions = actions
        self._runner = CommandRunner()
        self._commands: Sequence[OwnCommand] = ()

    def use(self, commands: Sequence[OwnCommand], to: BindingsMap) -> Sequence[Binding]:
        """Take the commands of the configuration, and add their keys."""
        self._commands = commands
        keys = own_command_keys(commands)
        for binding in keys:
            to.key_to_bindings.setdefault(binding.key, []).append(binding)
        return keys

    async def press(self, index: int) -> None:
        """The key of a command: open its output if it runs, else ask and run it on what is selected now."""
        command = self._commands[index]
        run = self._runner.running(command.name)
        if run is not None:
            await self._show(run)
            return
        operations = self._ready(command)
        wanted = None if operations is None else self._wanted(command)
        if operations is None or wanted is None:
            return
        opened = self._ask(operations, wanted, command.inputs)
        if opened is not None:
            await opened

    def stop(self, run: CommandRun) -> None:
        """End a run."""
        if run.running:
            run.process.stop()
            self._host.tell(f"{run.wanted.command.name}: stopping.")
        else:
            self._host.tell(f"{run.wanted.command.name} has ended: {run.state()}.")

    def save_as_note(self, run: CommandRun) -> None:
        """Write the output on the alert that was selected."""
        alert_id = run.wanted.alert_id
        if alert_id is None:
            self._host.tell("No alert was selected: there is none to write the note on.", "warning")
            return
        operations = self._actions.ready("Adding a note")
        if operations is not None:
            words = f"{run.wanted.command.name}: {run.state()}\n" + "\n".join(run.process.output.lines())
            note = Note(alert_id, words[:MAX_NOTE_CHARS])
            self._host.job(
                lambda: operations.act(note), lambda view: self._host.tell(f"Saved as a note: {view.subject}")
            )

    def close(self) -> None:
        """End what runs. Blocks for a moment."""
        self._runner.close()

    def _ready(self, command: OwnCommand) -> Operations | None:
        """The operations; ``None`` after a message why it cannot run."""
        operations = self._actions.ready(f"Running {command.name}")
        if operations is None:
            return None
        role = self._host.view.facts.role
        if not role.includes(Role.OPERATOR):
            self._host.tell(f"Running {command.name} is not possible: your role is {role}.", "warning")
            return None
        if self._runner.is_full:
            self._host.tell("Other commands still run: wait for one of them, or stop it.", "warning")
            return None
        return operations

    def _wanted(self, command: OwnCommand) -> Wanted | None:
        """The command with what is selected; ``None`` after a message what is missing."""
        selection = self._host.selection()
        alert = None if selection.alert_id is None else self._host.view.known_alert(selection.alert_id)
        service = self._service(selection, alert)
        missing = _missing(command, selection, alert, service)
        if missing is not None:
            self._host.tell(missing, "warning")
            return None
        name = service.name if service is not None else alert.subject if alert is not None else ""
        values = {"service": name, "url": "" if service is None else service.url}
        if alert is not None:
            values |= {"alert_id": str(alert.id), "message": alert.message}
        clean = {each: safe_text(value, _MAX_VALUE_CHARS) for each, value in values.items()}
        return Wanted(command, clean, clean["service"], clean["url"], selection.alert_id)

    def _service(self, selection: Selection, alert: AlertView | None) -> ServiceView | None:
        """The selected service, or that of the selected alert."""
        live = self._host.view.live
        known = {} if live is None else {service.name: service for service in live.services}
        name = selection.service or (None if alert is None else target_of_subject(alert.subject, known))
        return None if name is None else known.get(name)

    def _ask(self, operations: Operations, wanted: Wanted, left: Sequence[CommandInput]) -> Awaitable[None] | None:
        """Ask the next input, then for consent, then run."""
        command = wanted.command
        if left:
            about = f" on {safe_text(wanted.service, 24)}" if wanted.service else ""
            self._host.prompt().ask(
                f"{safe_text(command.name, 24)}{about}, {left[0].name}:",
                partial(self._answered, operations, wanted, left),
                answer=left[0].default,
                placeholder="may be empty; esc cancels",
            )
            return None
        if command.confirm:
            self._host.prompt().confirm(
                f"Run it? y or enter runs it, any other key does not: {wanted.line()}",
                partial(self._start, operations, wanted),
            )
            return None
        return self._start(operations, wanted)

    def _answered(
        self, operations: Operations, wanted: Wanted, asked: Sequence[CommandInput], text: str
    ) -> Awaitable[None] | None:
        values = {**wanted.values, INPUT + asked[0].name: text}
        return self._ask(operations, replace(wanted, values=values), asked[1:])

    async def _start(self, operations: Operations, wanted: Wanted) -> None:
        if self._runner.is_full or self._runner.running(wanted.command.name) is not None:
            self._host.tell("Other commands still run: wait for one of them, or stop it.", "warning")
            return
        run = self._runner.start(wanted, operations, lambda ended: self._host.on_loop(partial(self._ended, ended)))
        await self._show(run)

    async def _show(self, run: CommandRun) -> None:
        if self._screen_of(run) is None:
            from amt_console.console.own_commands.screen import CommandOutputScreen

            await self._host.show_screen(CommandOutputScreen(run, self))

    def _screen_of(self, run: CommandRun) -> CommandOutputScreen | None:
        """The screen of a run, if it is on top."""
        from amt_console.console.own_commands.screen import CommandOutputScreen

        screen = self._host.screen
        return screen if isinstance(screen, CommandOutputScreen) and screen.command_run is run else None

    def _ended(self, run: CommandRun) -> None:
        """Draw the end where it is looked at, else say it."""
        screen = self._screen_of(run)
        if screen is not None:
            screen.load()
        if run.unaudited is not None:
            self._host.tell(f"{run.wanted.command.name} left no row in the audit: {run.unaudited}", "error")
        if screen is None and run.end is not None:
            last = next((line for line in reversed(run.process.output.lines()) if line.strip()), "")
            words = f"{run.wanted.command.name}: {run.state()}{f' · {safe_text(last, 100)}' if last else ''}"
            self._host.tell(words, "information" if run.end.well else "warning")


def _missing(
    command: OwnCommand, selection: Selection, alert: AlertView | None, service: ServiceView | None
) -> str | None:
    """What must be selected before a command can run, in words."""
    if command.context is CommandContext.ALERT and alert is None:
        ended = None if selection.alert_id is None else "That alert ended long ago."
        return selection.reason or ended or f"{command.name} needs an alert: select one first."
    if command.context is CommandContext.SERVICE and service is None:
        return selection.reason or f"{command.name} needs a service: select one first."
    if service is None and command.needs("url"):
        subject = "" if alert is None else safe_text(alert.subject, 40)
        return f"{command.name} needs a URL, and {subject} has none."
    return None
