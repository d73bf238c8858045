from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor
from agents.tracing.provider import DefaultTraceProvider

from harness.cassettes.egress import guarded, strays
from harness.cassettes.router import playing
from harness.core.results import Mode
from harness.errors import EgressBlockedError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.cassettes.provenance import Provenance

OUTSIDE = ("203.0.113.7", 80)


def _connect() -> None:
    with socket.socket() as out:
        out.settimeout(0.1)
        out.connect(OUTSIDE)


def test_a_connection_off_the_machine_is_refused_with_who_and_where() -> None:
    with guarded(), pytest.raises(EgressBlockedError) as caught:
        _connect()
    assert "203.0.113.7" in str(caught.value)
    assert "test_egress.py" in str(caught.value)
    assert len(strays()) == 1


def test_looking_up_a_name_is_refused_too() -> None:
    with guarded(), pytest.raises(EgressBlockedError, match="example"):
        socket.getaddrinfo("example.com", 80)
    strays()


def test_a_thread_of_its_own_is_seen() -> None:
    def swallow() -> None:
        with pytest.raises(EgressBlockedError):
            _connect()

    with guarded():
        thread = threading.Thread(target=swallow)
        thread.start()
        thread.join()
    assert len(strays()) == 1
    assert strays() == ()


def test_this_machine_itself_may_be_reached() -> None:
    with guarded(), socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert strays() == ()


def test_a_trials_attempt_is_a_problem_of_its_tape(tmp_path: Path, provenance: Provenance) -> None:
    with (
        guarded(),
        playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape,
        pytest.raises(EgressBlockedError),
    ):
        _connect()
    assert isinstance(tape.problems[-1], EgressBlockedError)
    assert strays() == ()


def test_without_a_replay_nothing_is_refused() -> None:
    with contextlib.suppress(OSError):
        _connect()
    assert strays() == ()


def test_a_plain_thread_of_a_trial_is_a_problem_of_its_tape(tmp_path: Path, provenance: Provenance) -> None:
    def swallow() -> None:
        with contextlib.suppress(EgressBlockedError):
            _connect()

    with guarded(), playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        thread = threading.Thread(target=swallow)
        thread.start()
        thread.join()
    assert isinstance(tape.problems[-1], EgressBlockedError)
    assert strays() == ()


def test_an_upload_of_traces_from_the_sdks_own_thread_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application may put the SDK's uploader back in its place."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-nobody")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    exporter = BackendSpanExporter(max_retries=1, base_delay=0)
    upload = exporter.export

    def export(items: Any) -> None:
        with contextlib.suppress(EgressBlockedError):
            upload(items)

    monkeypatch.setattr(exporter, "export", export)
    provider = DefaultTraceProvider()
    processor = BatchTraceProcessor(exporter, schedule_delay=0.01)
    provider.register_processor(processor)
    with guarded():
        provider.create_trace("a run").start()
        processor.shutdown()
    told = [str(each) for each in strays()]
    assert told
    assert all("api.openai.com" in each for each in told)
