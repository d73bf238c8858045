"""What differs in meaning between two trials of one scenario: verdict, route, calls, arguments, answer, end state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.analysis.failures import sentence_of
from harness.core.results import Verdict
from harness.core.trace import CallStatus, ToolCall, answer_of, route_of, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.core.results import Trial


class Shift(StrEnum):
    """What a new recording means beside the old one, in the order in which a person wants to read it."""

    REGRESSED = "regressed"
    UNJUDGED = "unjudged"
    FIXED = "fixed"
    OTHER_PATH = "other_path"
    OTHER_WORDS = "other_words"
    NEW = "new"
    SAME = "same"


SHIFT_WORDS: Mapping[Shift, str] = {
    Shift.REGRESSED: "regressed",
    Shift.UNJUDGED: "could not be judged",
    Shift.FIXED: "fixed",
    Shift.OTHER_PATH: "other path, same verdict",
    Shift.OTHER_WORDS: "other words, same path",
    Shift.NEW: "new",
    Shift.SAME: "same meaning",
}
"""Shifts in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One thing that differs, as lines of text on both sides. `name` is verdict, route, calls, ..."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What became of a scenario, and every facet that differs."""

    shift: Shift
    facets: tuple[Facet, ...] = ()


def meaning(before: Trial | None, after: Trial) -> Meaning:
    """What `after` means beside `before`; both are trials of one scenario, None is a trial there was not."""
    if before is None:
        return Meaning(shift=Shift.NEW, facets=tuple(_facets(None, after)))
    facets = tuple(_facets(before, after))
    return Meaning(shift=_shift(before, after, {each.name for each in facets}), facets=facets)


_PATH = ("route", "calls", "arguments", "end state")


def _shift(before: Trial, after: Trial, differing: set[str]) -> Shift:
    if after.verdict is not before.verdict:
        if after.verdict is Verdict.ERRORED:
            return Shift.UNJUDGED
        return Shift.REGRESSED if after.verdict is Verdict.FAILED else Shift.FIXED
    if differing & set(_PATH):
        return Shift.OTHER_PATH
    return Shift.OTHER_WORDS if differing else Shift.SAME


def _facets(before: Trial | None, after: Trial) -> Iterator[Facet]:
    old, new = (_sides(before) if before else {}), _sides(after)
    for name, lines in new.items():
        earlier = old.get(name, ())
        if earlier != lines:
            yield Facet(name=_arguments_only(name, earlier, lines), before=earlier, after=lines)


def _arguments_only(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """`calls` that are the same tools in the same order differ in their arguments."""
    tools = [[line.partition("(")[0] for line in side] for side in (before, after)]
    return "arguments" if name == "calls" and tools[0] == tools[1] else name


def _sides(trial: Trial) -> dict[str, tuple[str, ...]]:
    sentence = sentence_of(trial) if trial.verdict in (Verdict.FAILED, Verdict.ERRORED) else ""
    turns = [answer_of(turn) for turn in trial.trace.turns]
    return {
        "verdict": (": ".join(each for each in (trial.verdict.value, sentence) if each),),
        "route": (" > ".join(agent.name for agent in route_of(trial.trace)),),
        "calls": tuple(_calls(trial)),
        "answer": tuple(line for answer in turns for line in answer.splitlines()),
        "end state": _state(trial),
    }


def _calls(trial: Trial) -> Iterator[str]:
    for run in runs_of(trial.trace):
        for step in run.steps:
            if isinstance(step, ToolCall):
                failed = "" if step.status is CallStatus.OK else f"  [{step.status.value.replace('_', ' ')}]"
                yield f"{step.owner.name}: {_call(step)}{failed}"


def _call(step: ToolCall) -> str:
    """The call whole: what is cut off could be what differs."""
    try:
        arguments = json.loads(step.arguments or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        return f"{step.tool}({step.arguments})"
    told = (f"{name}={json.dumps(value, ensure_ascii=False, sort_keys=True)}" for name, value in arguments.items())
    return f"{step.tool}({', '.join(sorted(told))})"


def _state(trial: Trial) -> tuple[str, ...]:
    state = trial.trace.state
    return () if state is None else tuple(json.dumps(state, indent=1, ensure_ascii=False, sort_keys=True).splitlines())
