"""The steps that start from saved runs: read, report, gate, compare, bless. No agent is loaded for any of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import in_ci
from harness.core.files import write_text
from harness.core.results import Mode, Run, Verdict
from harness.errors import ExitCode, NothingSelectedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.baseline import BaselineChange
    from harness.analysis.comparison import Comparison  # noqa: TC004 - nothing evaluates these annotations
    from harness.analysis.decision import Decision  # noqa: TC004 - nothing evaluates these annotations
    from harness.analysis.live_gate import Fresh
    from harness.analysis.policy import Policy
    from harness.analysis.power import Power
    from harness.analysis.summary import Summary
    from harness.config import Settings
    from harness.core.graph import AgentNode
    from harness.reporting.history import PastRun
    from harness.reporting.past import PastResult
    from harness.reporting.side_by_side import Pair
    from harness.reporting.view import Report
    from harness.suite.derive import Derived

DEFAULT_BASELINE = Path("baselines/main.json")
"""Where a baseline is blessed, and looked for, when neither policy nor command line names a file."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a run was held against. `other` is the other side itself, where there is more than its summary."""

    comparison: Comparison | None = None
    other: Run | None = None
    decision: Decision | None = None


ALONE = Held()
"""A run that is held against nothing."""


def exit_code(run: Run, beside: Held = ALONE) -> ExitCode:
    """What the process says of a run: the gate's word, or without one not judged before worse."""
    from harness.analysis.outcome import run_verdict, scenario_results

    if beside.decision:
        return beside.decision.code
    codes = {Verdict.ERRORED: ExitCode.COULD_NOT_JUDGE, Verdict.FAILED: ExitCode.WORSE}
    return codes.get(run_verdict(run, scenario_results(run)), ExitCode.FINE)


def need_baseline(settings: Settings) -> None:
    """Before a run that is held against a baseline. Raises UsageError when it is not there."""
    place = baseline_path(settings)
    if place and (settings.baseline or settings.gated) and not place.exists():
        raise UsageError(f"there is no baseline {str(place)!r}", hint="harness baseline bless RUN makes one")


def held(settings: Settings, run: Run, beside: Run | None = None) -> Held:
    """Hold `run` against `beside`, or else the baseline where there is one; ask the gate too if it is to decide.

    The gate holds it against the baseline, whose trials are pooled, and takes `beside` only where there is none.
    Raises UsageError when a baseline that was asked for cannot be read.
    """
    from harness import fresh

    past = _baseline_run(settings)
    blessed = _labelled(past) if past else _baseline_if_there(settings)
    reference = _labelled(beside) if beside else blessed
    again = fresh.beside(settings.path(settings.out) / run.info.id, run) if settings.gated else None
    return Held(
        comparison=_compared(run, reference) if reference else None,
        other=beside or past,
        decision=_decided(settings, run, blessed or reference, again) if settings.gated else None,
    )


def _compared(run: Run, reference: Summary) -> Comparison | None:
    """None for a run of several variants, of which none is the candidate.

    Of a run of less than half of the reference's scenarios only these are compared: it is a selection, and what was
    left out is not gone.
    """
    from harness.analysis import comparison
    from harness.analysis.sides import variants_of

    if len(variants_of(run)) > 1:
        return None
    mine = _labelled(run)
    both = {name: entry for name, entry in reference.entries.items() if name in mine.entries}
    selection = 2 * len(both) < len(reference.entries)
    return comparison.compare(mine, replace(reference, entries=both) if selection else reference)


def blessed_agents(settings: Settings) -> tuple[AgentNode, ...]:
    """The agents of the baseline that the gate decides by; none without a baseline."""
    past = _baseline_run(settings)
    found = _labelled(past) if past else _baseline_if_there(settings)
    return found.agents if found else ()


def _decided(settings: Settings, run: Run, reference: Summary | None, fresh: Fresh | None) -> Decision:
    from harness.analysis.gate import decide

    return decide(run, policy_of(settings), reference, now=datetime.now(UTC), fresh=fresh)


def _labelled(run: Run, unlike: str = "") -> Summary:
    """Its summary, called by its variant, or by its id where that is missing or what the other side is called."""
    from harness.analysis.sides import only_variant
    from harness.analysis.summary import summary_of

    label = run.info.variant if run.info.variant != unlike else None
    return summary_of(only_variant(run), label or run.info.id)


