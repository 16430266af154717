"""What a command loads: the quick ones must not pay for the screen or the database."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.platform import serving
from support.programs import Place, until
from support.terminal import TerminalProgram

from amt_console.clock import SystemClock
from amt_console.store import Store

pytestmark = pytest.mark.slow

HEAVY = ("textual", "plotext", "sqlmodel", "sqlalchemy", "httpx", "vl_convert", "alembic", "numpy")


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
        (
            "the channels",
            "import amt_console.notify.channels.factory",
            ("textual", "plotext", "typer", "jinja2", "aiosmtplib"),
        ),
        ("the store", "import amt_console.store", ("textual", "plotext", "typer", "httpx")),
        (
            "the screen's shell",
            "import amt_console.console.app",
            ("sqlmodel", "sqlalchemy", "httpx", "alembic", "vl_convert", "plotext"),
        ),
        ("a list of a screen as a file", "import amt_console.reports.lists", (*HEAVY, "typer", "pydantic")),
        (
            "plain pages",
            "import amt_console.cli.plain.pages, amt_console.runtime.session",
            ("textual", "plotext", "httpx"),
        ),
        ("operations", "import amt_console.operations.local", ("textual", "plotext", "typer", "httpx")),
    ],
)
def test_imports_stay_apart(what: str, code: str, forbidden: tuple[str, ...]) -> None:
    assert not loaded_modules(code) & set(forbidden), what


def test_the_screen_s_shell_loads_no_question_and_no_own_command() -> None:
    found = loaded("import amt_console.console.app")
    questions = {name for name in found if name.startswith("amt_console.model.queries.")}
    assert questions == {"amt_console.model.queries.base"}
    assert not found & {"amt_console.own_commands", "amt_console.console.own_commands.running", "json"}


def test_the_first_data_of_an_attached_console_needs_no_action_and_no_question() -> None:
    found = loaded("import amt_console.console.app, amt_console.runtime.session, amt_console.api.client.operations")
    values = {name.rpartition(".")[2] for name in found if name.startswith("amt_console.model.")}
    assert values == {"inbound", "oncall", "queries", "base", "results", "snapshot", "states"}


def test_the_screens_load_of_the_analysis_what_they_show() -> None:
    found = loaded(
        "import amt_console.operations.first_look\n"
        "from amt_console.console.spare_time import code_of_screens\n"
        "for load in code_of_screens():\n"
        "    load()"
    )
    assert "amt_console.console.screens.incidents" in found
    assert "amt_console.analysis.uptime.availability" in found
    assert not found & {"amt_console.analysis.performance", "amt_console.analysis.anomalies", "statistics"}


def test_a_command_loads_no_other_command() -> None:
    found = loaded("from amt_console.cli.startup.commands import run_command; run_command(['alerts', '--help'])")
    assert "amt_console.cli.alerts" in found
    assert not found & {f"amt_console.cli.{name}" for name in ("export", "doctor", "db", "demo", "token", "monitor")}


DUMPING = """
import atexit, pathlib, sys
atexit.register(lambda: pathlib.Path({found!r}).write_text("\\n".join(sys.modules)))
from amt_console.__main__ import main
main()
"""


def loaded_by_console(place: Place, found: Path, shown: Callable[[str], bool]) -> set[str]:
    """What a console has loaded from the command line to the services with their data on the screen, and to the end."""
    program = DUMPING.format(found=str(found))
    command = [sys.executable, "-c", program, "--config", str(place.config), "--db", str(place.database)]
    # On a wide terminal there is a card with its chart beside the list.
    with TerminalProgram(command, env=place.env, fork=False, columns=120, lines=40) as console:
        console.wait_for(shown)
        console.wait_for(lambda text: re.search(r"web .*\d ms", text) is not None)
        console.press("q")
        console.press("y")
        assert console.process.wait(30) == 0
    return set(found.read_text("utf-8").splitlines())


@pytest.mark.pty
def test_a_console_that_attaches_loads_no_database_and_no_models(tmp_path: Path) -> None:
    with serving() as platform:
        place = Place(tmp_path / "home", web=platform.url)
        with place.monitor() as monitor:

            def measured() -> bool:
                status = json.loads(place.run("status", "--json").stdout)
                return status["services"][0]["response_time_ms"] is not None

            until(measured)
            loaded = loaded_by_console(place, tmp_path / "modules", lambda text: f"attached: pid {monitor.pid}" in text)
    assert "amt_console.api.client.operations" in loaded
    heavy = {"sqlalchemy", "sqlmodel", "pydantic", "fastapi", "starlette", "alembic", "httpx", "vl_convert", "psutil"}
    assert not (heavy | {"plotext"}) & loaded
    rooms = ("config", "store", "monitor", "alerts", "api.routes")
    assert not [name for name in loaded if name.startswith(tuple(f"amt_console.{room}." for room in rooms))]


@pytest.mark.pty
def test_a_console_that_is_the_monitor_loads_no_web_server_before_somebody_connects(tmp_path: Path) -> None:
    with serving() as platform:
        place = Place(tmp_path / "home", web=platform.url)
        Store.open(place.url, clock=SystemClock()).close()
        loaded = loaded_by_console(place, tmp_path / "modules", lambda text: "monitoring" in text)
    assert "sqlalchemy" in loaded
    unused = {"fastapi", "starlette", "uvicorn", "alembic", "vl_convert", "numpy", "pandas", "PIL", "plotext"} | {
        "sqlalchemy.dialects.postgresql"
    }
    assert not unused & loaded
    assert "httpx" in loaded
    assert "regex" not in loaded, "no service and no silence has a pattern"
    assert not {"click", "pygments"} & loaded, "for httpx's own command line"
