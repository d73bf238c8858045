from __future__ import annotations

import asyncio
import re
import urllib.request
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
import vcr

from harness.cassettes.call import ToolAtWork
from harness.cassettes.replay import client
from harness.cassettes.router import TapeOptions, installed, playing
from harness.core.results import Mode
from harness.errors import (
    CassetteMissError,
    CassetteMissingError,
    CassetteStaleError,
    SecretFoundError,
    UnansweredError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.cassettes.provenance import Provenance
    from harness.cassettes.tape import Tape

INSTRUCTIONS = "You help.\nBe brief."
NOWHERE = "http://127.0.0.1:9/v1"


async def _ask(tape: Tape, url: str, said: str, **changed: Any) -> str:
    asked = {"model": "m", "instructions": INSTRUCTIONS, "input": [{"role": "user", "content": said}], **changed}
    async with client(tape, url, "no-key") as api:
        response = await api.responses.create(**asked)
    return str(response.output_text)


async def _recorded(path: Path, provenance: Provenance, url: str, *said: str) -> list[str]:
    with playing(path, Mode.RECORD, provenance) as tape:
        answers = [await _ask(tape, url, each) for each in said]
    assert tape.problems == ()
    return answers


async def test_a_replay_answers_as_recorded_and_sends_nothing(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    path = tmp_path / "x.yaml"
    recorded = await _recorded(path, provenance, endpoint, "one", "two")
    with playing(path, Mode.REPLAY, provenance) as tape:
        assert [await _ask(tape, NOWHERE, each) for each in ("two", "one")] == recorded[::-1]
    assert (tape.traffic.replayed, tape.traffic.live) == (2, 0)
    assert tape.use is not None
    assert (tape.use.used, tape.use.total, tape.use.stand_in, tape.use.models) == (2, 2, True, ("m",))


async def test_trials_side_by_side_never_mix(tmp_path: Path, provenance: Provenance, endpoint: str) -> None:
    async def record(number: int) -> list[str]:
        said = [f"{number} {each}" for each in "abc"]
        return await _recorded(tmp_path / f"{number}.yaml", provenance, endpoint, *said)

    async def replay(number: int) -> list[str]:
        with playing(tmp_path / f"{number}.yaml", Mode.REPLAY, provenance) as tape:
            answers = await asyncio.gather(*(_ask(tape, NOWHERE, f"{number} {each}") for each in "abc"))
        assert tape.problems == ()
        assert tape.use is not None
        assert tape.use.used == tape.use.total == 3
        return list(answers)

    recorded = await asyncio.gather(*(record(number) for number in range(40)))
    assert await asyncio.gather(*(replay(number) for number in range(40))) == recorded


async def test_a_missing_recording_is_a_problem_of_the_tape(tmp_path: Path, provenance: Provenance) -> None:
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        assert isinstance(tape.problems[0], CassetteMissingError)


async def test_a_miss_names_the_first_difference(tmp_path: Path, provenance: Provenance, endpoint: str) -> None:
    await _recorded(tmp_path / "x.yaml", provenance, endpoint, "hello")
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape, pytest.raises(CassetteMissError) as caught:
        await _ask(tape, NOWHERE, "goodbye")
    assert "Desk.input" in str(caught.value)
    assert "hello" in str(caught.value)
    assert "goodbye" in str(caught.value)
    assert tape.problems == (caught.value,)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"instructions": "You help.\nBe very brief."}, 'Desk.instructions line 2 changed ("Be brief."'),
        ({"model": "other"}, "Desk.model changed"),
        (
            {"tools": [{"type": "function", "name": "find", "parameters": {}, "strict": False}]},
            "Desk.tools changed: find is new",
        ),
    ],
)
async def test_a_changed_agent_is_stale_and_says_where(
    tmp_path: Path, provenance: Provenance, endpoint: str, changed: dict[str, Any], words: str
) -> None:
    await _recorded(tmp_path / "x.yaml", provenance, endpoint, "hello")
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape, pytest.raises(CassetteStaleError) as caught:
        await _ask(tape, NOWHERE, "hello", **changed)
    assert words in str(caught.value)
    assert "harness record --stale" in str(caught.value)


