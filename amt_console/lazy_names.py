"""Names of a package whose files are loaded when somebody asks for one: a command pays only for what it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def loader(package: str, files: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package.

    Args:
        package: Its full name.
        files: The names that each file offers, parted by blanks; files are named from the package on.
    """
    places = {name: file for file, names in files.items() for name in names.split()}

    def load(name: str) -> Any:
        file = places.get(name)
        if file is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{package}.{file}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return load
