"""The database.

What is stored, how it is asked, and what can go wrong with it. SQLModel and SQLAlchemy stay in here, and are loaded
when the first name of ``names`` is asked for: a console that attaches asks for none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amt_console.store.names import *  # noqa: F403


def __getattr__(name: str) -> Any:
    offered = import_module("amt_console.store.names")
    if name not in offered.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(offered, name)
