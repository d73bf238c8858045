"""What an application finds in its environment while trials run."""

from __future__ import annotations

import os
from unittest.mock import Mock

import pytest
from agents import add_trace_processor, trace
from openai import OpenAI

from harness.core.results import Mode
from harness.execution import tracing
from harness.execution.environment import NO_KEY, prepared


def test_in_replay_a_client_can_be_made_without_a_key() -> None:
    with pytest.raises(Exception, match="OPENAI_API_KEY"):
        OpenAI()
    with prepared(Mode.REPLAY, None), OpenAI() as client:
        assert client.api_key == NO_KEY


def test_in_replay_a_real_key_and_address_are_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example.com/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-real")

    with prepared(Mode.REPLAY, None):
        seen = dict(os.environ)

    assert seen["OPENAI_API_KEY"] == NO_KEY
    assert "example.com" not in seen["OPENAI_BASE_URL"]
    assert seen["OPENAI_ORG_ID"] != "org-real"
    assert os.environ["OPENAI_API_KEY"] == "sk-real"
    assert os.environ["OPENAI_BASE_URL"] == "https://models.example.com/v1"


def test_which_model_is_the_default_is_the_applications_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_DEFAULT_MODEL", "large")

    with prepared(Mode.REPLAY, None):
        assert os.environ["OPENAI_DEFAULT_MODEL"] == "large"


def test_an_applications_own_clients_go_to_the_endpoint_that_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")

    with prepared(Mode.RECORD, "http://127.0.0.1:1234/v1"), OpenAI() as client:
        assert str(client.base_url) == "http://127.0.0.1:1234/v1/"
        assert client.api_key == "sk-real"
    assert "OPENAI_BASE_URL" not in os.environ


def test_live_without_an_endpoint_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    before = dict(os.environ)

    with prepared(Mode.LIVE, None):
        assert dict(os.environ) == before


def test_what_an_application_sets_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLINIC_MODE", raising=False)

    with prepared(Mode.REPLAY, None):
        monkeypatch.setenv("CLINIC_MODE", "test")

    assert os.environ["CLINIC_MODE"] == "test"


def test_no_exporter_is_left_even_when_the_application_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = Mock()
    monkeypatch.setattr(tracing, "_providers", [])
    add_trace_processor(exporter)
    with trace("before"):
        pass
    heard = len(exporter.mock_calls)

    with prepared(Mode.LIVE, None), trace("the application's own"):
        pass

    assert heard > 0
    assert len(exporter.mock_calls) == heard
