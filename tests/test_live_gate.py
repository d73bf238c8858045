"""The live gate from end to end: real trials of the bundled system against the stand-in, screened and confirmed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import config, pipeline, saved
from harness.analysis.decision import Decision, Ruling, Weight
from harness.core.trace import Layer
from harness.errors import ExitCode
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Go = Callable[..., Awaitable[tuple[pipeline.Outcome, ...]]]

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

    async def run(self, *variants: str, trials: int, **given: Any) -> tuple[pipeline.Outcome, ...]:
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


async def test_a_swapped_handoff_description_is_screened_then_confirmed_with_layer_agent_and_scenarios(
    live: Live,
) -> None:
    (now,) = await live.run("one-swapped", trials=3)
    screened = live.gate(now.folder)
    assert (screened.verdict, screened.code) == (Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE)
    assert screened.confirm
    other, mine = await live.run("baseline", "one-swapped", trials=5)
    decided = live.gate(now.folder, mine.folder, other.folder)
    assert (decided.verdict, decided.code) == (Ruling.FAIL, ExitCode.WORSE)
    blamed = decided.of(Weight.BROKEN)
    assert (Layer.TRIAGE, "Triage") in {(each.layer, each.agent) for each in blamed}
    assert {name for each in blamed for name in each.scenarios} == set(screened.confirm)
