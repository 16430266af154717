"""Access tokens: their form, for how long one is remembered, and how guessing is slowed down."""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest

from amt_console.api.auth import rates, tokens
from amt_console.api.auth.errors import TooManyFailuresError, UnknownCallerError
from amt_console.api.auth.tokens import (
    ALPHABET,
    CRC_CHARS,
    FAILURE_SECONDS,
    FAILURES,
    REMEMBER_SECONDS,
    USED_SECONDS,
    NewToken,
    TokenBook,
    checksum,
    new_token,
    token_id,
)
from amt_console.clock import FakeClock
from amt_console.store import Store, StoreFull, Writes, access_token, revoke_token

Make = Callable[..., NewToken]
ADDRESS = "192.0.2.1"


@pytest.fixture
def book(store: Store, clock: FakeClock) -> TokenBook:
    return TokenBook(store, clock)


def number(text: str) -> int:
    """A number in base 62, the highest digit first."""
    value = 0
    for digit in text:
        value = value * 62 + ALPHABET.index(digit)
    return value


def test_a_token_has_an_id_a_secret_of_256_bits_and_a_crc(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def largest(count: int) -> bytes:
        asked.append(count)
        return b"\xff" * count

    monkeypatch.setattr(secrets, "token_bytes", largest)
    made = new_token()
    assert asked == [32]
    found = re.fullmatch(r"amt_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})", made.text)
    assert found is not None
    assert found[1] == made.id == token_id(made.text)
    assert number(found[2]) == 2**256 - 1, "no bit is lost"
    assert number(found[3]) == zlib.crc32(made.text[:-CRC_CHARS].encode())


@pytest.mark.parametrize(
    "body",
    [
        "abc_12345678_" + "0" * 43,
        "amt_12345678_" + "0" * 44,
        "amt_12345678_" + "0" * 42,
        "amt_1234_678_" + "0" * 43,
        "amt_123456780" + "0" * 43,
        "amt_12345678_" + "0" * 42 + "é",
    ],
)
def test_a_text_of_another_form_is_no_token_even_with_a_fitting_crc(body: str) -> None:
    assert token_id(body + checksum(body)) is None


def test_a_token_with_a_typing_error_is_no_token() -> None:
    text = new_token().text
    assert token_id(text) is not None
    assert token_id(text[:-1] + ("0" if text[-1] != "0" else "1")) is None


def test_a_recognised_token_is_remembered_for_seconds_and_then_looked_up_again(
    book: TokenBook, store: Store, clock: FakeClock, make_token: Make
) -> None:
    made = make_token("ann")
    assert book.remembered(made.text) is None
    recognised = book.recognise(made.text, ADDRESS)
    assert recognised.name == "ann"
    with store.transaction() as writes:
        revoke_token(writes, made.id, clock.now())
    clock.advance(REMEMBER_SECONDS - 0.5)
    assert book.remembered(made.text) == recognised
    assert book.recognise(made.text, ADDRESS) == recognised
    clock.advance(0.5)
    assert book.remembered(made.text) is None
    with pytest.raises(UnknownCallerError):
        book.recognise(made.text, ADDRESS)


def test_the_memory_of_tokens_is_bounded(book: TokenBook, make_token: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_REMEMBERED", 2)
    first, second, third = (make_token(name) for name in "abc")
    for made in (first, second):
        book.recognise(made.text, ADDRESS)
    assert book.remembered(first.text) is not None
    book.recognise(third.text, ADDRESS)
    assert book.remembered(first.text) is None
    assert book.remembered(third.text) is not None


def test_a_text_that_is_no_token_costs_no_look_into_the_database(clock: FakeClock) -> None:
    with pytest.raises(UnknownCallerError):
        TokenBook(object(), clock).recognise("amt_wrong", ADDRESS)  # type: ignore[arg-type]


def test_an_expired_token_is_unknown(book: TokenBook, clock: FakeClock, make_token: Make) -> None:
    made = make_token(days=1)
    clock.advance(86_400)
    with pytest.raises(UnknownCallerError):
        book.recognise(made.text, ADDRESS)


def test_the_last_use_is_stored_once_a_minute(
    book: TokenBook, store: Store, clock: FakeClock, make_token: Make
) -> None:
    def last_used() -> datetime | None:
        with store.read() as reads:
            token = access_token(reads, made.id)
        assert token is not None
        return token.last_used_at

    made, began = make_token(), clock.now()
    book.recognise(made.text, ADDRESS)
    assert last_used() == began
    clock.advance(USED_SECONDS - 1)
    book.recognise(made.text, ADDRESS)
    assert last_used() == began
    clock.advance(USED_SECONDS - (USED_SECONDS - 1))
    clock.advance(REMEMBER_SECONDS)
    book.recognise(made.text, ADDRESS)
    assert last_used() == clock.now()


def test_a_use_after_exactly_a_minute_is_stored(
    book: TokenBook, store: Store, clock: FakeClock, make_token: Make
) -> None:
    made = make_token()
    book.recognise(made.text, ADDRESS)
    clock.advance(USED_SECONDS)
    book.recognise(made.text, ADDRESS)
    with store.read() as reads:
        token = access_token(reads, made.id)
    assert token is not None
    assert token.last_used_at == clock.now()


class FullStore:
    """A store that can only be read."""

    def __init__(self, store: Store) -> None:
        self.read = store.read

    def transaction(self) -> AbstractContextManager[Writes]:
        raise StoreFull("No room on the disk.")


def test_a_full_disk_locks_nobody_out(store: Store, clock: FakeClock, make_token: Make) -> None:
    book = TokenBook(FullStore(store), clock)  # type: ignore[arg-type]
    assert book.recognise(make_token("ann").text, ADDRESS).name == "ann"


def guess(book: TokenBook, address: str = ADDRESS) -> float | None:
    """Show a wrong token; returns for how many seconds to wait, ``None`` if another may be tried at once."""
    try:
        book.recognise("amt_wrong", address)
    except TooManyFailuresError as error:
        return error.seconds
    except UnknownCallerError:
        return None
    raise AssertionError("a wrong token got in")


def test_after_ten_wrong_tokens_an_address_may_try_one_every_six_seconds(book: TokenBook, clock: FakeClock) -> None:
    assert [guess(book) for _ in range(FAILURES)] == [None] * FAILURES
    assert guess(book) == FAILURE_SECONDS
    with pytest.raises(TooManyFailuresError, match="too many wrong tokens from this address"):
        book.recognise("amt_wrong", ADDRESS)
    assert guess(book, "192.0.2.2") is None
    clock.advance(FAILURE_SECONDS / 2)
    assert guess(book) == FAILURE_SECONDS / 2
    clock.advance(FAILURE_SECONDS / 2)
    assert [guess(book), guess(book)] == [None, FAILURE_SECONDS]


def test_a_long_quiet_time_earns_no_more_than_ten_tries(book: TokenBook, clock: FakeClock) -> None:
    assert guess(book) is None
    clock.advance(100 * FAILURE_SECONDS)
    assert [guess(book) for _ in range(FAILURES + 1)] == [None] * FAILURES + [FAILURE_SECONDS]


def test_the_memory_of_addresses_is_bounded(book: TokenBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_KEYS", 2)
    for _ in range(FAILURES):
        guess(book)
    assert guess(book, "192.0.2.2") is None
    assert guess(book) == FAILURE_SECONDS
    assert guess(book, "192.0.2.3") is None
    assert guess(book, "192.0.2.4") is None
    assert guess(book) is None, "it was used longest ago"
