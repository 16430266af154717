"""The header ``Idempotency-Key``: a request that is sent again acts once, and gets the first answer again."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from amt_console.api.problems import KINDS, RequestError, code_of, problem
from amt_console.clock import Clock
from amt_console.operations.protocol import OperationError, OutcomeUnknownError
from amt_console.store import KeptAnswerOf, Store, StoreError, claim_key, keep_answer, release_key

HEADER = "idempotency-key"
MAX_CHARS = 255
WORKING_SECONDS = 60.0
"""An answer that is not there by then will not come: the process has ended."""
logger = logging.getLogger("amt_console.api")


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a request."""

    status: int
    body: str = ""
    replayed: bool = False
    """Whether it is an earlier one."""


class IdempotencyKeys:
    """Runs requests with a key. Keys are kept in the database for a day: for all listeners, and after a restart.

    Args:
        store: Keeps them.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, caller: str, key: str, path: str, body: str, act: Callable[[], Answered]) -> Answered:
        """Act, or give the first answer to the same request again. Blocks on the database.

        Args:
            caller: Whose key it is.
            key: As sent.
            path: Of the request.
            body: Its body in one form.
            act: Answers the request.

        Raises:
            RequestError: The key was used for another request, or the first one has no answer.
            OperationError: As ``act``.
            StoreError: The key cannot be kept; nothing was done.
        """
        digest = hashlib.sha256(f"{path}\n{body}".encode()).hexdigest()
        with self._store.transaction() as writes:
            known = claim_key(writes, self._store.keys, caller, key, digest, self._clock.now())
        if known is not None:
            return self._again(known, digest, path)
        try:
            answer = act()
        except OutcomeUnknownError:
            # Perhaps it was done: with this key it must not be done again.
            raise
        except OperationError as error:
            status = KINDS[code_of(error)].status
            if status >= 500:
                self._release(caller, key)
            else:
                self._keep(caller, key, status, json.dumps(problem(code_of(error), str(error), path)))
            raise
        except StoreError:
            self._release(caller, key)
            raise
        self._keep(caller, key, answer.status, answer.body)
        return answer

    def _again(self, known: KeptAnswerOf, digest: str, path: str) -> Answered:
        if known.digest != digest:
            raise RequestError("invalid", "this Idempotency-Key was used for another request: use a new one")
        if known.status is None:
            age = (self._clock.now() - known.created_at).total_seconds()
            if age < WORKING_SECONDS:
                raise RequestError("conflict", "the first request with this Idempotency-Key is being worked on")
            raise RequestError(
                "conflict",
                "the first request with this Idempotency-Key was interrupted: look whether it was done, and use a new "
                "key for what is left",
            )
        if known.body is None:
            raise RequestError("conflict", "this was done before; its answer was not kept")
        return Answered(known.status, known.body, replayed=True)

    def _keep(self, caller: str, key: str, status: int, body: str) -> None:
        try:
            with self._store.transaction() as writes:
                keep_answer(writes, self._store.keys, caller, key, status, body)
        except StoreError as error:
            # It was done. The key stays without an answer, so that nothing is done twice.
            logger.warning("the answer of an action was not kept for its idempotency key: %s", error)

    def _release(self, caller: str, key: str) -> None:
        try:
            with self._store.transaction() as writes:
                release_key(writes, caller, key)
        except StoreError as error:
            logger.warning("an idempotency key was not released: %s", error)
