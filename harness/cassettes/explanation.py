"""Why a request has no answer, in words a person can act on: the agent, the nearest recording, the next command."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.cassettes.difference import edited_agent, first_difference
from harness.cassettes.provenance import Provenance, changed_parts
from harness.errors import CassetteMissError, CassetteStaleError, HarnessError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from harness.cassettes.call import Call
    from harness.cassettes.canonical import Canonical

NEXT = "next: harness record"
NEXT_STALE = "next: harness record --stale"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known when a request has no answer. `described` is the harness's part of the cassette's metadata.

    `asking` is the agent that asks, as far as that is known.
    """

    path: str
    provenance: Provenance
    described: Mapping[str, Any]
    asking: str = ""

    def miss(self, wanted: Canonical, left: Sequence[Canonical], recorded: Sequence[Canonical]) -> HarnessError:
        """The error for `wanted`; `left` are the recorded requests not asked yet, `recorded` all of them."""
        times = sum(each.key == wanted.key for each in recorded)
        what = "a model call" if wanted.is_model_call else wanted.kind
        if times:
            return self._error(f"miss: {what} was recorded {_count(times)} and is asked once more", self.advice())
        if not wanted.is_model_call:
            return self._error(f"miss: {wanted.kind} was not recorded{_nearest(wanted, left or recorded)}", NEXT)
        graph = self.provenance.graph
        difference = first_difference(wanted, left, graph, self.asking) or first_difference(
            wanted, recorded, graph, self.asking
        )
        if difference is None:
            return self._error("miss: a model call that was not recorded", self.advice())
        if difference.stale:
            return CassetteStaleError(f"stale: {difference.text}", where=self.path, hint=self._stale_advice())
        return self._error(f"miss: {difference.text}", self.advice())

    def edited(self, wanted: Canonical, cancelled: Sequence[Canonical]) -> HarnessError | None:
        """The error when `wanted` is one of the `cancelled` calls but for what its agent is; None when it is none."""
        if not wanted.is_model_call:
            return None
        difference = edited_agent(wanted, cancelled, self.provenance.graph, self.asking)
        if difference is None:
            return None
        return CassetteStaleError(f"stale: {difference.text}", where=self.path, hint=self._stale_advice())

    def not_cancelled(self, waited: float) -> HarnessError:
        """The error of a call that was cancelled in the recording and, after `waited` seconds, is not now."""
        return self._error(
            f"a model call that was cancelled in the recording was not cancelled within {waited:g} s", self.advice()
        )

    def unanswered(self, call: Call) -> HarnessError:
        """The error of a recording in which `call` got no answer."""
        asked = f"{call.wanted.kind}" if call.tool is None else f"the tool {call.tool.name!r} asked {call.wanted.kind}"
        return UnansweredError(
            f"nothing is recorded: {asked}, which failed or gave no answer until the trial ended",
            where=self.path,
            hint="let it answer while you record, or keep what tools gave, with recorded_tools: true in the scenario",
        )

    def expired(self, now: datetime, recorded_at: datetime, limit: int) -> HarnessError:
        """The error of a recording older than `limit` days."""
        age = (now - recorded_at).days
        return CassetteStaleError(
            f"stale: recorded {recorded_at.date()}, {age} days ago; the limit is {limit} days",
            where=self.path,
            hint=NEXT_STALE,
        )

    def advice(self) -> str:
        """Why a conversation may have left the recording: what changed in agents and versions since."""
        recorded = self.described.get("agents") or {}
        changed = changed_parts(recorded, self.provenance.fingerprints()) if recorded else {}
        parts = "; ".join(f"{agent}: {', '.join(names)}" for agent, names in changed.items())
        told = [f"changed since the recording: {parts}"] if parts else []
        return "\n  ".join([*told, *self._versions(), NEXT_STALE if parts else NEXT])

    def _stale_advice(self) -> str:
        return "\n  ".join([*self._versions(), NEXT_STALE])

    def _versions(self) -> list[str]:
        """The SDK writes the schemas of tools: another version of it may ask otherwise for the same agents."""
        before, now = self.described.get("sdk"), self.provenance.versions.sdk
        return [f"recorded with openai-agents {before}, now {now}"] if before and now and before != now else []

    def _error(self, what: str, hint: str) -> HarnessError:
        return CassetteMissError(what, where=self.path, hint=hint)


def _count(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _nearest(wanted: Canonical, recorded: Sequence[Canonical]) -> str:
    kinds = {each.kind: each for each in recorded if not each.is_model_call}
    same = kinds.get(wanted.kind)
    if same is not None:
        return f" with this body: {_shown(same.body)} -> {_shown(wanted.body)}"
    near = difflib.get_close_matches(wanted.kind, kinds, n=1, cutoff=0.3)
    return f"; the nearest recorded is {near[0]}" if near else ""


def _shown(body: Any) -> str:
    text = repr(body)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


_SHOWN = 120
