"""Taking secrets out of text that others wrote: an error page may hold passwords, keys and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "****"
_LEAST_CHARS = 4
"""Shorter secrets stand in any text."""
_LEAST_REMEMBERED = 8
"""Shorter ones would be found in words of the program itself."""
_MOST_REMEMBERED = 10_000
_remembered: dict[str, None] = {}
_NAME = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|authorization"
    r"|credentials?|session[_.-]?id|sessid|cookie|signature|\bauth"
)
_VALUE = r"\"(?:[^\"\\]|\\.){0,4000}\"?|'(?:[^'\\]|\\.){0,4000}'?|[^\s,;&\"'<>{}()\[\]]{1,4000}"
_PATTERNS = (
    # The password of a URL.
    (re.compile(r"([a-z][a-z0-9+.-]{1,20}://[^\s/@:\"'<>]{0,100}):[^\s/@\"'<>]{1,300}@", re.I), rf"\1:{MASK}@"),
    # The path of a chat's hook: it is the password.
    (re.compile(
        r"(https?://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:\w+\.)?discord(?:app)?\.com/api/webhooks"
        r"|[\w.-]+\.webhook\.office\.com/webhookb2|[\w.-]+\.(?:logic\.azure|api\.powerplatform)\.com(?::\d+)?)/)[^\s\"'<>]+",
        re.I,
    ), rf"\1{MASK}"),
    # The signature of a URL.
    (re.compile(r"([?&]sig=)[^\s&\"'<>]{4,}", re.I), rf"\1{MASK}"),
    # A private key.
    (re.compile(r"-----BEGIN ([A-Z ]{0,30}PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.S), MASK),
    # What an Authorization header holds, which is no word.
    (re.compile(
        r"\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Dd]igest|[Tt]oken|[Aa]pi[Kk]ey|Negotiate|NTLM)\s{1,5})"
        r"(?=[\w.~+/=:-]{0,80}(?:[0-9=+/]|[a-z][A-Z]))[\w.~+/=:-]{6,}"
    ), rf"\1{MASK}"),
    # A JSON Web Token.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]{0,2000})?"), MASK),
    # Tokens that tell by their beginning whose they are.
    (re.compile(
        r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}"
        r"|[sr]k[_-](?:live|test|proj)[_-]\w{10,}|whsec_[\w+/=]{16,}|amt_\w{20,}|AIza[\w-]{30,}|ya29\.[\w-]{20,})"
    ), MASK),
    # A value with a name that sounds secret.
    (re.compile(rf"((?:{_NAME})[\w.-]{{0,40}}[\"']?\s{{0,5}}(?:=>|[:=])\s{{0,5}})(?!\*\*\*\*)(?:{_VALUE})", re.I),
     rf"\1{MASK}"),
)  # fmt: skip


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without secrets: remembered ones, those that are given, and whatever looks like one.

    Args:
        text: At most some thousand characters.
        secrets: Further ones, such as the password with which a service is asked.
    """
    text = without_remembered(text)
    for secret in sorted({each for each in secrets if len(each) >= _LEAST_CHARS}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def remember(secrets: Iterable[str]) -> None:
    """Remember secrets that the configuration has resolved: ``redacted`` knows them from then on."""
    for secret in secrets:
        if len(secret) >= _LEAST_REMEMBERED and len(_remembered) < _MOST_REMEMBERED:
            _remembered[secret] = None


def without_remembered(text: str) -> str:
    """A text without the secrets that are remembered; nothing else is changed."""
    for secret in sorted((each for each in list(_remembered) if each in text), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
