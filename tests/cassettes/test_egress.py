from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

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
