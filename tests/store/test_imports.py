"""What other rooms load of the store can be loaded first: a command loads only the file that it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import gc, importlib, os, re, sys
from pathlib import Path
import alembic.op, sqlalchemy.dialects.sqlite, sqlmodel
import amt_console, amt_console.alerts, amt_console.config, amt_console.model, amt_console.redaction
root = Path(amt_console.__path__[0])
others = "".join(path.read_text() for path in root.rglob("*.py") if "store" not in path.relative_to(root).parts)
files = [path.relative_to(root.parent) for path in (root / "store").rglob("*.py")]
loaded = {"amt_console.store.names", *re.findall(r"amt_console[.]store[.\\w]*", others)}
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
