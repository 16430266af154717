"""The document of the newest results."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.figure import Figure, markdown_table

PATH = Path(__file__).with_name("RESULTS.md")
_LIBRARIES = ("textual", "sqlalchemy", "sqlmodel", "httpx", "uvicorn")


def machine() -> str:
    """The facts that the numbers depend on; nothing that tells whose machine it is."""
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}){load}; "
        f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}"
    )


def write_results(figures: Sequence[Figure], *, quick: bool) -> str:
    """Replace the document; returns its name."""
    how = " A quick run: few rounds and little data." if quick else ""
    PATH.write_text(
        "# Figures\n\n"
        "Made by `python -m benchmarks --write`. Each is a ratio or a bound within one run; wall times of a machine "
        f"that does other work as well vary.{how}\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {machine()}.\n\n{markdown_table(figures)}",
        encoding="utf-8",
    )
    return f"benchmarks/{PATH.name}"
