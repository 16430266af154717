"""What a command loads: the quick ones must not pay for the screen or the database."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.platform import serving
from support.programs import Place, until
from support.terminal import TerminalProgram

pytestmark = pytest.mark.slow

HEAVY = ("textual", "plotext", "sqlmodel", "sqlalchemy", "httpx", "vl_convert", "alembic")


def loaded(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(chr(10).join(sys.modules), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(result.stderr.splitlines())


def loaded_modules(code: str) -> set[str]:
    return {name.split(".")[0] for name in loaded(code)}


@pytest.mark.parametrize(
    ("what", "code", "forbidden"),
    [
        (
            "--version",
            "sys.argv = ['x', '--version']; from amt_console.__main__ import main; main()",
            (*HEAVY, "typer", "pydantic"),
        ),
        (
            "the console's command line",
            "from amt_console.cli.startup.main import ConsoleLine; assert ConsoleLine.read(['--db', 'x'])",
            (*HEAVY, "typer", "pydantic"),
        ),
        ("the commands", "import amt_console.cli.startup.commands", (*HEAVY, "pydantic")),
        ("the vocabulary", "import amt_console.model, amt_console.text", (*HEAVY, "typer", "pydantic")),
        ("alerts", "import amt_console.alerts", (*HEAVY, "typer", "pydantic")),
        ("analysis", "import amt_console.analysis", (*HEAVY, "typer", "pydantic")),
        ("the monitor", "import amt_console.monitor.thread", ("textual", "plotext", "typer", "vl_convert")),
        (
            "the collectors",
            "import collectors.http.collector, collectors.host.collector, collectors.database.collector, "
            "collectors.figures.reader",
            ("textual", "plotext", "typer"),
        ),
        ("the store", "import amt_console.store", ("textual", "plotext", "typer", "httpx")),
        (
            "the screen's shell",
            "import amt_console.console.app",
            ("sqlmodel", "sqlalchemy", "httpx", "alembic", "vl_convert", "plotext"),
        ),
        ("operations", "import amt_console.operations.local", ("textual", "plotext", "typer", "httpx")),
    ],
)
def test_imports_stay_apart(what: str, code: str, forbidden: tuple[str, ...]) -> None:
    assert not loaded_modules(code) & set(forbidden), what


def test_a_command_loads_no_other_command() -> None:
    found = loaded("from amt_console.cli.startup.commands import run_command; run_command(['alerts', '--help'])")
    assert "amt_console.cli.alerts" in found
    assert not found & {f"amt_console.cli.{name}" for name in ("export", "doctor", "db", "demo", "token", "monitor")}


@pytest.mark.pty
def test_a_console_that_attaches_loads_no_database_and_no_models(tmp_path: Path) -> None:
    """From the command line to the services with their data on the screen, and to the end."""
    found = tmp_path / "modules"
    program = f"""
import atexit, pathlib, sys
atexit.register(lambda: pathlib.Path({str(found)!r}).write_text("\\n".join(sys.modules)))
from amt_console.__main__ import main
main()
"""
    with serving() as platform:
        place = Place(tmp_path / "home", web=platform.url)
        with place.monitor() as monitor:

            def measured() -> bool:
                status = json.loads(place.run("status", "--json").stdout)
                return status["services"][0]["response_time_ms"] is not None

            until(measured)
            command = [sys.executable, "-c", program, "--config", str(place.config), "--db", str(place.database)]
            with TerminalProgram(command, env=place.env) as console:
                console.wait_for(f"attached: pid {monitor.pid}")
                console.wait_for(lambda text: re.search(r"web .*\d ms", text) is not None)
                console.press("q")
                assert console.process.wait(30) == 0
    loaded = found.read_text("utf-8").splitlines()
    assert "amt_console.api.client.operations" in loaded
    heavy = {"sqlalchemy", "sqlmodel", "pydantic", "fastapi", "starlette", "alembic", "httpx", "vl_convert", "psutil"}
    assert not heavy & set(loaded)
    rooms = (
        "amt_console.config",
        "amt_console.store",
        "amt_console.monitor",
        "amt_console.alerts",
        "amt_console.api.routes",
    )
    assert not [name for name in loaded if name.startswith(rooms) and not name.startswith("amt_console.store_url")]
