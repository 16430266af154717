"""``completion``: scripts that make a shell complete commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from amt_console.cli.startup.main import COMPLETION_VARIABLE


class Shell(StrEnum):
    """The shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="The shell.")]) -> None:
    """Print the completion script of a shell. A comment at its start says where it goes."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    place = {
        Shell.BASH: "amt-console completion bash > ~/.local/share/bash-completion/completions/amt-console",
        Shell.ZSH: 'amt-console completion zsh > "${fpath[1]}/_amt-console"',
        Shell.FISH: "amt-console completion fish > ~/.config/fish/completions/amt-console.fish",
    }[shell]
    script = get_completion_script(prog_name="amt-console", complete_var=COMPLETION_VARIABLE, shell=shell.value)
    # The first line of a script for zsh declares what it completes: it must stay the first.
    first, _, rest = script.partition("\n")
    lines = (first, f"# {place}", rest) if shell is Shell.ZSH else (f"# {place}", script)
    typer.echo("\n".join(lines))
