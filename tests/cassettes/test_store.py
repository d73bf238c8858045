from __future__ import annotations

import signal
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import vcr
import yaml
from vcr.persisters.filesystem import FilesystemPersister
from vcr.request import Request
from vcr.serializers import yamlserializer

from harness.cassettes import store
from harness.errors import CassetteCorruptError, CassetteMissingError

if TYPE_CHECKING:
    from pathlib import Path


def _cassette(body: str = '{"a": 1}') -> store.Cassette:
    request = Request("POST", "http://127.0.0.1:9/v1/responses", b'{"input": "hi"}', {"authorization": "Bearer x"})
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"content-type": ["application/json"], "set-cookie": ["secret=1"]},
        "body": {"string": body.encode()},
    }
    return store.Cassette([store.Interaction(request, response)], {"harness": {"sdk": "1"}})


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.yaml"
    store.save(_cassette(), path)
    loaded = store.load(path)
    assert loaded.metadata == {"harness": {"sdk": "1"}}
    assert loaded.interactions[0].response["status"]["code"] == 200
    assert yaml.safe_load(loaded.interactions[0].response["body"]["string"]) == {"a": 1}
    assert [each.name for each in path.parent.iterdir()] == ["x.yaml"]


def test_the_store_loses_nothing_of_what_it_is_given(tmp_path: Path) -> None:
    given = _cassette('{"a":1,  "b":2}')
    store.save(given, tmp_path / "x.yaml")
    loaded = store.load(tmp_path / "x.yaml").interactions[0]
    assert loaded.request._to_dict() == given.interactions[0].request._to_dict()
    assert loaded.response == given.interactions[0].response


@pytest.mark.parametrize("body", [BytesIO(b"a\xff"), iter([b"a", b"\xff"])])
def test_a_body_given_bit_by_bit_is_kept_whole(tmp_path: Path, body: Any) -> None:
    asked = Request("POST", "http://127.0.0.1:9/", body, {})
    store.save(store.Cassette([store.Interaction(asked, _cassette().interactions[0].response)]), tmp_path / "x.yaml")
    assert store.load(tmp_path / "x.yaml").interactions[0].request.body == b"a\xff"


def test_what_older_vcrpy_wrote_of_httpx_is_read(tmp_path: Path) -> None:
    request = "{method: GET, uri: 'http://a/', body: '', headers: {}}"
    response = "{status_code: 200, http_version: HTTP/1.1, content: hi, headers: {Content-Encoding: [gzip], a: [b]}}"
    text = f"interactions: [{{request: {request}, response: {response}}}]\nversion: 1\n"
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    response_read = store.load(tmp_path / "x.yaml").interactions[0].response
    assert response_read["body"] == {"string": b"hi"}
    assert (response_read["status"]["code"], response_read["headers"]) == (200, {"a": ["b"]})


def test_plain_vcrpy_reads_it(tmp_path: Path) -> None:
    store.save(_cassette(), tmp_path / "x.yaml")
    with vcr.use_cassette(str(tmp_path / "x.yaml"), record_mode=vcr.mode.NONE) as cassette:
        assert len(cassette) == 1


def test_what_plain_vcrpy_wrote_is_read(tmp_path: Path) -> None:
    mine = _cassette().interactions[0]
    plain = {"requests": [mine.request], "responses": [mine.response]}
    FilesystemPersister.save_cassette(tmp_path / "x.yaml", plain, yamlserializer)
    assert store.load(tmp_path / "x.yaml").interactions[0].request.uri == "http://127.0.0.1:9/v1/responses"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"interactions: [", "not YAML"),
        (b"a: 1", "no list of interactions"),
        (b"interactions: []\nversion: 7", "format version 7"),
        (b"- request: {}\n  response: {}", "before 1.0"),
        (b"interactions: [{request: {}}]\nversion: 1", "interaction 1"),
        (b"just words", "no list of interactions"),
    ],
)
def test_a_file_that_is_no_cassette_is_named_and_left_untouched(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(CassetteCorruptError) as caught:
        store.load(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_truncated_cassette_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    store.save(_cassette('{"text": "several\\nlines"}'), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CassetteCorruptError):
        store.load(path)


def test_a_missing_cassette_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CassetteMissingError, match="harness record"):
        store.load(tmp_path / "x.yaml")


def test_one_changed_line_of_a_text_is_one_changed_line_of_the_file() -> None:
    before = store.dump(_cassette('{\n"one": "a",\n"two": "b"}')).splitlines()
    after = store.dump(_cassette('{\n"one": "a",\n"two": "c"}')).splitlines()
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize(
    "told",
    [
        '{"a":1,  "b":[2]}',
        "line\r\nline\n",
        "  led by spaces\n",
        "\ttab\u0085\u2028 end ",
        "",
        "\ufeffmark",
        "'1'",
        "no",
    ],
)
def test_what_a_tool_was_answered_is_kept_to_the_last_space(tmp_path: Path, told: str) -> None:
    request = Request("GET", "http://127.0.0.1:9/stock", None, {})
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": told.encode()}}
    store.save(store.Cassette([store.Interaction(request, response)]), tmp_path / "x.yaml")
    assert store.load(tmp_path / "x.yaml").interactions[0].response["body"]["string"] == told.encode()


_KILLED = """
import os, signal, sys
from pathlib import Path
from unittest import mock
from harness.cassettes import store

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

with mock.patch(sys.argv[2], die):
    store.save(store.Cassette([], {"new": "x" * 100_000}), Path(sys.argv[1]))
"""


@pytest.mark.parametrize("moment", ["os.fsync", "pathlib.Path.chmod", "pathlib.Path.replace"])
def test_a_process_killed_while_it_writes_leaves_the_old_cassette(tmp_path: Path, moment: str) -> None:
    store.save(_cassette(), tmp_path / "x.yaml")
    before = (tmp_path / "x.yaml").read_bytes()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "x.yaml"), moment], check=False)  # noqa: S603 - this very test
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "x.yaml").read_bytes() == before
    assert len(list(tmp_path.glob(f".*{store.PART}"))) == 1


@pytest.mark.parametrize(
    "cancelled",
    ["[abc]", "[{number: 1}]", "[{number: 9, request: {method: GET, uri: 'http://a/', body: null, headers: {}}}]"],
)
def test_a_cancelled_call_that_is_none_is_corrupt(tmp_path: Path, cancelled: str) -> None:
    content = f"interactions: []\nmetadata: {{harness: {{cancelled: {cancelled}}}}}\nversion: 1\n"
    (tmp_path / "x.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(CassetteCorruptError, match="cancelled call"):
        store.load(tmp_path / "x.yaml")
    assert (tmp_path / "x.yaml").read_text(encoding="utf-8") == content
