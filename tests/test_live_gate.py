"""The live gate from end to end: real trials of the bundled system against the stand-in, screened and confirmed."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import config, pipeline, saved
from harness.analysis.decision import Decision, Ruling, Weight
from harness.analysis.spending import Spending
from harness.confirming import Suspect, confirm
from harness.core.trace import Layer
from harness.errors import ExitCode
from harness.fresh import folder_in
from harness.reported import Outcome
from harness.reporting.decided import decision_text
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Go = Callable[..., Awaitable[tuple[Outcome, ...]]]

ROOT = Path(__file__).parents[1]
SUITE = ("duplicate-charge", "share-a-folder", "files-do-not-sync")
ONE_SWAPPED = """
agents:
  TechnicalSpecialist:
    handoff_description: >-
      Money matters: charges, being charged twice, refunds, invoices, bills, payment problems such as a declined
      card, disputes, prices, plan changes (upgrade, downgrade) and cancelling a subscription.
"""


@dataclass(frozen=True, slots=True)
class Live:
    """Live runs of a few scenarios in a project of its own."""

    root: Path
    endpoint: str

    async def run(self, *variants: str, trials: int, **given: Any) -> tuple[Outcome, ...]:
        settings = self.settings(mode="live", trials=trials, **given)
        return await pipeline.run_variants(settings, pipeline.Selection(what=SUITE), variants)

    def settings(self, **given: Any) -> config.Settings:
        places = {"system": "agents_under_test.support:system", "scenarios": ROOT / "scenarios"}
        return config.resolve({**places, "endpoint": self.endpoint, **given}, self.root)

    def gate(self, run: Path, *confirm: Path) -> Decision:
        mine, other = confirm or (None, None)
        return saved.gate(self.settings(), run, confirm=(mine, other))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """With six trials of each scenario blessed as the history."""
    root = tmp_path_factory.mktemp("live")
    (root / "variants").mkdir()
    (root / "variants" / "one-swapped.yaml").write_text(ONE_SWAPPED, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, running() as endpoint:
        patch.delenv("CI", raising=False)
        found = Live(root, endpoint)
        (past,) = asyncio.run(found.run("baseline", trials=6))
        saved.bless(found.settings(), past.folder)
        yield found


async def test_a_candidate_that_differs_by_the_seed_alone_passes(live: Live) -> None:
    (now,) = await live.run("baseline", trials=3, seed=7)
    decision = live.gate(now.folder)
    assert (decision.verdict, decision.code) == (Ruling.PASS, ExitCode.FINE)
    assert "3 scenarios x 3 trials against 6 pooled" in decision.blind_spots[-1]
    assert now.run.info.stand_in, "live answers of the stand-in are named as such"
    assert saved.read_run(now.folder).stand_in
    assert {trial.traffic.cost_usd for trial in now.run.trials} == {0.0}


@dataclass(frozen=True, slots=True)
class Told:
    """What a live run of a variant came to, and what was told of it while it ran."""

    outcome: Outcome
    begun: tuple[tuple[int, int], ...]
    order: tuple[str | None, ...]

    @property
    def fresh(self) -> tuple[Path, Path]:
        """The folders of what was tried again: the agents as they are, and the variant."""
        plain, mine = sorted((self.outcome.folder / "confirm").glob("*/"))
        return plain, mine


@pytest.fixture(scope="module")
def swapped(live: Live) -> Told:
    """A variant with one handoff description swapped, run with the gate."""
    begun: list[tuple[int, int]] = []
    order: list[str | None] = []
    work = pipeline.run_variants(
        live.settings(mode="live", trials=3, gated=True, seed=7, concurrency=1),
        pipeline.Selection(what=SUITE),
        ("one-swapped",),
        lambda trial: order.append(trial.variant),
        lambda places, count: begun.append((len(places), count)),
    )
    (outcome,) = asyncio.run(work)
    return Told(outcome, tuple(begun), tuple(order))


def test_a_swapped_handoff_description_is_screened_then_confirmed_with_layer_agent_and_scenarios(
    swapped: Told,
) -> None:
    decision = swapped.outcome.decision
    assert decision is not None
    assert (decision.verdict, decision.confirm, swapped.outcome.code) == (Ruling.FAIL, (), ExitCode.WORSE)
    blamed = decision.of(Weight.BROKEN)
    assert (Layer.TRIAGE, "Triage") in {(each.layer, each.agent) for each in blamed}
    flagged = {name for each in blamed for name in each.scenarios}
    assert {trial.scenario for each in swapped.fresh for trial in saved.read_run(each).trials} == flagged < set(SUITE)


def test_both_sides_are_tried_again_in_turn_five_times_each(swapped: Told) -> None:
    first = 3 * len(SUITE)
    assert swapped.begun == ((1, first), (0, len(swapped.order) - first))
    again = swapped.order[first:]
    assert again == (None, "one-swapped") * (len(again) // 2)
    assert len(again) % (2 * 5) == 0 < len(again)


def test_a_saved_run_is_decided_by_the_fresh_trials_it_came_with(live: Live, swapped: Told) -> None:
    assert live.gate(swapped.outcome.folder).code is ExitCode.WORSE


def test_without_fresh_trials_a_saved_run_asks_for_them_and_takes_what_it_is_handed(
    live: Live, swapped: Told, tmp_path: Path
) -> None:
    alone = tmp_path / "run.jsonl"
    shutil.copy(swapped.outcome.folder / "run.jsonl", alone)
    screened = live.gate(alone)
    assert (screened.verdict, screened.code) == (Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE)
    assert f"{' '.join(screened.confirm)} --mode live --trials 5 --variant baseline --variant one-swapped" in (
        decision_text(screened)
    )
    plain, mine = swapped.fresh
    assert live.gate(alone, mine, plain).code is ExitCode.WORSE


async def test_agents_that_were_never_blessed_are_no_other_side(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blessed = saved.blessed_agents(live.settings())
    monkeypatch.setattr(saved, "blessed_agents", lambda _: (replace(blessed[0], instructions="Else."), *blessed[1:]))
    settings = live.settings(mode="live", gated=True)
    (variant,) = pipeline.variants_named(settings, ("one-swapped",))
    suspect = Suspect(
        folder=tmp_path,
        agents=pipeline.load_agents(settings, variant),
        scenarios=pipeline.read_scenarios(settings),
        decision=Decision(verdict=Ruling.INCONCLUSIVE, code=ExitCode.COULD_NOT_JUDGE, confirm=SUITE[:1]),
    )
    assert not await confirm(settings, suspect, (lambda _: None, lambda *_: None), Spending(0))
    assert not folder_in(tmp_path).exists()
