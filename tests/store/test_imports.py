"""Each file of the store can be the first that a process loads: a command loads only the one that it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import importlib, os, sys
from pathlib import Path
import alembic.op, sqlalchemy.dialects.sqlite, sqlmodel
import amt_console, amt_console.alerts, amt_console.config, amt_console.model, amt_console.redaction
root = Path(amt_console.__path__[0])
files = [path.relative_to(root.parent) for path in sorted((root / "store").rglob("*.py"))]
names = [".".join(path.with_suffix("").parts) for path in files if "migrations" not in path.parts]
assert len(names) > 30, names
assert "amt_console.store" not in sys.modules
failed = 0
for name in names:
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
def test_each_file_of_the_store_can_be_loaded_first() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
