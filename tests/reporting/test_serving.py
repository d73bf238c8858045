from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from harness.errors import UsageError
from harness.reporting.formats import write
from harness.reporting.serving import serving, state_of
from harness.reporting.view import report_of

if TYPE_CHECKING:
    from pathlib import Path


def _get(address: str, **headers: str) -> tuple[int, str]:
    try:
        with urlopen(Request(address, headers=headers), timeout=10) as answer:  # noqa: S310 - our own address
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""


def test_a_run_that_is_added_is_listed_and_changes_the_state(samples: Any, tmp_path: Path) -> None:
    with serving(tmp_path) as (address, _):
        assert "No run has been reported here yet" in _get(address)[1]
        before = _get(f"{address}state")
        write(report_of(samples.regression()), tmp_path / "a run")
        assert _get(f"{address}state") != before
        assert 'href="a%20run/index.html"' in _get(address)[1]
        assert "1 of 61 scenarios failed" in _get(f"{address}a%20run/index.html")[1]


def test_only_loopback_is_served_and_only_under_its_own_name(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, _):
        assert address.startswith("http://127.0.0.1:")
        assert _get(address, Host="evil.example")[0] == 400


def test_nothing_outside_the_folder_is_served(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "reports").mkdir()
    with serving(tmp_path / "reports") as (address, _):
        assert _get(f"{address}%2e%2e/secret.txt")[0] == 404


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="is taken"), serving(tmp_path, taken.getsockname()[1]):
            pass


def test_a_folder_without_runs_has_a_state_too(tmp_path: Path) -> None:
    assert state_of(tmp_path / "nothing") == ""
