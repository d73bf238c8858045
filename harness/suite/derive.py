"""An end-to-end recording -> scenarios of the layers below, as drafts for a person to review.

What a trial that passed did at each specialist and helper becomes what is expected of them alone: a specialist with the
conversation as it was when it took over, a helper with the input that it was given.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from harness.core.results import Verdict
from harness.core.trace import AgentRef, Handoff, Layer, Step, ToolCall, TurnTrace, answer_of, runs_of
from harness.errors import NothingSelectedError
from harness.suite.drafts import calls_made, drafts_text, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from harness.core.results import Run
    from harness.core.scenario import Scenario
    from harness.core.trace import Trace

_SLUG = re.compile(r"[^a-z0-9]+")
_ID_LENGTH = 100
_CARRIED = ("system", "approvals", "context", "recorded_tools", "seed", "clock")


@dataclass(frozen=True, slots=True)
class Derived:
    """A scenario file of drafts, how many there are, and the ids of those left out because the suite has them."""

    text: str
    count: int
    known: tuple[str, ...]


def derive(run: Run, known: Collection[str] = (), layer: str | None = None) -> Derived:
    """A draft for every specialist and helper (or only those of `layer`) that took part in a passed end-to-end trial.

    Ids in `known` are those of the suite: what was derived before is not written again. Raises NothingSelectedError
    when there is nothing to write.
    """
    book = _Book()
    for trial in run.trials:
        scenario = run.scenario(trial.scenario)
        if scenario and scenario.agent in (None, run.graph.entry) and trial.verdict is Verdict.PASSED:
            _specialists(book, scenario, trial.trace)
            _helpers(book, scenario, trial.trace)
    made = [each for each, agent in book.drafts if layer in (None, agent.layer)]
    if not made:
        why = (
            f"no {layer} took part in a trial that passed"
            if layer and book.drafts
            else "no end-to-end trial passed in it"
        )
        raise NothingSelectedError(
            f"nothing can be derived from {run.info.id!r}: {why}",
            hint="an expectation made from a failed trial would keep its mistake",
        )
    fresh = [each for each in made if each["id"] not in known]
    if not fresh:
        raise NothingSelectedError(f"the suite has all {len(made)} scenarios that {run.info.id!r} gives")
    old = tuple(each["id"] for each in made if each["id"] in known)
    return Derived(drafts_text(fresh, run.info.id), len(fresh), old)


def _specialists(book: _Book, scenario: Scenario, trace: Trace) -> None:
    for number, turn in enumerate(trace.turns):
        before = [*_said_before(scenario), *_messages(trace.turns[:number])]
        for passage in _passages(turn):
            answered = _answered(scenario, passage.steps)
            book.add(answered, passage.agent, _specialist(passage, scenario, turn, before))


def _helpers(book: _Book, scenario: Scenario, trace: Trace) -> None:
    for run in runs_of(trace):
        for call in run.steps:
            if isinstance(call, ToolCall) and call.helper is not None:
                for inner in call.runs:
                    body = {"user": written(inner.input), "expect": _calls(inner.steps)}
                    book.add(_answered(scenario, inner.steps), inner.agent, body)


def _answered(scenario: Scenario, steps: Iterable[Step]) -> Scenario:
    """The scenario with the approvals of the calls among `steps`, at whatever depth: the others are not asked for."""
    called: set[str] = set()
    waiting = [step for step in steps if isinstance(step, ToolCall)]
    while waiting:
        call = waiting.pop()
        called.add(call.tool)
        waiting += [inner for run in call.runs for inner in run.steps if isinstance(inner, ToolCall)]
    return replace(scenario, approvals={tool: yes for tool, yes in scenario.approvals.items() if tool in called})


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

    drafts: list[tuple[dict[str, Any], AgentRef]] = field(default_factory=list)
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
        draft = {
            "id": name + suffix,
            "description": f"Derived from {scenario.id}.",
            "draft": True,
            "tags": list(dict.fromkeys((*scenario.tags, "derived"))),
            "agent": agent.name,
            **carried,
            **body,
        }
        self.drafts.append((draft, agent))


def _said_before(scenario: Scenario) -> list[dict[str, str]]:
    return [{message.role: written(message.content)} for message in scenario.history]


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
