"""Shell completion: the scripts, and how the program answers them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
PROGRAM = Path(sys.executable).with_name("amt-console")


def completions(script: str, *words: str) -> list[str]:
    """What bash offers for the last word of a line."""
    line = f"""{script}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
_amt_console_completion amt-console
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", line], env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_options_and_choices(command: Command) -> None:
    script = command("completion", "bash").out
    assert completions(script, "amt-console", "al") == ["alerts"]
    assert {"ack", "show", "why"} <= set(completions(script, "amt-console", "alerts", ""))
    assert completions(script, "amt-console", "alerts", "ack", "--no") == ["--note"]
    assert completions(script, "amt-console", "completion", "f") == ["fish"]


@pytest.mark.parametrize(("shell", "first"), [("bash", "# "), ("zsh", "#compdef amt-console\n"), ("fish", "# ")])
def test_a_script_says_where_it_goes(command: Command, shell: str, first: str) -> None:
    shown = command("completion", shell)
    assert shown.code == 0
    assert shown.out.startswith(first)
    assert f"# amt-console completion {shell} > " in shown.out
    assert f"complete_{shell}" in shown.out


def test_zsh_and_fish_get_the_help_of_each_command(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "amt-console al")
    monkeypatch.setenv("_AMT_CONSOLE_COMPLETE", "complete_zsh")
    assert '"alerts":' in command().out
    monkeypatch.setenv("_AMT_CONSOLE_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    assert command().out.startswith("alerts\t")


def test_an_unknown_shell_is_refused(command: Command) -> None:
    shown = command("completion", "powershell")
    assert shown.code == 64
    assert "'bash', 'zsh', 'fish'" in shown.err
