"""An end-to-end recording -> scenarios of the layers below, as drafts for a person to review.

What a trial that passed did at each specialist and helper becomes what is expected of them alone: a specialist with the
conversation as it was when it took over, a helper with the input that it was given.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.core.results import Verdict
from harness.core.trace import AgentRef, Handoff, Layer, Step, ToolCall, TurnTrace, answer_of, runs_of
from harness.errors import NothingSelectedError
from harness.suite.drafts import calls_made, drafts_text, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.core.results import Run
    from harness.core.scenario import Scenario
    from harness.core.trace import Trace

_SLUG = re.compile(r"[^a-z0-9]+")
_ID_LENGTH = 100
_CARRIED = ("system", "approvals", "context", "recorded_tools")


def derive(run: Run) -> str:
    """A scenario file with a draft for every specialist and helper that took part in a passed end-to-end trial.

    Raises NothingSelectedError when the run has none.
    """
    book = _Book()
    for trial in run.trials:
        scenario = run.scenario(trial.scenario)
        if scenario and scenario.agent in (None, run.graph.entry) and trial.verdict is Verdict.PASSED:
            _specialists(book, scenario, trial.trace)
            _helpers(book, scenario, trial.trace)
    if not book.drafts:
        raise NothingSelectedError(
            f"nothing can be derived from {run.info.id!r}: no end-to-end trial passed in it",
            hint="an expectation made from a failed trial would keep its mistake",
        )
    return drafts_text(book.drafts, run.info.id)


def _specialists(book: _Book, scenario: Scenario, trace: Trace) -> None:
    for number, turn in enumerate(trace.turns):
        before = _messages(trace.turns[:number])
        for passage in _passages(turn):
            book.add(scenario, passage.agent, _specialist(passage, scenario, turn, before))


def _helpers(book: _Book, scenario: Scenario, trace: Trace) -> None:
    for run in runs_of(trace):
        for call in run.steps:
            if isinstance(call, ToolCall) and call.helper is not None:
                for inner in call.runs:
                    book.add(scenario, inner.agent, {"user": written(inner.input), "expect": _calls(inner.steps)})


def _calls(steps: Iterable[Step]) -> dict[str, Any]:
    return {"tools": calls_made(steps)}


@dataclass(frozen=True, slots=True)
class _Passage:
    """What happened from the moment an agent took the conversation over, to the end of the turn."""

    agent: AgentRef
    steps: tuple[Step, ...]


def _passages(turn: TurnTrace) -> Iterator[_Passage]:
    """One passage for each specialist that held the conversation in this turn, people apart."""
    for run in turn.runs:
        starts = [(run.agent, 0)]
        for position, step in enumerate(run.steps):
            if isinstance(step, Handoff) and step.status == "ok" and step.target is not None:
                starts.append((step.target, position + 1))
        seen: set[AgentRef] = set()
        for agent, position in starts:
            if agent.layer is Layer.SPECIALIST and not agent.human and agent not in seen:
                seen.add(agent)
                yield _Passage(agent, run.steps[position:])


@dataclass(slots=True)
class _Book:
    """The drafts so far; the same agent with the same input is written once."""

    drafts: list[dict[str, Any]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _names: Counter[str] = field(default_factory=Counter)

    def add(self, scenario: Scenario, agent: AgentRef, body: dict[str, Any]) -> None:
        asked = repr((agent.name, body["user"], body.get("history")))
        if asked in self._seen:
            return
        self._seen.add(asked)
        name = f"{scenario.id[:_ID_LENGTH]}-{_SLUG.sub('-', agent.name.lower()).strip('-') or agent.layer}"
        self._names[name] += 1
        suffix = f"-{self._names[name]}" if self._names[name] > 1 else ""
        carried = {key: written(getattr(scenario, key)) for key in _CARRIED if getattr(scenario, key)}
        self.drafts.append(
            {
                "id": name + suffix,
                "description": f"Derived from {scenario.id}.",
                "draft": True,
                "tags": list(dict.fromkeys((*scenario.tags, "derived"))),
                "agent": agent.name,
                **carried,
                **body,
            }
        )


def _messages(turns: Iterable[TurnTrace]) -> list[dict[str, str]]:
    """The conversation of these turns as the user saw it."""
    said: list[dict[str, str]] = []
    for turn in turns:
        said.append({"user": written(turn.user)})
        answer = answer_of(turn)
        if answer:
            said.append({"assistant": written(answer)})
    return said


def _specialist(passage: _Passage, scenario: Scenario, turn: TurnTrace, before: list[dict[str, str]]) -> dict[str, Any]:
    route = [passage.agent]
    route += [
        step.target for step in passage.steps if isinstance(step, Handoff) and step.target and step.status == "ok"
    ]
    expect: dict[str, Any] = {"route": [agent.name for agent in route], **_calls(passage.steps)}
    escalation = _escalation(route)
    if escalation != "none" or (scenario.expect.escalation and scenario.expect.escalation.to == "none"):
        expect["escalation"] = escalation
    history = {"history": before} if before else {}
    return {**history, "user": written(turn.user), "expect": expect}


def _escalation(route: Iterable[AgentRef]) -> str:
    followed = list(route)[1:]
    if any(agent.human for agent in followed):
        return "human"
    return "back_to_triage" if any(agent.layer is Layer.TRIAGE for agent in followed) else "none"
