from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.digest import suite_digest
from harness.analysis.shards import merged
from harness.core.results import Mode, Run, Versions, in_order
from harness.errors import ExitCode, ShardsError

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeRun = Callable[..., Run]
    Shards = Callable[..., list[Run]]

PARTS = ({"a": "++", "d": "-"}, {"b": "+"}, {"c": "++"})


@pytest.fixture
def whole(make_run: MakeRun) -> Run:
    return make_run({"a": "++", "b": "+", "c": "++", "d": "-"})


@pytest.fixture
def shards(make_run: MakeRun, whole: Run) -> Shards:
    """Three shards of `whole`; `other` says what is different about some of them, by number from 1."""

    def made(**other: dict[str, Any]) -> list[Run]:
        return [
            make_run(
                marks,
                **{
                    "id": f"2026-{number}",
                    "shard": f"{number}/3",
                    "suite": suite_digest(whole.scenarios),
                    **other.get(f"s{number}", {}),
                },
            )
            for number, marks in enumerate(PARTS, 1)
        ]

    return made


def test_shards_in_whatever_order_make_the_run_they_are_parts_of(shards: Shards, whole: Run) -> None:
    for order in itertools.permutations(shards()):
        run = merged(order)
        in_suite = in_order("abcd", whole.trials)
        assert run == replace(whole, info=run.info, trials=in_suite)
        assert (run.info.id, run.info.shard) == ("2026-3-merged", None)


def test_one_of_three_missing_could_not_be_judged(shards: Shards) -> None:
    one, _, three = shards()
    with pytest.raises(ShardsError, match="shard 2/3 is missing") as refused:
        merged([one, three])
    assert refused.value.exit_code is ExitCode.COULD_NOT_JUDGE


def test_a_partial_merge_is_never_complete_and_says_which_shards_it_is(shards: Shards) -> None:
    one, two, three = shards()
    part = merged([three, one], allow_partial=True)
    assert (part.complete, part.info.shard) == (False, "1,3/3")
    with pytest.raises(ShardsError, match="2026-3-merged is merged already; merge the shards themselves"):
        merged([part, two])


def test_no_shard_at_all_is_no_run() -> None:
    for allow in (False, True):
        with pytest.raises(ShardsError, match="no shard is there"):
            merged([], allow_partial=allow)


def test_a_shard_twice_is_refused_also_where_less_is_allowed(shards: Shards) -> None:
    one, two, three = shards()
    again = replace(one, info=replace(one.info, id="again"))
    for allow in (False, True):
        with pytest.raises(ShardsError, match="shard 1/3 is there 2 times: 2026-1, again"):
            merged([one, two, three, again], allow_partial=allow)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"commit": "abc"}, r"commit differs: none \(1/3, 3/3\), abc \(2/3\)"),
        ({"suite": "abc"}, r"suite differs: \w{16} \(1/3, 3/3\), abc \(2/3\)"),
        ({"system": "other:system"}, "system differs"),
        ({"mode": Mode.LIVE}, "mode differs: replay"),
        ({"variant": "terse"}, r"variant differs: baseline \(1/3, 3/3\), terse \(2/3\)"),
        ({"shard": "2/4"}, "number of shards differs: 3"),
        ({"settings": {"trials": 5}}, "trials differs: none"),
        ({"seed": 7}, "seed differs"),
        ({"versions": Versions(sdk="9")}, "SDK differs"),
        ({"instructions": "Guess."}, r"agents of shard 1/3 \(2026-1\) and shard 2/3 \(2026-2\) differ: Triage"),
    ],
)
def test_shards_of_different_things_are_refused_naming_what_differs(
    shards: Shards, other: dict[str, Any], said: str
) -> None:
    for allow in (False, True):
        with pytest.raises(ShardsError, match=said):
            merged(shards(s2=other), allow_partial=allow)


def test_everything_that_is_wrong_is_said_at_once(shards: Shards) -> None:
    with pytest.raises(ShardsError, match=r"commit differs.*variant differs.*shard 1/3 is there 2 times"):
        merged([*shards(s2={"commit": "abc", "variant": "terse"}), shards()[0]])


def test_a_shard_that_ended_early_has_to_go_on_first(shards: Shards) -> None:
    found = shards(s2={"complete": False})
    with pytest.raises(ShardsError, match=r"shard 2/3 \(2026-2\) was not finished") as refused:
        merged(found)
    assert "harness run --resume" in refused.value.hint
    part = merged(found, allow_partial=True)
    assert (part.complete, part.info.shard) == (False, None)


def test_a_whole_run_is_no_shard(shards: Shards, whole: Run) -> None:
    with pytest.raises(ShardsError, match="20260101-120000-000 is a whole run, no shard"):
        merged([*shards(), whole])


def test_scenarios_that_were_lost_on_the_way_are_noticed(shards: Shards) -> None:
    one, two, three = shards()
    with pytest.raises(ShardsError, match="do not have the scenarios that were selected"):
        merged([one, two, replace(three, scenarios=(), trials=())])


def test_a_scenario_in_two_shards_is_refused(shards: Shards) -> None:
    one, two, three = shards()
    with pytest.raises(ShardsError, match="b is there 2 times: 2026-2, 2026-3"):
        merged([one, two, replace(three, scenarios=(*three.scenarios, *two.scenarios))])


def test_what_holds_of_one_shard_holds_of_the_run(shards: Shards) -> None:
    info = merged(shards(s1={"dirty": True, "stand_in": True, "endpoint": "http://here"})).info
    assert (info.dirty, info.stand_in, info.endpoint) == (True, True, "http://here")
