"""The configuration that is tried: the running one, another file, or either with a patch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.startup.context import Context

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.monitor.ruleset import Ruleset

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The candidate.  [the running configuration]")
]
PatchOption = Annotated[
    Path | None, typer.Option("--patch", metavar="FILE", help="Keys that change it, as rules suggest prints them.")
]


def candidate(context: Context, config: Path | None, patch: Path | None) -> Settings:
    """The settings to try. Raises ConfigError, naming the file."""
    if config is None and patch is None:
        return context.settings
    from amt_console.config import load_config

    return load_config(config or context.loaded.path, patch=patch).settings


def ruleset_of(context: Context, settings: Settings) -> Ruleset:
    """The rules of some settings on the database of this context. Raises ConfigError."""
    from amt_console.config import targets
    from amt_console.monitor.ruleset import build_ruleset

    return build_ruleset(settings, targets(settings, store_url=context.store_url, env=os.environ))
