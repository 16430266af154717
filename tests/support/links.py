"""Links in messages, signed with a key of the tests."""

from __future__ import annotations

from amt_console.clock import SystemClock
from amt_console.links import AcknowledgeLinks

LINKS = AcknowledgeLinks(lambda: b"a key of the tests", SystemClock())
