"""The tests see the same environment on every machine."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ALLOWED = {"PATH", "LD_LIBRARY_PATH", "TMPDIR", "CI", "AMT_TEST_POSTGRES_URL", "HOME", "TERM", "LANG", "TZ", "LC_CTYPE"}
HOSTILE = {
    "AMT_CONFIG": "/nowhere.toml",
    "AMT_DATABASE_URL": "sqlite:////nowhere/monitoring.db",
    "AMT_LOCATION": "nowhere",
    "COLORTERM": "truecolor",
    "LANG": "C",
    "LC_ALL": "C",
    "NO_COLOR": "1",
    "SSH_CONNECTION": "192.0.2.7 1 192.0.2.8 22",
    "SSL_CERT_FILE": "/nowhere.pem",
    "SUDO_USER": "somebody",
    "TERM": "dumb",
    "TEXTUAL_THEME": "textual-light",
    "TZ": "Asia/Kathmandu",
    "USER": "somebody",
    "XDG_CONFIG_HOME": "/nowhere/config",
    "XDG_STATE_HOME": "/nowhere/state",
}
IGNORING = 'trap "" INT QUIT TERM; exec "$0" "$@"'


def names(text: str) -> set[str]:
    return {name for name in text.split() if not name.startswith(("PYTEST_", "COVERAGE_"))}


def test_nothing_of_the_developer_is_seen(homes: Path) -> None:
    assert names(" ".join(os.environ)) <= ALLOWED
    assert Path(os.environ["HOME"]).parent == homes
    assert Path.home() != Path(pwd.getpwuid(os.getuid()).pw_dir)
    shown = {name: os.environ[name] for name in ("TERM", "LANG", "TZ")}
    assert shown == {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC"}
    child = subprocess.run([sys.executable, "-c", "import os; print(*os.environ)"], capture_output=True, text=True)
    assert names(child.stdout) <= ALLOWED
    program = "import signal; print([each.name for each in signal.Signals if signal.getsignal(each) is signal.SIG_IGN])"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert child.stdout.strip() == "['SIGPIPE', 'SIGXFSZ']", "those that Python itself ignores"


@pytest.mark.parametrize("workers", ["0", "1"])
def test_whatever_the_tests_were_started_from(workers: str) -> None:
    inner = f"{__file__}::test_nothing_of_the_developer_is_seen"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [
            "nohup",
            "sh",
            "-c",
            IGNORING,
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-n",
            workers,
            inner,
        ],
        cwd=Path(__file__).parents[1],
        env=kept | HOSTILE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
