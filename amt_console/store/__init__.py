"""The database.

Tables, reads, writes and errors. SQLModel and SQLAlchemy stay in here. They are loaded on the first access to a name of
``names``: an attached console loads neither.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amt_console.store.names import *  # noqa: F403


def __getattr__(name: str) -> Any:
    # "from amt_console.store import audit" asks here first. To load "names" then would load every file in a circle.
    if find_spec(f"{__name__}.{name}") is not None:
        raise AttributeError(f"module {__name__!r} has not loaded its file {name!r}")
    offered = import_module("amt_console.store.names")
    if name not in offered.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(offered, name)
