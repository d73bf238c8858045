from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.canonical import canonical_model_request
from harness.cassettes.difference import first_difference
from harness.cassettes.drift import learned, translated, translated_text
from harness.cassettes.replay import client
from harness.cassettes.router import TapeOptions, playing
from harness.core.graph import AgentGraph
from harness.core.results import Mode
from harness.errors import CassetteMissError, CassetteStaleError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.cassettes.provenance import Provenance
    from harness.cassettes.tape import Tape

NOWHERE = "http://127.0.0.1:9/v1"


def _request(ticket: str, instructions: str = "Mind {}.") -> dict[str, Any]:
    return {
        "model": "m",
        "instructions": instructions.format(ticket),
        "input": [
            {"role": "user", "content": "open a ticket"},
            {"type": "function_call", "name": "open", "arguments": "{}", "call_id": "c1"},
            {"type": "function_call_output", "call_id": "c1", "output": f"opened {ticket}, all is well"},
        ],
    }


async def _ask(tape: Tape, url: str, request: dict[str, Any]) -> str:
    async with client(tape, url, "no-key") as api:
        return str((await api.responses.create(**request)).output_text)


async def _record(path: Path, provenance: Provenance, endpoint: str) -> str:
    with playing(path, Mode.RECORD, provenance) as tape:
        return await _ask(tape, endpoint, _request("T-111"))


async def test_a_value_a_tool_made_anew_matches_wherever_it_reappears(
    tmp_path: Path, provenance: Provenance, endpoint: str
) -> None:
    recorded = await _record(tmp_path / "x.yaml", provenance, endpoint)
    assert "T-111" in recorded
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        assert await _ask(tape, NOWHERE, _request("T-222")) == recorded.replace("T-111", "T-222")
    assert tape.problems == ()
    assert tape.use is not None
    assert [(each.recorded, each.actual) for each in tape.use.drift] == [("T-111", "T-222")]


async def test_strict_refuses_drift(tmp_path: Path, provenance: Provenance, endpoint: str) -> None:
    await _record(tmp_path / "x.yaml", provenance, endpoint)
    with (
        playing(tmp_path / "x.yaml", Mode.REPLAY, provenance, TapeOptions(strict=True)) as tape,
        pytest.raises((CassetteMissError, CassetteStaleError)),
    ):
        await _ask(tape, NOWHERE, _request("T-222"))


async def test_an_edited_instruction_is_still_stale(tmp_path: Path, provenance: Provenance, endpoint: str) -> None:
    await _record(tmp_path / "x.yaml", provenance, endpoint)
    with (
        playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape,
        pytest.raises(CassetteStaleError, match="instructions line 1"),
    ):
        await _ask(tape, NOWHERE, _request("T-222", "Mind {} well."))


def test_only_whole_values_are_translated() -> None:
    assert translated("T-12, T-123 and xT-12", {"T-12": "T-99"}) == "T-99, T-123 and xT-12"


def test_a_value_that_would_stand_for_two_is_no_pair() -> None:
    def body(first: str, second: str) -> dict[str, Any]:
        outputs = [{"type": "function_call_output", "call_id": "c", "output": each} for each in (first, second)]
        return {"input": outputs}

    assert learned(body("a 1", "b 1"), body("a 2", "b 3"), {}) is None
    assert learned(body("a 1", "b 1"), body("a 2", "b 2"), {}) == {"1": "2"}


def test_text_on_the_wire_is_translated_as_json() -> None:
    assert translated_text('{"text": "say \\"x\\" now"}', {'"x"': '"y"'}) == '{"text": "say \\"y\\" now"}'


@given(st.text(min_size=1), st.text(min_size=1))
def test_translating_recorded_outputs_gives_this_runs(old: str, new: str) -> None:
    def body(text: str) -> dict[str, Any]:
        return {"input": [{"type": "function_call_output", "call_id": "c", "output": text}]}

    pairs = learned(body(f"id {old} end"), body(f"id {new} end"), {})
    if pairs and len(old.split()) == len(new.split()) == 1 and old.isalnum() and new.isalnum():
        assert translated(body(f"id {old} end"), pairs) == body(f"id {new} end")


def test_an_edit_is_told_by_its_own_line_though_values_made_anew_stand_around_it() -> None:
    text = "Mind {}.\nThe ticket is {}.\nBe "
    before = canonical_model_request("/responses", _request("T-1", text.replace("{}", "T-1") + "kind."))
    now = canonical_model_request("/responses", _request("T-2", text.replace("{}", "T-2") + "firm."))
    found = first_difference(now, [before], AgentGraph(entry="Desk", agents=()), "Guard")
    assert found is not None
    assert (found.agent, found.stale) == ("Guard", True)
    assert found.text == 'Guard.instructions line 3 changed ("Be kind." -> "Be firm.")'
