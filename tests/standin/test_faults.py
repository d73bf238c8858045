from __future__ import annotations

import httpx
import openai
import pytest
from openai import OpenAI

from harness.standin.faults import Failure, Faults
from harness.standin.server import running


def ask(url: str, *, retries: int = 0) -> str:
    with OpenAI(base_url=url, api_key="none", max_retries=retries) as api:
        return api.responses.create(model="m", input="Hello").output_text


def test_latency_is_the_same_for_the_same_seed_and_request() -> None:
    faults = Faults(latency=1.0, jitter=0.5, seed=7)
    assert 1.0 <= faults.delay("a") <= 1.5
    assert faults.delay("a") == Faults(latency=1.0, jitter=0.5, seed=7).delay("a")
    assert faults.delay("a") != faults.delay("b")
    assert faults.delay("a") != Faults(latency=1.0, jitter=0.5, seed=8).delay("a")


def test_a_request_is_refused_at_first_and_then_answered() -> None:
    with running(faults=Faults(reject_first=1)) as url:
        with pytest.raises(openai.RateLimitError, match="refuse this request at first"):
            ask(url)
        assert ask(url)


def test_a_server_error_has_the_usual_shape() -> None:
    with running(faults=Faults(failure=Failure(status=500))) as url, pytest.raises(openai.InternalServerError):
        ask(url)


def test_a_dropped_connection_gives_no_answer() -> None:
    with running(faults=Faults(failure=Failure(drop=True))) as url:
        with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):
            ask(url)
        assert httpx.get(f"{url}/models").status_code == 200
