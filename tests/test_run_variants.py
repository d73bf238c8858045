"""Variants through the whole program: recorded against the stand-in, replayed, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import config, pipeline
from harness.core.results import Trial, Verdict
from harness.core.trace import Layer
from harness.errors import ProblemsError, UsageError
from harness.execution.journal import read_run
from harness.running import plan
from harness.standin.server import running
from harness.suite.variant_files import load_variant, variant_files
from harness.system.loading import load_system
from harness.system.variants import apply_variant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from harness.reported import Outcome

    Go = Callable[..., Awaitable[tuple[Outcome, ...]]]

ROOT = Path(__file__).parents[1]
BUNDLED = variant_files(ROOT / "variants")
DENIED = pipeline.Selection(what=("refund-denied-by-the-customer",))


@pytest.fixture
def go(tmp_path: Path) -> Go:
    """Run a selection with variants; in replay nothing answers but the recordings."""

    async def run(mode: str, *names: str, what: pipeline.Selection = DENIED, **given: Any) -> tuple[Outcome, ...]:
        places = {"out": tmp_path / "reports", "cassettes": tmp_path / "cassettes", "mode": mode}
        if mode == "replay":
            return await pipeline.run_variants(config.resolve(places | given, ROOT), what, names, _told)
        with running() as endpoint:
            settings = config.resolve({**places, "endpoint": endpoint, **given}, ROOT)
            return await pipeline.run_variants(settings, what, names, _told)

    return run


def _told(trial: Trial) -> None:
    assert trial.error is None


def _live(outcome: Outcome) -> int:
    return sum(trial.traffic.live for trial in outcome.run.trials)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_variant_fits_the_bundled_system(name: str) -> None:
    variant = load_variant(BUNDLED[name], ROOT)
    assert variant.description
    assert len(apply_variant(load_system("agents_under_test.support:system"), variant).instead) == 8


async def test_a_variant_records_only_what_it_asks_differently(go: Go, tmp_path: Path) -> None:
    (before,) = await go("record", "baseline")
    (after,) = await go("record", "plain-words")
    layers = [run.agent.layer for run in before.run.trials[0].trace.turns[0].runs]
    assert layers == [Layer.TRIAGE]
    assert (_live(after), after.run.trials[0].traffic.replayed) == (1, _live(before) - 1)
    own = tmp_path / "cassettes" / "variants" / "plain-words" / "refund-denied-by-the-customer.yaml"
    assert own.read_text(encoding="utf-8").count("You meet every customer") == 1


async def test_recordings_replay_side_by_side_each_variant_in_a_run_of_its_own(go: Go) -> None:
    await go("record", "baseline")
    await go("record", "precise")
    outcomes = await go("replay", "baseline", "precise")
    assert [outcome.run.info.variant for outcome in outcomes] == [None, "precise"]
    assert [outcome.run.trials[0].verdict for outcome in outcomes] == [Verdict.FAILED, Verdict.PASSED]
    assert [_live(outcome) for outcome in outcomes] == [0, 0]
    assert outcomes[1].folder.name.endswith("-precise")
    assert read_run(outcomes[1].folder).info.variant == "precise"
    assert outcomes[0].run.graph != outcomes[1].run.graph


async def test_trials_of_variants_take_turns(go: Go) -> None:
    settings = config.resolve({"trials": 2}, ROOT)
    scenarios = pipeline.listed(settings, pipeline.Selection(what=("plan-prices", "duplicate-charge")))
    order = [(spec.index, spec.scenario.id, spec.variant) for spec in plan(settings, scenarios, (None, "x"))]
    assert order == [
        (index, scenario.id, variant) for index in (0, 1) for scenario in scenarios for variant in (None, "x")
    ]


async def test_a_trial_of_a_variant_costs_the_application_nothing(go: Go) -> None:
    first, _, again = await go("live", "baseline", "swapped", "precise")
    (alone,) = await go("live", "baseline")
    assert first.run.trials[0].trace == alone.run.trials[0].trace
    assert again.run.trials[0].trace != alone.run.trials[0].trace


async def test_a_name_without_a_file_is_refused_before_anything_runs(go: Go) -> None:
    with pytest.raises(UsageError, match="did you mean 'precise'"):
        await go("replay", "precice")


async def test_a_variant_of_other_agents_is_refused_with_its_place(go: Go, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("agents:\n  Billing: {model: x}\n", encoding="utf-8")
    with pytest.raises(ProblemsError) as raised:
        await go("replay", "odd", variants=tmp_path)
    assert "odd.yaml:2: error: the system has no agent 'Billing'" in str(raised.value)
