from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_COMMAND = [sys.executable, "-m", "harness", "standin", "--port", "0"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.yaml"
    path.write_text("rules:\n  - reply: As the script says.\n", encoding="utf-8")
    return path


@pytest.fixture
def served(script: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a stand-in in a process of its own; further flags come as a parameter."""
    command = [*_COMMAND, "--script", str(script), *getattr(request, "param", ())]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    try:
        assert process.stderr is not None
        line = next(each for each in process.stderr if "http://" in each)
        found = re.search(r"http://[\d.:]+/v1", line)
        assert found is not None
        assert "stand-in" in line
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _asked(url: str) -> urllib.request.Request:
    body = json.dumps({"model": "any", "input": "hi"}).encode()
    return urllib.request.Request(  # noqa: S310 - our own server
        f"{url}/responses", data=body, headers={"Content-Type": "application/json"}
    )


def test_it_serves_what_the_script_says_and_says_what_it_is(served: str) -> None:
    with urllib.request.urlopen(_asked(served), timeout=20) as response:  # noqa: S310
        answer = json.load(response)
        assert response.headers["x-harness-stand-in"] == "1"
    assert answer["output"][0]["content"][0]["text"] == "As the script says."


@pytest.mark.parametrize("served", [["--latency", "60"]], indirect=True)
def test_each_answer_takes_the_latency_asked_for(served: str) -> None:
    with urllib.request.urlopen(f"{served}/models", timeout=20) as response:  # noqa: S310
        assert response.status == 200
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(_asked(served), timeout=0.5)  # noqa: S310


def test_an_address_that_is_taken_is_said_so(harness: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = harness("standin", "--port", taken.getsockname()[1])
    assert (result.exit_code, "--port 0 picks a free one" in result.stderr) == (2, True)
