"""The commands of ``notify``."""

from __future__ import annotations

import typer

from amt_console.cli.notify.drill import drill
from amt_console.cli.notify.log import log
from amt_console.cli.notify.test import test

app = typer.Typer(
    help="What was sent to whom, and whether messages arrive.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def notify() -> None:
    """What was sent to whom, and whether messages arrive."""


app.command("log", epilog="Example: amt-console notify log --channel ops-mail --json")(log)
app.command("test", epilog="Example: amt-console notify test ops-mail")(test)
app.command("drill", epilog="Example: amt-console notify drill --channel ops-slack --channel pager")(drill)
