"""Builds the wheel and the sdist, installs the wheel in an empty environment, and uses it there.

Run by ``make package-check``, for each Python from 3.11 to 3.14 that this machine has; with ``--one`` for the first.
Not a test of pytest: it installs every dependency anew.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PACKAGES = ("amt_console", "collectors", "widgets")
_READY_SECONDS = 120.0
_END_SECONDS = 30.0


class Broken(Exception):
    """What is wrong with the package; ``str()`` is for people."""


def main() -> int:
    """Check everything; the exit code is 1 if something is broken."""
    with tempfile.TemporaryDirectory(prefix="amt-console-package-") as place:
        folder = Path(place)
        try:
            wheel, sdist = built(folder / "dist")
            check_content(wheel, sdist)
            for python in interpreters()[: 1 if "--one" in sys.argv else None]:
                check_installed(python, wheel, folder / Path(python).name)
        except Broken as broken:
            sys.stderr.write(f"package-check: {broken}\n")
            return 1
    return 0


def built(dist: Path) -> tuple[Path, Path]:
    """The wheel and the sdist of the working tree."""
    run([sys.executable, "-m", "hatchling", "build", "-d", str(dist)], cwd=ROOT)
    return next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))


def check_content(wheel: Path, sdist: Path) -> None:
    """Each file of the packages is in both, and nothing else is in the wheel. Raises Broken."""
    listed = run(["git", "ls-files", *PACKAGES], cwd=ROOT).split()
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as packed:
        in_sdist = {name.partition("/")[2] for name in packed.getnames()}
    for name, found in (("wheel", in_wheel), ("sdist", in_sdist)):
        if missing := sorted(set(listed) - found):
            raise Broken(f"the {name} lacks {', '.join(missing[:5])}")
    if extra := sorted(in_wheel - set(listed)):
        raise Broken(f"the wheel has {', '.join(extra[:5])}, which git does not know")
    say(f"{wheel.name} and {sdist.name}: {len(listed)} files")


def interpreters() -> list[str]:
    """The Pythons of this machine."""
    found = [shutil.which(f"python{version}") for version in VERSIONS]
    return [python for python in found if python is not None and _works(python)] or [sys.executable]


def _works(python: str) -> bool:
    """Version managers leave commands for versions that are not active: these fail."""
    return subprocess.run([python, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def check_installed(python: str, wheel: Path, folder: Path) -> None:
    """Install the wheel for an interpreter and use it. Raises Broken."""
    began = time.monotonic()
    run([python, "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    run([*pip, "--require-hashes", "-r", str(ROOT / "constraints.txt")])
    run([*pip, "--no-deps", str(wheel)])
    home = folder / "home"
    home.mkdir()
    program = str(folder / "bin" / "amt-console")
    # Nothing of the clone and of the developer's environment is seen.
    environment = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", "TERM": "dumb"}
    version = run([program, "--version"], cwd=home, env=environment).strip()
    check_demo(program, home, environment)
    say(f"{version} on {Path(python).name}: installed and used within {time.monotonic() - began:.0f} s")


def check_demo(program: str, home: Path, environment: dict[str, str]) -> None:
    """The demo without its console probes its platform, answers the other commands, and ends. Raises Broken."""
    line = [program, "demo", "--no-ui", "--days", "1"]
    log = home / "demo.txt"
    with log.open("w") as output:
        demo = subprocess.Popen(line, cwd=home, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not _probes(program, home, environment):
            if demo.poll() is not None or time.monotonic() > deadline:
                raise Broken(f"'amt-console demo --no-ui' does not run:\n{log.read_text()[-2000:]}")
            time.sleep(1)
        run([program, "export", "overview", "--out", str(home / "reports")], cwd=home, env=environment)
        if not (home / "reports" / "overview_dashboard.html").stat().st_size:
            raise Broken("the overview's dashboard is empty")
        demo.send_signal(signal.SIGINT)
        if (code := demo.wait(_END_SECONDS)) not in (0, 130):
            raise Broken(f"the demo ended with exit code {code}:\n{log.read_text()[-2000:]}")
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.wait()


def _probes(program: str, home: Path, environment: dict[str, str]) -> bool:
    """Whether a monitor runs and all its services are measured."""
    shown = subprocess.run(
        [program, "status", "--json"], cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        document = json.loads(shown.stdout)
    except ValueError:
        return False
    services = document.get("services", [])
    return bool(services) and all(service["state"] != "unknown" for service in services)


def run(line: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """The output of a command. Raises Broken."""
    done = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        raise Broken(f"'{' '.join(line)}' ended with {done.returncode}:\n{(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
