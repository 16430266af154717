"""The files for systemd and containers name what exists, and run nothing as root."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from amt_console.cli.startup.commands import run_command

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")
UNITS = sorted(path.name for path in (ROOT / "config").glob("*.service"))


def instructions(name: str) -> list[str]:
    """The instructions of the container file, continued lines joined."""
    joined = CONTAINERFILE.replace("\\\n", " ")
    return [line.partition(" ")[2].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_a_container_runs_as_a_plain_user_with_its_data_in_a_volume() -> None:
    assert instructions("USER") == ["amt-console"]
    assert instructions("VOLUME") == ["/data"]
    assert "useradd --uid 10001" in CONTAINERFILE
    assert instructions("CMD") == ['["amt-console", "monitor"]']
    assert instructions("HEALTHCHECK")[0].endswith('CMD ["amt-console", "monitor", "--alive"]')


def test_a_container_needs_to_write_nothing_but_its_volume() -> None:
    environment = dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())
    assert environment["HOME"] == environment["XDG_STATE_HOME"] == "/data"
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1", "no cache beside the program"
    assert instructions("WORKDIR")[-1] == "/data"
    shown = (CONTAINERFILE, (ROOT / "docs" / "deployment.md").read_text("utf-8"))
    for text in shown:
        assert "--read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges" in text
    last_stage = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert last_stage.index("USER amt-console") < last_stage.index("\nCMD")
    assert not re.search(r"^(RUN|COPY|ADD) ", last_stage.partition("USER amt-console")[2], re.M), (
        "nothing is made as that user"
    )


def test_everything_that_is_copied_exists_and_is_not_ignored() -> None:
    copied = [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert len(copied) >= 8
    kept = {line[1:] for line in (ROOT / ".containerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name in kept
    assert (ROOT / ".dockerignore").read_bytes() == (ROOT / ".containerignore").read_bytes()


def test_dependencies_are_installed_by_their_hashes() -> None:
    for line in re.findall(r"pip install[^&\n]*", CONTAINERFILE):
        assert "--require-hashes" in line or "--no-deps" in line


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_has_a_user_of_its_own_and_a_private_umask(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "config" / name)
    service = unit["Service"]
    assert service["User"] == "amt-console"
    assert service["UMask"] == "0077"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units_for_backups(tmp_path: Path) -> None:
    names = ("amt-console-backup.service", "amt-console-backup.timer")
    for name in names:
        text = (ROOT / "config" / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("/opt/amt-console/bin/amt-console", "/bin/true"), encoding="utf-8")
    paths = [str(tmp_path / name) for name in names]
    result = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_backup_command_exists(capsys: pytest.CaptureFixture[str]) -> None:
    line = next(
        line
        for line in (ROOT / "config" / "amt-console-backup.service").read_text().splitlines()
        if "ExecStart" in line
    )
    words = line.partition("amt-console/bin/amt-console ")[2].split()
    assert words[:2] == ["db", "backup"]
    run_command(["db", "backup", "--help"])
    assert "--keep" in capsys.readouterr().out
