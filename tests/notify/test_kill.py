"""After kill -9 anywhere: no message is lost, at most one is repeated, in order."""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest
from support import template_process
from support.stores import lay_out
from support.thoroughness import times

from amt_console.clock import SystemClock
from amt_console.store import Store, deliveries

pytestmark = [pytest.mark.slow, pytest.mark.waits]

SENDERS = "from support import kill_sender; kill_sender.main()"
KILLS = times(60, 200)


def test_kills_lose_nothing_and_repeat_one_message_at_most(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    lay_out(path)
    command = [sys.executable, "-c", SENDERS, str(path), str(tmp_path), str(KILLS), "7"]
    done = template_process.run(command, timeout=300, text=True)
    assert done.returncode == 0, done.stderr
    with Store.open(f"sqlite:///{path}", clock=SystemClock(), read_only=True) as store, store.read() as reads:
        rows = deliveries(reads, limit=100_000)
    assert len(rows) > KILLS
    assert {row.state for row in rows} == {"delivered"}
    for channel in ("people", "machine"):
        got = [json.loads(line) for line in (tmp_path / channel).read_text().splitlines()]
        told = Counter((alert, state) for message in got for alert, state in message["told"])
        mine = [row for row in rows if row.channel == channel]
        ended = {row.alert_id for row in mine if row.kind == "resolved"}
        for row in mine:
            state = "resolved" if row.kind == "resolved" else "firing"
            told_at_once = channel == "people" and row.alert_id in ended
            assert told[row.alert_id, state] or told_at_once, f"{row.kind} {row.alert_id} was lost on {channel}"
        runs = [[message["id"] for message in run] for _, run in groupby(got, key=lambda message: message["by"])]
        assert all(len(run) == len(set(run)) for run in runs), "a dispatcher repeats nothing of its own"
        copies, cut_off = Counter(each for run in runs for each in run), Counter(run[-1] for run in runs)
        assert all(copies[each] <= 1 + cut_off[each] for each in copies), "a kill repeats the message under way"
        assert max(copies.values()) > 1, "some were killed between send and mark"
        contents = {message["id"]: message["told"] for message in got}
        assert all(contents[message["id"]] == message["told"] for message in got), "a duplicate says the same"
        if channel == "machine":
            steps = [(alert, state) for message in got for alert, state in message["told"]]
            first = {step: place for place, step in reversed([*enumerate(steps)])}
            assert all(first[alert, "firing"] < place for (alert, state), place in first.items() if state == "resolved")
