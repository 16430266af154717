"""Programs of the user's: input, environment, time-out, what they leave behind."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from support.messages import message, recovered
from support.programs import until
from support.sending import channel_of, failure, send

from amt_console.notify.channels.channel import FailureReason

pytestmark = pytest.mark.slow
PYTHON = sys.executable


async def test_the_alert_comes_as_json_and_arguments_are_never_split(tmp_path: Path) -> None:
    target = tmp_path / "a b; touch injected"
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"
    await send(channel_of("exec", command=[PYTHON, "-c", code, str(target)]), message())
    document = json.loads(target.read_text(encoding="utf-8"))
    assert document["alerts"][0]["labels"]["service"] == "backend-api"
    assert (document["id"], document["kind"]) == ("41", "fired")
    assert document["subject"] == "CRITICAL backend-api down: HTTP 503 for 3 min"
    assert list(tmp_path.iterdir()) == [target]


async def test_it_gets_only_the_listed_environment(tmp_path: Path) -> None:
    target = tmp_path / "env"
    channel = channel_of(
        "exec",
        command=["/bin/sh", "-c", 'env > "$0"', str(target)],
        environment=["PORT", "UNSET"],
        env={"PORT": "9", "PASSWORD": "s3cret"},
    )
    await send(channel, message())
    names = {line.partition("=")[0] for line in target.read_text(encoding="utf-8").splitlines()}
    assert "PORT" in names
    assert names <= {"PORT", "PWD", "_", "SHLVL"}


async def test_a_program_that_reads_nothing_and_writes_much_is_no_problem() -> None:
    code = "import sys; sys.stdout.write('x' * 10_000_000)"
    await send(channel_of("exec", command=[PYTHON, "-c", code]), message(recovered()))


async def test_a_failing_program_is_tried_again_and_its_words_are_shown() -> None:
    command = ["/bin/sh", "-c", "echo 'siren \x1b[31mjammed'; exit 3"]
    failed = await failure(channel_of("exec", command=command), message())
    assert (failed.reason, failed.retry) == (FailureReason.SERVER_ERROR, True)
    assert str(failed) == "/bin/sh ended with exit code 3: siren ␛[31mjammed"


async def test_a_program_that_does_not_exist_is_not_tried_again() -> None:
    failed = await failure(channel_of("exec", command=["/nonexistent/siren"]), message())
    assert (failed.reason, failed.retry) == (FailureReason.CONFIGURATION, False)
    assert str(failed) == "/nonexistent/siren cannot be started: No such file or directory"


async def test_after_the_time_out_nothing_of_it_is_left(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = ["/bin/sh", "-c", f"sleep 300 & echo $! $$ > {pids}; wait"]
    failed = await failure(channel_of("exec", command=command, timeout=5), message())
    assert (failed.reason, failed.retry) == (FailureReason.TIMEOUT, True)
    until(lambda: not any(_runs(int(pid)) for pid in pids.read_text(encoding="ascii").split()))


async def test_what_a_program_leaves_in_the_background_neither_delays_it_nor_stays(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = ["/bin/sh", "-c", f"sleep 300 & echo $! > {pids}; exit 0"]
    await send(channel_of("exec", command=command, timeout=50), message())
    until(lambda: not _runs(int(pids.read_text(encoding="ascii"))))


def _runs(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    assert os.getpid() != pid
    return stat.rpartition(")")[2].split()[0] != "Z"
