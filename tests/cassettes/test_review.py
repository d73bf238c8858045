from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cassettes import review
from harness.cassettes.replay import client
from harness.cassettes.router import TapeOptions, playing
from harness.core.results import Mode
from harness.errors import CassetteCorruptError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.cassettes.provenance import Provenance


async def _record(path: Path, provenance: Provenance, url: str, said: str) -> Path | None:
    options = TapeOptions(beside=True, everything=True)
    with playing(path, Mode.RECORD, provenance, options) as tape:
        async with client(tape, url, "no-key") as api:
            await api.responses.create(model="m", instructions="I", input=said)
    return tape.saved


@pytest.fixture
async def folder(tmp_path: Path, provenance: Provenance, endpoint: str) -> Path:
    path = tmp_path / "a" / "x.yaml"
    assert await _record(path, provenance, endpoint, "old words") == path
    assert await _record(path, provenance, endpoint, "new words") == tmp_path / "a" / "x.pending.yaml"
    return tmp_path


async def test_a_new_recording_waits_beside_the_old_one(folder: Path) -> None:
    (waiting,) = review.waiting(folder)
    assert waiting.name == "a/x"
    assert "old words" in waiting.recorded.read_text(encoding="utf-8")
    assert "new words" in waiting.pending.read_text(encoding="utf-8")


async def test_accepting_replaces_the_old_one_and_is_written_down(folder: Path) -> None:
    review.accept(folder, "a/x", by="me", reason="better")
    assert "new words" in (folder / "a" / "x.yaml").read_text(encoding="utf-8")
    assert review.waiting(folder) == ()
    (decision,) = review.history(folder)
    assert (decision.cassette, decision.accepted, decision.by, decision.reason) == ("a/x", True, "me", "better")
    assert decision.before
    assert decision.after


async def test_rejecting_keeps_the_old_one_and_is_written_down(folder: Path) -> None:
    review.reject(folder, "a/x", by="me")
    assert "old words" in (folder / "a" / "x.yaml").read_text(encoding="utf-8")
    assert review.waiting(folder) == ()
    assert [decision.accepted for decision in review.history(folder)] == [False]


async def test_an_unknown_name_is_told_with_what_waits(folder: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'a/x'"):
        review.accept(folder, "a/y", by="me")


async def test_a_damaged_recording_is_not_accepted(folder: Path) -> None:
    (folder / "a" / "x.pending.yaml").write_text("half of", encoding="utf-8")
    with pytest.raises(CassetteCorruptError):
        review.accept(folder, "a/x", by="me")
    assert "old words" in (folder / "a" / "x.yaml").read_text(encoding="utf-8")


async def test_a_good_recording_takes_the_place_of_a_damaged_one(folder: Path) -> None:
    (folder / "a" / "x.yaml").write_text("half of", encoding="utf-8")
    assert review.accept(folder, "a/x", by="me").before is None
    assert "new words" in (folder / "a" / "x.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("decide", [review.accept, review.reject])
async def test_what_somebody_else_decided_meanwhile_is_said_so(
    folder: Path, decide: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path, *_: object) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "replace", gone)
    monkeypatch.setattr(Path, "unlink", gone)
    with pytest.raises(UsageError, match="waits no more"):
        decide(folder, "a/x", by="me")
    assert list(review.history(folder)) == []


async def test_half_a_line_of_the_history_is_named_and_spoils_no_other(folder: Path) -> None:
    (folder / review.HISTORY).write_text('{"at": "2026-', encoding="utf-8")
    decision = review.reject(folder, "a/x", by="me")
    with pytest.raises(UsageError, match="this is no decision") as caught:
        list(review.history(folder))
    assert "history.jsonl:1" in str(caught.value)
    path = folder / review.HISTORY
    path.write_text(path.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    assert list(review.history(folder)) == [decision]