def _baseline_run(settings: Settings) -> Run | None:
    """The baseline, where it is a run with all its traces and no summary of runs."""
    place = baseline_path(settings)
    return read_side(place) if place and place.suffix != ".json" else None


def _baseline_if_there(settings: Settings) -> Summary | None:
    """The blessed summary. One that only the policy names may not be there yet, unless the gate is to decide."""
    place = baseline_path(settings)
    asked = settings.gated or settings.baseline is not None
    return baseline(settings) if place and (asked or place.exists()) else None


def report_at(run: Run, folder: Path, beside: Held = ALONE) -> Report:
    """What every format of the run starts from; its trend is read from the runs that stand beside `folder`."""
    from harness.reporting.gated import changes_shown, gate_shown
    from harness.reporting.history import past_runs, trend_of
    from harness.reporting.view import report_of

    return report_of(
        run,
        gate=gate_shown(beside.decision) if beside.decision else None,
        changes=changes_shown(beside.comparison) if beside.comparison else None,
        trend=trend_of(past_runs(folder.parent), run.info),
        other=beside.other,
    )


def write_reports(report: Report, folder: Path, formats: Sequence[str] = ()) -> tuple[Path, ...]:
    """Render the run, in the usual formats or those named.

    Runs that stand side by side are listed in the index.html above them.
    """
    from harness.reporting.formats import USUAL, write
    from harness.reporting.html.index import write_index

    written = write(report, folder, formats or USUAL)
    if (folder / "run.jsonl").exists():
        write_index(folder.parent)
    return written


def tell_github(report: Report) -> str:
    """Add to the summary of the step, and give the annotations for the log; nothing happens elsewhere."""
    from harness.reporting.formats import REPORTERS

    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(REPORTERS["github-summary"].render(report))
    return REPORTERS["github"].render(report) if os.environ.get("GITHUB_ACTIONS") == "true" else ""


def gate(
    settings: Settings,
    path: Path | None = None,
    variant: str | None = None,
    confirm: tuple[Path | None, Path | None] = (None, None),
) -> Decision:
    """Whether the saved run (default: the newest) may be merged.

    `confirm` are fresh runs, candidate and baseline; without them those that the gate made itself, if it did.
    """
    from harness import fresh

    place = path or newest_run(settings)
    run = read_side(place, variant)
    against = baseline(settings) if baseline_path(settings) else None
    again = fresh.handed_over(*confirm, variant) or fresh.beside(place if place.is_dir() else place.parent, run)
    return _decided(settings, run, against, again)


def compare(settings: Settings, before: Path, after: Path | None = None) -> tuple[Pair, ...]:
    """The saved run `after` (default: the newest) held against the run or baseline file `before`."""
    found = after or newest_run(settings)
    if before.suffix == ".json":
        from harness.analysis.baseline import read_baseline

        return _pairs(read_baseline(before), None, [(found, read_side(found))])
    run = read_side(before)
    return _pairs(_labelled(run), run, [(found, read_side(found))])


def compare_variants(settings: Settings, names: Sequence[str], run: Path | None = None) -> tuple[Pair, ...]:
    """Each variant held against the first: their newest finished runs, or what each did in the saved `run`.

    Raises UsageError for a variant that has no run of the same kind, with the command that makes one.
    """
    from harness.reporting.history import newest_of_variants

    folder = settings.path(settings.out)
    places = [run] * len(names) if run else [folder / each for each in newest_of_variants(folder, names)]
    sides = [_called(read_side(place, name), name) for place, name in zip(places, names, strict=True)]
    return _pairs(_labelled(sides[0]), sides[0], list(zip(places[1:], sides[1:], strict=True)))


def _called(run: Run, variant: str) -> Run:
    return replace(run, info=replace(run.info, variant=variant))


