"""The steps that start from saved runs: read, report, gate, compare, bless. No agent is loaded for any of them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.results import Mode, Run, Verdict
from harness.errors import ExitCode, NothingSelectedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.baseline import BaselineChange
    from harness.analysis.comparison import Comparison
    from harness.analysis.decision import Decision
    from harness.analysis.live_gate import Fresh
    from harness.analysis.policy import Policy
    from harness.analysis.power import Power
    from harness.analysis.summary import Summary
    from harness.config import Settings

DEFAULT_BASELINE = Path("baselines/main.json")
"""Where a baseline is blessed when neither policy nor command line names a file."""


def read_run(path: Path) -> Run:
    """A saved run, by its folder or file."""
    from harness.execution import journal

    return journal.read_run(path)


def newest_run(settings: Settings) -> Path:
    """The folder of the newest run. Raises NothingSelectedError when there is none."""
    folders = sorted(each.parent for each in settings.path(settings.out).glob("*/run.jsonl"))
    if not folders:
        raise NothingSelectedError(f"no run in {str(settings.path(settings.out))!r}", hint="harness run makes one")
    return folders[-1]


def exit_code(run: Run) -> ExitCode:
    """What the process says of a run without a gate: not judged comes before worse."""
    from harness.analysis.outcome import run_verdict, scenario_results

    codes = {Verdict.ERRORED: ExitCode.COULD_NOT_JUDGE, Verdict.FAILED: ExitCode.WORSE}
    return codes.get(run_verdict(run, scenario_results(run)), ExitCode.FINE)


def write_reports(
    run: Run,
    folder: Path,
    formats: Sequence[str] = (),
    decision: Decision | None = None,
    comparison: Comparison | None = None,
) -> tuple[Path, ...]:
    """Render the run beside its journal, in the usual formats or those named; on GitHub, tell it too.

    Runs that stand side by side are listed in the index.html above them.
    """
    from harness.reporting.formats import REPORTERS, USUAL, write
    from harness.reporting.gated import changes_shown, gate_shown
    from harness.reporting.history import past_runs, trend_of
    from harness.reporting.html.index import write_index
    from harness.reporting.view import report_of

    report = report_of(
        run,
        gate=gate_shown(decision) if decision else None,
        changes=changes_shown(comparison) if comparison else None,
        trend=trend_of(past_runs(folder.parent), run.info),
    )
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(REPORTERS["github-summary"].render(report))
    written = write(report, folder, formats or USUAL)
    if (folder / "run.jsonl").exists():
        write_index(folder.parent)
    return written


def github_annotations(run: Run) -> str:
    """What GitHub is told of the run, one line an annotation; empty elsewhere."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return ""
    from harness.reporting.formats import REPORTERS
    from harness.reporting.view import report_of

    return REPORTERS["github"].render(report_of(run))


def gate(
    settings: Settings,
    path: Path | None = None,
    variant: str | None = None,
    confirm: tuple[Path | None, Path | None] = (None, None),
) -> Decision:
    """Whether the saved run (default: the newest) may be merged; `confirm` are fresh runs, candidate and baseline."""
    from harness.analysis.gate import decide

    policy = policy_of(settings)
    run = read_side(path or newest_run(settings), variant)
    against = baseline(settings) if baseline_path(settings) else None
    return decide(run, policy, against, now=datetime.now(UTC), fresh=_fresh(*confirm, variant))


def compare(
    settings: Settings, before: Path, after: Path | None = None, variants: tuple[str, str] | None = None
) -> Comparison:
    """The saved run `after` (default: the newest) held against the run or baseline file `before`."""
    from harness.analysis import comparison

    mine, other = (variants[1], variants[0]) if variants else (None, None)
    return comparison.compare(summary_at(after or newest_run(settings), mine), summary_at(before, other))


def bless(settings: Settings, path: Path | None) -> tuple[Path, Summary, str]:
    """Write the saved run (default: the newest) as the baseline: its file, what it holds, a warning if it is old."""
    from harness.analysis import baseline as baselines

    target = baseline_path(settings) or settings.path(DEFAULT_BASELINE)
    previous = baselines.read_baseline(target) if target.exists() else None
    blessed = baselines.bless(read_run(path or newest_run(settings)), previous, in_ci=bool(os.environ.get("CI")))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(baselines.as_text(blessed), encoding="utf-8")
    age = baselines.age_in_days(blessed, datetime.now(UTC))
    limit = policy_of(settings).max_age_days
    old = age is not None and age > limit
    return target, blessed, f"this run is {age} days old, the gate allows {limit}" if old else ""


def baseline(settings: Settings) -> Summary:
    """What is blessed. Raises UsageError when nothing is."""
    from harness.analysis.baseline import read_baseline

    return read_baseline(baseline_path(settings) or settings.path(DEFAULT_BASELINE))


def baseline_diff(settings: Settings, path: Path | None) -> BaselineChange:
    """What blessing the saved run (default: the newest) would change."""
    from harness.analysis.baseline import changes

    return changes(baseline(settings), summary_at(path or newest_run(settings)))


def power(settings: Settings, trials: int, confirming: int, suites: int) -> tuple[Power, ...]:
    """What the live gate catches on suites like the one that is blessed; replays have no spread to learn it from."""
    from harness.analysis.power import outlook

    history = baseline(settings)
    if history.mode is Mode.REPLAY:
        raise UsageError(
            "the baseline is of replays, which repeat one recording", hint="bless live runs and name their file"
        )
    return outlook(history.tallies(), trials, confirming, suites)


def policy_of(settings: Settings) -> Policy:
    """The gate's policy. Raises UsageError for an unknown key or metric."""
    from harness.analysis.policy import read_policy
    from harness.analysis.verdicts import METRICS

    return read_policy(settings.gate, METRICS)


def read_side(path: Path, variant: str | None = None) -> Run:
    """A saved run, or what one variant did in it."""
    from harness.analysis.sides import of_variant, only_variant

    found = read_run(path)
    return of_variant(found, variant) if variant else only_variant(found)


def summary_at(path: Path, variant: str | None = None) -> Summary:
    """The summary of a saved run, or a baseline file."""
    from harness.analysis.baseline import read_baseline
    from harness.analysis.summary import summary_of

    if path.suffix == ".json":
        return read_baseline(path)
    return summary_of(read_side(path, variant), variant or path.name)


def as_json(value: Any) -> str:
    """A decision, comparison or baseline as data."""
    from pydantic import TypeAdapter

    return TypeAdapter(type(value)).dump_json(value, indent=2).decode()


def baseline_path(settings: Settings) -> Path | None:
    """The baseline's file, by the command line or else by the policy; None when neither names one."""
    named = settings.baseline or policy_of(settings).baseline
    return settings.path(Path(named)) if named else None


def _fresh(candidate: Path | None, reference: Path | None, variant: str | None) -> Fresh | None:
    if (candidate is None) is not (reference is None):
        raise UsageError("--confirm and --against belong together", hint="a drop is confirmed by trials of both sides")
    if candidate is None or reference is None:
        return None
    from harness.analysis.live_gate import Fresh

    return Fresh(candidate=summary_at(candidate, variant), baseline=summary_at(reference))
