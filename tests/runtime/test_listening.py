"""An attached console waits for actions at its monitor."""

from __future__ import annotations

import threading
from typing import Any, cast

from amt_console.api.wire import ActionCount
from amt_console.operations.protocol import OperationError
from amt_console.runtime.listening import listen


class Monitors:
    """Answers as the monitors at one address do, one after the other; then there is none."""

    def __init__(self, *answers: ActionCount) -> None:
        self._answers = iter(answers)
        self.asked: list[int] = []

    def wait_for_action(self, after: int, seconds: float) -> ActionCount:
        self.asked.append(after)
        answer = next(self._answers, None)
        if answer is None:
            raise OperationError("nobody answers")
        return answer


def heard(monitors: Monitors) -> tuple[str, int]:
    """Why the listening ended, and how many actions were told."""
    told: list[None] = []
    lost = listen(cast(Any, monitors), threading.Event(), lambda: told.append(None))
    return str(lost), len(told)


def test_actions_are_told_until_nobody_answers() -> None:
    monitors = Monitors(ActionCount(3, "a"), ActionCount(3, "a"), ActionCount(4, "a"), ActionCount(6, "a"))
    assert heard(monitors) == ("nobody answers", 2)
    assert monitors.asked == [-1, 3, 3, 4, 6]


def test_another_monitor_that_has_counted_as_far_is_noticed() -> None:
    assert heard(Monitors(ActionCount(0, "a"), ActionCount(0, "a"), ActionCount(0, "b"), ActionCount(1, "b"))) == (
        "another process has become the monitor",
        0,
    )
