"""How tapes are used."""

from __future__ import annotations

from dataclasses import dataclass

from harness.cassettes.redaction import Patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeOptions:
    """How tapes are used.

    `everything` records anew also what is recorded; `beside` writes a new recording beside one that is there, for
    review; `strict` refuses drift; `forgiving` takes the answer of another agent definition to the same conversation;
    a recording older than `max_age_days` (0: no limit) is stale; `redact` hides what the user named.
    """

    everything: bool = False
    beside: bool = False
    strict: bool = False
    forgiving: bool = False
    max_age_days: int = 0
    redact: Patterns = ()


PLAIN = TapeOptions()
