"""Shared by all tests: no key of the developer's, no upload, no colour; the same examples for everyone."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import settings

from harness.cli import main
from harness.core.graph import AgentGraph, AgentNode, HandoffNode
from harness.core.results import Blame, CassetteUse, Mode, Run, RunInfo, Score, Trial, TrialError, Verdict
from harness.core.scenario import Expectation, Location, Scenario, Turn
from harness.core.trace import AgentRef, AgentRun, ErrorKind, Handoff, Layer, Message, Trace, TurnTrace, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

# A gate that is red by the draw of an example helps nobody: HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

_TRIAGE = AgentRef(name="Triage", layer=Layer.TRIAGE)
_RIGHT = AgentRef(name="Billing", layer=Layer.SPECIALIST)
_WRONG = AgentRef(name="Technical", layer=Layer.SPECIALIST)
_ENDS = {"+": Verdict.PASSED, "~": Verdict.PASSED, "-": Verdict.FAILED, "!": Verdict.ERRORED, "s": Verdict.ERRORED}
_INFO = RunInfo(
    id="20260101-120000-000", created_at="2026-01-01T12:00:00+00:00", system="shop:system", mode=Mode.REPLAY
)


class MakeRun(Protocol):
    """Build a run out of marks, one a trial, e.g. `{"refund": "++-"}`.

    `+` routed right, `~` routed right by way of a detour, `-` routed wrong, `!` lost to the network, `s` stale.
    """

    def __call__(self, marks: Mapping[str, str], **given: Any) -> Run: ...


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_DEFAULT_MODEL",
        "CI",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("FORCE_COLOR", "NO_COLOR", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name in [each for each in os.environ if each.startswith("HARNESS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def recorded_bakery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody else's application as a project of its own, with its recordings, made against the stand-in."""
    folder = tmp_path_factory.mktemp("recorded") / "bakery"
    shutil.copytree(Path(__file__).parent / "data" / "bakery", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("CI", raising=False)
        patch.setattr(sys, "path", list(sys.path))
        patch.delitem(sys.modules, "bakery", raising=False)
        with pytest.raises(SystemExit) as left:
            main(["record", "--script", "script.yaml", "-q"])
    assert left.value.code == 0
    shutil.rmtree(folder / "reports")
    return folder


@pytest.fixture(scope="session")
def make_run() -> MakeRun:
    return _run


def _run(marks: Mapping[str, str], **given: Any) -> Run:
    asked: dict[str, Any] = {"variant": None, "instructions": "Route the customer.", "scenario": {}, "complete": True}
    asked |= {name: given.pop(name) for name in tuple(given) if name in asked}
    nodes = (
        AgentNode(
            ref=_TRIAGE,
            instructions=asked["instructions"],
            handoffs=tuple(HandoffNode(target=each.name, tool=f"to_{each.name}") for each in (_RIGHT, _WRONG)),
        ),
        AgentNode(ref=_RIGHT, instructions="Bill."),
        AgentNode(ref=_WRONG, instructions="Repair."),
    )
    return Run(
        info=replace(_INFO, variant=asked["variant"], **given),
        graph=AgentGraph(entry="Triage", agents=nodes),
        scenarios=tuple(replace(_scenario(name), **asked["scenario"].get(name, {})) for name in marks),
        trials=tuple(
            _trial(name, index, mark, asked["variant"]) for name, row in marks.items() for index, mark in enumerate(row)
        ),
        complete=asked["complete"],
    )


def _scenario(name: str) -> Scenario:
    return Scenario(
        id=name,
        location=Location(file="scenarios/shop.yaml", line=1),
        conversation=(Turn(user=f"please {name}"),),
        expect=Expectation(specialist=(_RIGHT.name,)),
    )


def _trial(scenario: str, index: int, mark: str, variant: str | None) -> Trial:
    verdict = _ENDS[mark]
    if verdict is Verdict.ERRORED:
        use = CassetteUse(path=f"{scenario}.yaml", stale=("instructions changed",) if mark == "s" else ())
        error = TrialError(kind=ErrorKind.INFRASTRUCTURE, type="RateLimitError", message="429")
        return Trial(scenario=scenario, index=index, variant=variant, verdict=verdict, error=error, cassette=use)
    went = {"+": [_RIGHT], "~": [_WRONG, _TRIAGE, _RIGHT], "-": [_WRONG]}[mark]
    reason = f"expected Billing, went to {went[-1].name}"
    blame = Blame(sentence=reason, layer=Layer.TRIAGE, agent="Triage", signature="triage | route")
    score = Score(scorer="routing", verdict=verdict, reason=reason, layer=Layer.TRIAGE, agent="Triage")
    return Trial(
        scenario=scenario,
        index=index,
        variant=variant,
        verdict=verdict,
        scores=(score,),
        blame=blame if verdict is Verdict.FAILED else None,
        trace=_trace(scenario, went),
        seconds=1.5,
    )


def _trace(scenario: str, went: list[AgentRef]) -> Trace:
    steps = [
        Handoff(id=f"h{number}", owner=owner, target=target, tool=f"to_{target.name}")
        for number, (owner, target) in enumerate(zip([_TRIAGE, *went], went, strict=False))
    ]
    said = Message(id="m", owner=went[-1], text="done")
    usage = Usage(requests=1, input_tokens=100 * len(went), output_tokens=10)
    run = AgentRun(id="r", agent=_TRIAGE, input=scenario, steps=(*steps, said), output="done", usage=usage)
    return Trace(turns=(TurnTrace(user=scenario, runs=(run,)),))
