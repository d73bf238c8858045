"""What became of each tool: called, missing, unexpected, with wrong arguments, out of order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.results import AlignedCall, Fit, Run, Trial, Verdict
from harness.core.trace import CallStatus, ToolCall, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULTS = (Fit.MISSING, Fit.UNEXPECTED, Fit.MISMATCHED, Fit.OUT_OF_ORDER)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool. `called` counts calls that ran, judged or not; `faults` what the scorers held against them.

    `scenarios` are those behind each fault, and `calls` those that called it.
    """

    tool: str
    owner: str
    helper: str | None
    called: int
    failed: int
    faults: Mapping[Fit, int]
    scenarios: Mapping[Fit, tuple[str, ...]]
    calls: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    called: int = 0
    failed: int = 0
    calls: dict[str, None] | None = None


def tool_use(run: Run) -> tuple[ToolUse, ...]:
    """Every tool of the graph and every one that was called, in the graph's order."""
    called = _called(run)
    faults: dict[str, Counter[Fit]] = defaultdict(Counter)
    scenarios: dict[tuple[str, Fit], dict[str, None]] = defaultdict(dict)
    for trial in run.trials:
        for row in _faulty_rows(trial):
            faults[row.tool][row.fit] += 1
            scenarios[row.tool, row.fit][trial.scenario] = None
    return tuple(
        ToolUse(
            tool=tool,
            owner=owner,
            helper=helper,
            called=called[tool].called,
            failed=called[tool].failed,
            faults={fit: faults[tool][fit] for fit in FAULTS},
            scenarios={fit: tuple(scenarios[tool, fit]) for fit in FAULTS},
            calls=tuple(called[tool].calls or ()),
        )
        for tool, (owner, helper) in _known(run, [*called, *faults]).items()
    )


def _known(run: Run, seen: list[str]) -> dict[str, tuple[str, str | None]]:
    """Each tool with its owners and the helper behind it; tools nobody has are marked by an empty owner."""
    found: dict[str, tuple[str, str | None]] = {}
    for node in run.graph.agents:
        for tool in node.tools:
            owners = ", ".join(owner.ref.name for owner in run.graph.owners(tool.name))
            found.setdefault(tool.name, (owners, tool.helper))
    return found | {tool: ("", None) for tool in seen if tool not in found}


def _called(run: Run) -> dict[str, _Tally]:
    found: dict[str, _Tally] = defaultdict(_Tally)
    for trial in run.trials:
        for call in _calls(trial):
            tally = found[call.tool]
            tally.called += 1
            tally.failed += call.status is CallStatus.FAILED
            tally.calls = tally.calls if tally.calls is not None else {}
            tally.calls[trial.scenario] = None
    return found


def _calls(trial: Trial) -> Iterator[ToolCall]:
    for run in runs_of(trial.trace):
        for step in run.steps:
            if isinstance(step, ToolCall) and step.status is not CallStatus.NEVER_RAN:
                yield step


def _faulty_rows(trial: Trial) -> Iterator[AlignedCall]:
    """What a layer that was never reached did not do is no fault of its tools."""
    judged = [each for each in trial.scores if not each.advisory and each.verdict is not Verdict.NOT_APPLICABLE]
    for score in judged:
        for row in score.alignment.rows if score.alignment else ():
            if row.fit is not Fit.MATCHED and not row.optional:
                yield row