def _pairs(reference: Summary, before: Run | None, candidates: Sequence[tuple[Path, Run]]) -> tuple[Pair, ...]:
    from harness.analysis.comparison import compare_all
    from harness.analysis.cost_changes import cost_changes
    from harness.reporting.side_by_side import Pair

    summaries = [_labelled(after, unlike=reference.label) for _, after in candidates]
    found = compare_all(summaries, reference)
    return tuple(
        Pair(
            comparison=replace(each, costs=cost_changes(after, before) if before else ()),
            before=before,
            after=after,
            folder=place if place.is_dir() else place.parent,
        )
        for each, (place, after) in zip(found, candidates, strict=True)
    )


def write_comparison(pairs: Sequence[Pair], path: Path | None = None) -> Path:
    """Write the page of a comparison: to `path`, or beside the last candidate's own page."""
    from harness.reporting.html.compared import render_comparison

    target = path or pairs[-1].folder / f"compare-{pairs[-1].comparison.reference}.html"
    return write_text(target, render_comparison(pairs))


def bless(settings: Settings, path: Path | None) -> tuple[Path, Summary, str]:
    """Write the saved run (default: the newest) as the baseline: its file, what it holds, a warning if it is old."""
    from harness.analysis import baseline as baselines

    target = baseline_path(settings) or settings.path(DEFAULT_BASELINE)
    previous = baselines.read_baseline(target) if target.exists() else None
    blessed = baselines.bless(read_run(path or newest_run(settings)), previous, in_ci=in_ci())
    put(target, baselines.as_text(blessed))
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


def history(settings: Settings, mode: str | None = None, variant: str | None = None) -> tuple[PastRun, ...]:
    """The saved runs of this mode and variant, oldest first. Raises NothingSelectedError when there is none."""
    from harness.analysis.sides import PLAIN
    from harness.reporting.history import past_runs

    folder = settings.path(settings.out)
    found = tuple(
        each for each in past_runs(folder) if mode in (None, each.mode) and variant in (None, each.variant or PLAIN)
    )
    if not found:
        raise NothingSelectedError(f"no such run in {str(folder)!r}", hint="harness run makes one")
    return found


def history_of(settings: Settings, runs: Sequence[PastRun], scenarios: Sequence[str]) -> tuple[PastResult, ...]:
    """What became of `scenarios` in `runs`. Raises NothingSelectedError for one that is in none of them."""
    from harness.reporting.past import results_of

    found = results_of(settings.path(settings.out), runs, scenarios)
    missing = [name for name in scenarios if name not in {each.scenario for each in found}]
    if missing:
        raise NothingSelectedError(f"no run here has a scenario {missing[0]!r}", hint="harness list says what there is")
    return found


def power(settings: Settings, trials: int, confirming: int, suites: int) -> tuple[Power, ...]:
    """What the live gate catches on suites like the one that is blessed; replays have no spread to learn it from."""
    from harness.analysis.power import outlook

    history = baseline(settings)
    if history.mode is Mode.REPLAY:
        raise UsageError(
            "the baseline is of replays, which repeat one recording", hint="bless live runs and name their file"
        )
    return outlook(history.tallies(), trials, confirming, suites)


def derive(settings: Settings, path: Path | None, layer: str | None) -> Derived:
    """Drafts for the layers below, out of the end-to-end trials of the saved run (default: the newest).

    What the suite has already is left out. Raises NothingSelectedError when there is nothing to write.
    """
    from harness.suite import derive as drafts
    from harness.suite.loading import read_suite

    reading = read_suite([settings.path(settings.scenarios)], root=settings.root)
    known = {*(each.id for each in reading.scenarios), *reading.unread}
    return drafts.derive(read_run(path or newest_run(settings)), known, layer)


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


def put(file: Path, text: str) -> None:
    """Write a file whole or not at all. Raises UsageError where that cannot be."""
    try:
        write_text(file, text)
    except OSError as error:
        raise UsageError(f"{str(file)!r} cannot be written: {error.strerror}") from error


def as_json(value: Any) -> str:
    """A decision, comparison or baseline as data."""
    from pydantic import TypeAdapter

    return TypeAdapter(type(value)).dump_json(value, indent=2).decode()


def baseline_path(settings: Settings) -> Path | None:
    """The baseline by the command line, or the policy's, or the usual one if it is there; None without any."""
    named = settings.baseline or policy_of(settings).baseline
    usual = settings.path(DEFAULT_BASELINE)
    return settings.path(Path(named)) if named else usual if usual.exists() else None
