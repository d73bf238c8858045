"""Options that several verbs share, the same everywhere, and what they resolve to."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness import config
from harness.core.results import Mode
from harness.errors import UsageError, gravest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.estimate import Estimate
    from harness.config import Settings
    from harness.pipeline import Selection
    from harness.reported import Outcome
    from harness.reporting.terminal import Screen

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SETTINGS = tuple(each for each in config.Settings.__dataclass_fields__ if each != "root")


def _group(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def apply(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


def places(command: _Command) -> _Command:
    """Where things are: system, scenarios, cassettes, output folder."""
    return _group(
        click.option("--system", metavar="MODULE:ATTR", help="The agents under test."),
        click.option("--scenarios", type=click.Path(path_type=Path), help="Folder of scenario files."),
        click.option("--cassettes", type=click.Path(path_type=Path), help="Folder of recordings."),
        click.option("--out", type=click.Path(path_type=Path), help="Folder that runs are written to."),
    )(command)


def choice(command: _Command) -> _Command:
    """Which scenarios: paths or ids, and filters."""
    return _group(
        click.argument("what", nargs=-1, metavar="[PATHS or IDS]..."),
        click.option(
            "-k", "keyword", metavar="EXPR", help="Only scenarios whose id or tags fit, e.g. 'refund and not limit'."
        ),
        click.option("--tag", "tags", multiple=True, help="Only scenarios with this tag (repeatable)."),
        click.option(
            "--layer", type=click.Choice(["triage", "specialist", "helper"]), help="Only scenarios of this layer."
        ),
        click.option("--last-failed", is_flag=True, help="Only what did not pass in the newest run."),
        click.option("--shard", metavar="I/N", help="The I-th of N parts, for as many machines."),
    )(command)


def running(command: _Command) -> _Command:
    """How trials are run."""
    return _group(
        click.option(
            "--variant",
            "with_variants",
            multiple=True,
            metavar="NAME",
            help="Lay variants/NAME.yaml over the agents; `baseline`: none. Repeatable: one run each, interleaved.",
        ),
        click.option("-j", "--concurrency", type=click.IntRange(1), help="Trials at once."),
        click.option("--processes", type=click.IntRange(1), help="Processes to spread the trials over."),
        click.option("--trials", type=click.IntRange(1), help="Trials of each scenario, instead of what it says."),
        click.option("--max-failures", type=click.IntRange(0), help="Stop after this many trials that did not pass."),
        click.option("--seed", type=int, help="Seed handed to each trial."),
        click.option("--timeout", type=float, help="Seconds a trial may take."),
    )(command)


def held(command: _Command) -> _Command:
    """What a run is held against, and whether the gate decides."""
    return _group(
        click.option(
            "--baseline",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="Show what changed against this run or baseline file.",
        ),
        click.option("--gate", "gated", is_flag=True, default=None, help="Let the gate decide the exit code."),
    )(command)


def resuming(command: _Command) -> _Command:
    """Which run to go on with."""
    return _group(
        click.option(
            "--resume", metavar="RUN", type=click.Path(path_type=Path), help="Go on with a run that ended early."
        ),
    )(command)


def age(command: _Command) -> _Command:
    """When recordings expire."""
    return _group(
        click.option("--max-age-days", type=click.IntRange(0), help="Take older recordings for stale; 0: never."),
    )(command)


def cost(command: _Command) -> _Command:
    """What a run may cost."""
    return _group(
        click.option(
            "--max-cost", type=click.FloatRange(0), metavar="USD", help="Start no more trials once this is spent."
        ),
    )(command)


def decision(command: _Command) -> _Command:
    """Which new recordings are decided on, and why."""
    return _group(
        click.argument("names", nargs=-1),
        click.option("--all", "everything", is_flag=True, help="All that wait."),
        click.option("--same", is_flag=True, help="All whose meaning is the same as before; replays both sides."),
        click.option("--reason", default="", metavar="TEXT", help="Why; kept in the history beside the recordings."),
        places,
    )(command)


def output(command: _Command) -> _Command:
    """How much is said, and in which form."""
    return _group(
        click.option("--json", "as_json", is_flag=True, help="Data on stdout."),
        click.option("-q", "--quiet", is_flag=True, help="Say the verdict only."),
        click.option("-v", "--verbose", is_flag=True, help="Say more."),
        click.option("--no-color", is_flag=True, help="No colours."),
    )(command)


def settings_of(options: dict[str, Any], **fixed: Any) -> Settings:
    """The settings of a call, taking out of `options` those that are settings.

    Paths of the command line are seen from the current folder, all others from the project's.
    """
    given = {name: options.pop(name) for name in _SETTINGS if name in options}
    given |= {name: value.absolute() for name, value in given.items() if isinstance(value, Path)}
    if isinstance(given.get("mode"), str):
        given["mode"] = Mode(given["mode"])
    return config.resolve(given | fixed)


def selection_of(options: dict[str, Any]) -> Selection:
    """What was asked for, taking out of `options` what says so."""
    from harness.pipeline import Selection

    return Selection(
        what=tuple(options.pop("what", ())),
        keyword=options.pop("keyword", None),
        tags=tuple(options.pop("tags", ())),
        layer=options.pop("layer", None),
        last_failed=options.pop("last_failed", False),
    )


def execute(given: dict[str, Any], **fixed: Any) -> int:
    """Run what was selected, tell how it goes, and give the exit code."""
    from harness import pipeline, saved
    from harness.reported import outcome_of

    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    names, resumed = given.pop("with_variants", ()), given.pop("resume", None)
    selection = selection_of(given)
    if resumed and (names or selection != pipeline.EVERYTHING):
        raise UsageError("--resume goes on with what the run began with", hint="leave out what selects scenarios")
    settings = settings_of(given, **fixed)
    if not flags["verbose"]:
        _mute_sdk()
    screen = screen_of(flags)
    folders: list[Path] = []

    def begin(places: Sequence[Path], trials: int) -> None:
        folders.extend(places)
        screen.begin(trials, again=not places)

    if resumed:
        work = pipeline.resume(settings, resumed, screen.trial, begin)
    else:
        work = pipeline.run_variants(settings, selection, names or (pipeline.BASELINE,), screen.trial, begin)
    try:
        outcomes = asyncio.run(work)
    except KeyboardInterrupt:
        for folder in folders:
            screen.summary(outcome_of(settings, saved.read_run(folder)))
        raise
    finally:
        screen.stop()
    for outcome in outcomes:
        screen.summary(outcome)
        if outcome.stopped:
            _say_stopped(outcome)
        if flags["as_json"]:
            click.echo((outcome.folder / "summary.json").read_text(encoding="utf-8"))
        click.echo(saved.tell_github(outcome.report), nl=False, err=flags["as_json"])
    return gravest(outcome.code for outcome in outcomes)


def estimate_of(given: dict[str, Any], fixed: dict[str, Any], *, ahead: bool) -> Estimate:
    """About how many calls and how much money a call of a verb takes; `ahead` when it is made next in this process."""
    from harness import pipeline, recordings

    left = dict(given)
    settings = settings_of(left, **fixed)
    names = left.pop("with_variants", ()) or (pipeline.BASELINE,)
    return asyncio.run(recordings.estimated(settings, selection_of(left), names, ahead=ahead))


def say_estimate(given: dict[str, Any], fixed: dict[str, Any], *, stand_in: bool = False) -> None:
    """Say the same before it is made, where people read it."""
    from harness.reporting.estimated import estimate_text

    if not (given["quiet"] or given["as_json"] or given.get("resume")):
        live = settings_of(dict(given), **fixed).mode is Mode.LIVE
        found = estimate_of(given, fixed, ahead=True)
        click.echo(estimate_text(found, stand_in=stand_in, live=live), err=True)


def _say_stopped(outcome: Outcome) -> None:
    from harness.reporting.numbers import plural

    done = len(outcome.run.trials)
    click.echo(f"stopped: {outcome.stopped}; {plural(done, 'trial')} {'is' if done == 1 else 'are'} kept", err=True)
    click.echo(f"next: the same with --resume {outcome.folder} and without what selects scenarios", err=True)


def screen_of(flags: dict[str, bool]) -> Screen:
    """The terminal as the flags of `output` ask for it."""
    from harness.reporting.terminal import Screen

    return Screen(
        quiet=flags["quiet"] or flags["as_json"],
        verbose=flags["verbose"],
        color=False if flags["no_color"] else None,
    )


def decide(given: dict[str, Any], decided: Callable[..., Any], word: str) -> int:
    """Accept or reject what was named, say so, and give the exit code."""
    from harness import recordings

    names, reason = given.pop("names"), given.pop("reason")
    every, same = given.pop("everything"), given.pop("same")
    settings = settings_of(given)
    recordings.refuse_decisions_in_ci()
    if sum((bool(names), every, same)) != 1:
        waiting = ", ".join(each.name for each in recordings.pending(settings)) or "none"
        raise UsageError("say which recordings: NAMES, --same or --all", hint=f"waiting: {waiting}")
    if same:
        names = asyncio.run(recordings.same(settings))
    done = decided(settings, names, reason) if names or every else ()
    for each in done:
        click.echo(each.cassette)
    click.echo(f"{len(done)} {word}", err=True)
    return 0


def echo_json(value: Any) -> None:
    """Data on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _mute_sdk() -> None:
    """The SDK logs each request that fails, without saying in which trial; the trial's own error says more."""
    logging.getLogger("openai.agents").addHandler(logging.NullHandler())
