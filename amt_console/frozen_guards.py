"""One ``__setattr__`` and one ``__delattr__`` for all frozen dataclasses.

Python 3.11 and 3.12 compile a pair of their own for each frozen dataclass: of some 700 in a monitor, they take 2.5 MB,
and a third of the time in which the classes are made. Later versions make classes otherwise and are left alone.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from typing import Any

_MAKER = "_frozen_get_del_attr"
"""Of ``dataclasses``: gives the pair for a class, its fields and the globals of its module."""


def share_frozen_guards() -> bool:
    """Let the frozen dataclasses that are made from now on share their guards; whether this Python can do that."""
    if sys.version_info >= (3, 13) or not hasattr(dataclasses, _MAKER):
        return False
    setattr(dataclasses, _MAKER, _shared)
    return True


def _shared(*_: object) -> tuple[Callable[..., None], ...]:
    return __setattr__, __delattr__


def __setattr__(self: Any, name: str, value: object) -> None:
    if _is_frozen(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    super(_last_guarded(self), self).__setattr__(name, value)


def __delattr__(self: Any, name: str) -> None:
    if _is_frozen(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
    super(_last_guarded(self), self).__delattr__(name)


def _is_frozen(value: Any, name: str) -> bool:
    """A dataclass is frozen as a whole; an ordinary class below one may have further attributes."""
    kind = type(value)
    return "__dataclass_fields__" in vars(kind) or name in {each.name for each in dataclasses.fields(kind)}


def _last_guarded(value: object) -> Any:
    return [kind for kind in type(value).__mro__ if vars(kind).get("__setattr__") is __setattr__][-1]