async def test_recording_again_keeps_answers_that_still_fit(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    path = tmp_path / "x.yaml"
    await _recorded(path, provenance, endpoint, "one", "two")
    with playing(path, Mode.RECORD, provenance) as tape:
        await _ask(tape, endpoint, "one")
        await _ask(tape, endpoint, "three")
    assert (tape.traffic.replayed, tape.traffic.live) == (1, 1)
    with playing(path, Mode.REPLAY, provenance) as replayed:
        await _ask(replayed, NOWHERE, "one")
        await _ask(replayed, NOWHERE, "three")
    assert replayed.use is not None
    assert replayed.use.total == 2


async def test_a_trial_that_broke_off_leaves_no_recording(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        await _ask(tape, endpoint, "one")
        tape.discard("the endpoint went away")
    assert not (tmp_path / "x.yaml").exists()


async def test_a_secret_in_a_body_stops_the_write(tmp_path: Path, provenance: Provenance, endpoint: str) -> None:
    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        await _ask(tape, endpoint, "my key is sk-proj-" + "Ab3" * 12)
    assert isinstance(tape.problems[0], SecretFoundError)
    assert not (tmp_path / "x.yaml").exists()


async def test_what_a_user_hides_is_not_on_disk_and_still_matches(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    options = TapeOptions(redact=(("card", re.compile(r"\d{4}-\d{4}")),))
    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance, options) as tape:
        await _ask(tape, endpoint, "my card is 1234-5678")
    assert "1234-5678" not in (tmp_path / "x.yaml").read_text(encoding="utf-8")
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance, options) as tape:
        await _ask(tape, NOWHERE, "my card is 1234-5678")
    assert tape.problems == ()


async def test_a_call_that_was_cancelled_waits_to_be_cancelled_again(
    tmp_path: Path, provenance: Provenance, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.yaml"
    with playing(path, Mode.RECORD, provenance) as tape:
        running = asyncio.create_task(_ask(tape, endpoint, "cancelled"))
        await asyncio.sleep(0.002)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await _ask(tape, endpoint, "answered")
    for seconds, problems in ((30.0, 0), (0.01, 1)):
        monkeypatch.setattr("harness.cassettes.pace.LIMIT_SECONDS", seconds)
        with playing(path, Mode.REPLAY, provenance) as tape:
            waiting = asyncio.create_task(_ask(tape, NOWHERE, "cancelled"))
            await _ask(tape, NOWHERE, "answered")
            await asyncio.sleep(0.1)
            assert waiting.done() is bool(problems)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert len(tape.problems) == problems


def _with_urllib(url: str) -> int:
    with urllib.request.urlopen(url) as response:  # noqa: S310 - our own server
        return int(response.status)


def _with_httpx(url: str) -> int:
    with httpx.Client() as api:
        return api.get(url).status_code


def _with_httpx2(url: str) -> int:
    with httpx2.Client() as api:
        return int(api.get(url).status_code)


def _with_requests(url: str) -> int:
    return requests.get(url, timeout=5).status_code


def _with_urllib3(url: str) -> int:
    with urllib3.PoolManager() as api:
        return int(api.request("GET", url).status)


@pytest.mark.parametrize("fetch", [_with_urllib, _with_httpx, _with_httpx2, _with_requests, _with_urllib3])
async def test_http_made_by_tools_is_in_the_same_cassette(
    tmp_path: Path, provenance: Provenance, endpoint: str, fetch: Callable[[str], int]
) -> None:
    path, url = tmp_path / "x.yaml", f"{endpoint}/models"
    with playing(path, Mode.RECORD, provenance) as tape:
        await _ask(tape, endpoint, "one")
        assert await asyncio.to_thread(fetch, url) == 200
    with playing(path, Mode.REPLAY, provenance) as tape:
        await _ask(tape, NOWHERE, "one")
        assert await asyncio.to_thread(fetch, url) == 200
    assert (tape.traffic.replayed, tape.traffic.live) == (2, 0)


async def test_http_made_with_aiohttp_is_in_the_same_cassette(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    for mode in (Mode.RECORD, Mode.REPLAY):
        with playing(tmp_path / "x.yaml", mode, provenance) as tape:
            async with aiohttp.ClientSession() as api, api.get(f"{endpoint}/models") as response:
                assert response.status == 200
    assert (tape.traffic.replayed, tape.traffic.live) == (1, 0)


@pytest.mark.parametrize("fetch", [_with_urllib, _with_httpx, _with_httpx2, _with_requests, _with_urllib3])
async def test_a_request_that_failed_in_transport_leaves_no_recording_and_says_so(
    tmp_path: Path, provenance: Provenance, fetch: Callable[[str], int]
) -> None:
    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        tape.tool = lambda: ToolAtWork("call_1", "weather")
        with pytest.raises(Exception, match=r"."):
            await asyncio.to_thread(fetch, "http://127.0.0.1:9/forecast")
    assert isinstance(tape.problems[-1], UnansweredError)
    assert "the tool 'weather' asked GET http://127.0.0.1:9/forecast" in str(tape.problems[-1])
    assert not (tmp_path / "x.yaml").exists()


async def test_an_async_request_that_failed_in_transport_leaves_no_recording(
    tmp_path: Path, provenance: Provenance
) -> None:
    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get("http://127.0.0.1:9/forecast")
    assert isinstance(tape.problems[-1], UnansweredError)
    assert not (tmp_path / "x.yaml").exists()


async def test_a_request_that_failed_in_transport_and_was_tried_again_is_no_interaction(
    tmp_path: Path, provenance: Provenance
) -> None:
    tries = 0

    def answer(_: httpx2.Request) -> httpx2.Response:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise httpx2.ConnectError("no route")
        return httpx2.Response(200, text="sunny")

    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as api:
            with pytest.raises(httpx2.ConnectError):
                await api.get("http://service/forecast")
            assert (await api.get("http://service/forecast")).text == "sunny"
    assert tape.problems == ()
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        async with httpx2.AsyncClient() as api:
            assert (await api.get("http://service/forecast")).text == "sunny"
    assert tape.problems == ()


async def test_what_a_tool_asked_in_vain_does_not_matter_where_the_tool_will_not_run(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        await _ask(tape, endpoint, "one")
        tape.tool = lambda: ToolAtWork("call_1", "weather")
        with pytest.raises(httpx.ConnectError):
            _with_httpx("http://127.0.0.1:9/forecast")
        tape.excused = frozenset({"call_1"})
    assert tape.problems == ()
    assert (tmp_path / "x.yaml").exists()


def test_a_recording_of_plain_vcrpy_is_kept_on_without_its_headers(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    with serving(str) as model:
        one, two = (model.url.replace("/v1", f"/tool/{name}") for name in ("one", "two"))
        with vcr.use_cassette(str(tmp_path / "x.yaml")):
            httpx.get(one, headers={"authorization": "Bearer abcdefgh12345"})
        with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
            assert (httpx.get(one).status_code, httpx.get(two).status_code) == (200, 200)
    assert (tape.traffic.replayed, tape.traffic.live) == (1, 1)
    assert "abcdefgh12345" not in (tmp_path / "x.yaml").read_text(encoding="utf-8")


def test_vcrpy_of_an_applications_own_works_beside_the_patch(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    own = str(tmp_path / "own.yaml")
    with serving(str) as model, installed():
        url = model.url.replace("/v1", "/tool/a")
        for fetch in (_with_urllib, _with_httpx, _with_httpx2, _with_requests, _with_urllib3):
            assert fetch(url) == 200
            with vcr.use_cassette(own, allow_playback_repeats=True) as cassette:
                assert fetch(url) == 200
                assert len(cassette) == 1
        with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
            assert _with_httpx(url) == 200
    assert tape.traffic.live == 1


async def test_a_forgiving_replay_answers_agents_that_are_defined_otherwise(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    def asked(order: str) -> list[dict[str, str]]:
        return [
            {"role": "user", "content": "hello"},
            {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": f"order {order} is there"},
        ]

    path = tmp_path / "x.yaml"
    with playing(path, Mode.RECORD, provenance) as tape:
        told = [await _ask(tape, endpoint, "hello"), await _ask(tape, endpoint, "", input=asked("T-1"))]
    edited = {"instructions": "You help.\nBe verbose."}
    with playing(path, Mode.REPLAY, provenance, TapeOptions(forgiving=True)) as tape:
        again = [
            await _ask(tape, NOWHERE, "hello", **edited),
            await _ask(tape, NOWHERE, "", input=asked("T-2"), **edited),
        ]
    assert tape.problems == ()
    assert again == [each.replace("T-1", "T-2") for each in told]
    with playing(path, Mode.REPLAY, provenance, TapeOptions(forgiving=True)) as tape, pytest.raises(CassetteStaleError):
        await _ask(tape, NOWHERE, "goodbye", **edited)
