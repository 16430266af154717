"""What other rooms load of the store can be loaded first: a command loads only the file that it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import amt_console.store
from amt_console.store import names
from amt_console.store.upkeep.catalogue import all_tables

PROGRAM = """
import gc, importlib, os, re, sys
from pathlib import Path
import alembic.op, sqlalchemy.dialects.sqlite, sqlmodel
import amt_console, amt_console.alerts, amt_console.config, amt_console.model, amt_console.redaction
root = Path(amt_console.__path__[0])
others = "".join(path.read_text() for path in root.rglob("*.py") if "store" not in path.relative_to(root).parts)
files = [path.relative_to(root.parent) for path in (root / "store").rglob("*.py")]
loaded = set(re.findall(r"amt_console[.]store[.\\w]*", others))
loaded |= {"amt_console.store.names", "amt_console.store.upkeep.catalogue"}
names = loaded & {".".join(path.with_suffix("").parts) for path in files}
assert len(names) > 15, names
gc.disable()
assert "amt_console.store" not in sys.modules
failed = 0
for name in sorted(names):
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(name, error, flush=True)
            os._exit(1)
        os._exit(0)
    failed |= os.waitpid(child, 0)[1]
sys.exit(1 if failed else 0)
"""


@pytest.mark.slow
def test_each_file_that_another_room_loads_can_be_the_first() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_package_offers_the_names_of_its_list() -> None:
    assert [name for name in names.__all__ if getattr(amt_console.store, name) is not getattr(names, name)] == []


def test_a_name_that_the_package_does_not_offer_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"amt_console\.store"):
        amt_console.store.nothing  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.slow
def test_a_reader_loads_nothing_that_writes_and_no_other_database() -> None:
    program = "import sys; from amt_console.store import Store; print(*sys.modules, sep=chr(10))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(result.stdout.split())
    assert "amt_console.store.reads.services" in loaded
    unused = ("writes", "audit", "outbox", "inbound", "policies", "tokens", "cluster")
    assert not {f"amt_console.store.{name}" for name in unused} & loaded
    assert "sqlalchemy.dialects.postgresql" not in loaded


@pytest.mark.slow
def test_the_monitor_of_a_file_loads_no_other_database() -> None:
    program = (
        "import sys, amt_console.monitor.thread, amt_console.operations.local, amt_console.notify.thread\n"
        "from amt_console.store import Writes\n"
        "print(*sys.modules, sep=chr(10))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(result.stdout.split())
    assert "amt_console.store.outbox.tables" in loaded
    assert "sqlalchemy.dialects.postgresql" not in loaded


def test_every_table_is_in_the_catalogue() -> None:
    root = Path(amt_console.store.__path__[0])
    declared = {
        name
        for path in root.rglob("*.py")
        for name in re.findall(r'^    __tablename__ = "(\w+)"', path.read_text("utf-8"), re.MULTILINE)
    }
    assert declared == {table.name for table in all_tables()}
