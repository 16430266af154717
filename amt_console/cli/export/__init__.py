"""The ``export`` command group: reports as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amt_console.lazy_names import loader

if TYPE_CHECKING:
    from amt_console.cli.export.group import app
else:
    # ``analyze`` shares the options and needs no command of the group.
    __getattr__ = loader(__name__, {"group": "app"})

__all__ = ["app"]
