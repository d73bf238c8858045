from __future__ import annotations

import asyncio
import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import requests

from harness.cassettes.router import current, installed, playing
from harness.core.results import Mode

if TYPE_CHECKING:
    from pathlib import Path

    from harness.cassettes.provenance import Provenance


def _get(url: str) -> int:
    return requests.get(url, timeout=5).status_code


def _in_thread(url: str) -> None:
    thread = threading.Thread(target=_get, args=(url,))
    thread.start()
    thread.join()


async def test_a_plain_thread_belongs_to_the_trial_that_started_it(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    with serving(str) as model:
        url = model.url.replace("/v1", "/tool/a")
        with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
            _in_thread(url)
        assert tape.traffic.live == 1
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        _in_thread(url)
    assert (tape.traffic.replayed, tape.problems) == (1, ())


def test_a_pool_shared_by_trials_works_for_whom_it_is_asked(tmp_path: Path, provenance: Provenance) -> None:
    with ThreadPoolExecutor(1) as pool:
        for name in ("one", "two"):
            with playing(tmp_path / name, Mode.RECORD, provenance) as tape:
                assert pool.submit(current).result() is tape
        assert pool.submit(current).result() is None


async def test_an_executor_of_the_loop_keeps_the_trial(tmp_path: Path, provenance: Provenance) -> None:
    with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        assert await asyncio.get_running_loop().run_in_executor(None, current) is tape


async def test_blocking_requests_in_threads_hide_nothing_from_the_tape(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    with serving(str, slowest=0.02) as model:
        base = model.url.replace("/v1", "/tool")
        with playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
            async with httpx2.AsyncClient() as api:
                blocking = [asyncio.to_thread(_get, f"{base}/blocking/{number}") for number in range(30)]
                waiting = [api.get(f"{base}/waiting/{number}") for number in range(60)]
                await asyncio.gather(*blocking, *waiting)
    assert tape.traffic.live == 90


def test_an_https_connection_of_the_standard_library_can_be_made() -> None:
    original = http.client.HTTPSConnection
    with installed():
        assert http.client.HTTPSConnection is not original
        assert http.client.HTTPSConnection("example.com").real_connection.host == "example.com"  # type: ignore[attr-defined]
    assert http.client.HTTPSConnection is original


def test_outside_all_trials_threads_are_as_they_were() -> None:
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit
    with installed():
        assert threading.Thread.start is not start
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == (start, submit)
