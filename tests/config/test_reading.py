"""Files as they come: broken, hostile, or simply elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amt_console.config import ConfigError, fingerprint, load_config
from amt_console.config.files.reading import MAX_FILE_BYTES, read_document
from amt_console.paths import find_config, user_config_folder

HOSTILE = [
    ("c.json", b"", "is empty"),
    ("c.json", b'{"a": 1,\n "b" 2}', "line 2, column 6"),
    ("c.json", b"[1, 2]", "object"),
    ("c.json", b'"x"', "object"),
    ("c.json", b'{"check_interval": NaN}', "check_interval: must be a finite number"),
    ("c.json", b'{"check_interval": -Infinity}', "check_interval: must be a finite number"),
    ("c.json", b'{"check_interval": 1e999}', "check_interval: must be a finite number"),
    ("c.json", b'{"check_interval": ' + b"9" * 5000 + b"}", "check_interval: must be a finite number"),
    ("c.json", b'{"check_interval": ' + b"9" * 50 + b"}", "check_interval: is a number with far too many digits"),
    ("c.json", b"[" * 100_000, "nested too deeply"),
    ("c.json", b'{"a":' * 100_000, "nested too deeply"),
    ("c.json", b'{"a":' * 100 + b"1" + b"}" * 100, "nested deeper"),
    ("c.json", b'{"api": {"port": 1, "port": 2}}', "api.port: stands twice"),
    ("c.json", b'{"api": 1, "web_app_url": "", "api": 2}', "api: stands twice"),
    ("c.json", b'{"web_app_url": "\\ud800"}', "web_app_url: holds half of a character"),
    ("c.json", b'{"\\ud800": 1}', "key that is no text"),
    ("c.json", b'{"a": "\xff"}', "not UTF-8 text: line 1 holds byte 0xff"),
    ("c.json", b" " * (MAX_FILE_BYTES + 1), "larger than 1 MB"),
    ("c.toml", b"a = 1\nb = \n", "line 2, column 5"),
    ("c.toml", b"a = 1\na = 2\n", "line 2"),
    ("c.toml", b'a = "', "end of the file"),
    ("c.toml", b"check_interval = nan", "finite"),
    ("c.toml", b"check_interval = inf", "finite"),
    ("c.toml", b"a = " + b"[" * 100_000, "nested too deeply"),
    ("c.toml", b".".join([b"a"] * 200) + b" = 1", "nested deeper"),
    ("c.toml", b"a = 2026-13-45T00:00:00Z", "line 1"),
    ("c.toml", b"\xff", "not UTF-8"),
    ("c.yaml", b"a: 1", ".json or .toml"),
    ("c", b"", ".json or .toml"),
]


@pytest.mark.parametrize(
    ("name", "content", "expected"), [pytest.param(*case, id=f"{case[0]}-{case[2]}") for case in HOSTILE]
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_document(file)
    assert expected in str(caught.value)
    assert str(file) in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(b"\xef\xbb\xbf" + b'{"check_interval": 5}')
    assert load_config(file, env={}).settings.check_interval == 5


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path in (folder, pipe):
        with pytest.raises(ConfigError, match="regular file"):
            read_document(path)


def test_a_file_of_comments_is_the_defaults_and_an_empty_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.touch()
    with pytest.raises(ConfigError, match="is empty"):
        load_config(file, env={})
    file.write_text("# nothing yet")
    assert load_config(file, env={}).settings == load_config(None, env={"XDG_CONFIG_HOME": "/x"}, cwd=tmp_path).settings


def test_the_first_file_that_there_is_is_used(tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    folder = user_config_folder(env)
    folder.mkdir(parents=True)
    assert find_config(None, env=env, cwd=tmp_path) is None
    expected = []
    for path in (folder / "monitoring_config.json", folder / "monitoring_config.toml"):
        path.touch()
        expected.append((path, find_config(None, env=env, cwd=tmp_path)))
    local = tmp_path / "config" / "monitoring_config.json"
    local.parent.mkdir()
    local.touch()
    expected.append((local, find_config(None, env=env, cwd=tmp_path)))
    named = env | {"AMT_CONFIG": "/named/by/variable.toml"}
    expected.append((Path("/named/by/variable.toml"), find_config(None, env=named, cwd=tmp_path)))
    expected.append((Path("option.toml"), find_config(Path("option.toml"), env=named, cwd=tmp_path)))
    assert [found for _, found in expected] == [path for path, _ in expected]


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_named_file_that_is_missing_is_a_fault(tmp_path: Path, by_variable: bool) -> None:
    missing = tmp_path / "missing.toml"
    env = {"AMT_CONFIG": str(missing)} if by_variable else {}
    with pytest.raises(ConfigError, match="no such file") as caught:
        load_config(None if by_variable else missing, env=env, cwd=tmp_path)
    assert caught.value.path == missing


def test_the_fingerprint_changes_with_the_content_and_only_with_it(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    assert fingerprint(file) == ""
    file.write_text("check_interval = 5", encoding="utf-8")
    first = fingerprint(file)
    os.utime(file, (1, 1))
    assert fingerprint(file) == first != ""
    file.write_text("check_interval = 6", encoding="utf-8")
    assert fingerprint(file) not in ("", first)
