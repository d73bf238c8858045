from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.cassettes import inventory
from harness.cassettes.replay import client
from harness.cassettes.router import playing
from harness.core.results import Mode
from harness.errors import CassetteCorruptError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.cassettes.provenance import Provenance

INSTRUCTIONS = "You help.\nBe brief."


@pytest.fixture
async def folder(tmp_path: Path, provenance: Provenance, endpoint: str) -> Path:
    with playing(tmp_path / "desk" / "hello.yaml", Mode.RECORD, provenance) as tape:
        async with client(tape, endpoint, "no-key") as api:
            await api.responses.create(model="m", instructions=INSTRUCTIONS, input="hello")
    (tmp_path / "broken.yaml").write_text("nothing", encoding="utf-8")
    (tmp_path / "hello.pending.yaml").write_text("waits", encoding="utf-8")
    return tmp_path


async def test_every_recording_is_listed_with_what_it_is(folder: Path) -> None:
    broken, hello = inventory.entries(folder)
    assert (hello.name, hello.interactions, hello.model_calls, hello.models) == ("desk/hello", 1, 1, ("m",))
    assert (hello.stand_in, hello.agents, hello.error) == (True, ("Desk",), "")
    assert broken.error.startswith("this is not a cassette")


async def test_verify_names_damaged_files_secrets_and_leftovers(folder: Path) -> None:
    path = folder / "desk" / "hello.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("hello", "AKIA" + "ABCDEFGH12345678"), encoding="utf-8")
    left = folder / ".x.yaml.1.part"
    left.touch()
    os.utime(left, (0, 0))
    told = [str(problem) for problem in inventory.verify(folder)]
    assert ["broken.yaml" in told[0], "AWS" in told[1], "killed" in told[2]] == [True, True, True]


async def test_show_gives_readable_bodies(folder: Path) -> None:
    (shown,) = inventory.show(folder / "desk" / "hello.yaml")
    assert '"input": "hello"' in shown["body"]
    assert shown["status"] == 200
    with pytest.raises(CassetteCorruptError):
        inventory.show(folder / "broken.yaml")


async def test_prune_removes_what_is_there(folder: Path) -> None:
    gone = inventory.prune([folder / "broken.yaml", folder / "absent.yaml"])
    assert gone == (folder / "broken.yaml",)
    assert not (folder / "broken.yaml").exists()
