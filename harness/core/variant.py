"""A variant as plain data: what is different about the agents, without a word of the application's code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.core.scenario import Location
from harness.core.trace import JSON

_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionsEdit:
    """New instructions: `text` in place of the old ones, or the old ones with edits.

    Each key of `replace` stands in the old instructions exactly once, and its value takes its place. `append` follows
    after an empty line. `text` None keeps the old ones.
    """

    text: str | None = None
    replace: Mapping[str, str] = field(default_factory=dict)
    append: str = ""

    def of(self, instructions: str) -> str:
        """The new instructions made from the old ones."""
        made = instructions if self.text is None else self.text
        for old, new in self.replace.items():
            made = made.replace(old, new)
        return f"{made.rstrip()}\n\n{self.append.strip()}" if self.append else made


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOverlay:
    """What is different about one agent; None and empty mean: as it was.

    `model_settings` are single settings by the SDK's names (None: the model's default). `tools` and `handoffs` are new
    descriptions, by the tool's name and by the name of the agent handed to. `lines` are the file's lines of the keys,
    those of tools and handoffs as `tools.NAME`.
    """

    agent: str
    instructions: InstructionsEdit | None = None
    model: str | None = None
    model_settings: Mapping[str, JSON] = field(default_factory=dict)
    handoff_description: str | None = None
    tools: Mapping[str, str] = field(default_factory=dict)
    handoffs: Mapping[str, str] = field(default_factory=dict)
    location: Location | None = field(default=None, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def at(self, key: str) -> Location | None:
        """The place of one of its keys, or its own where that is not known."""
        if self.location is None or key not in self.lines:
            return self.location
        return Location(file=self.location.file, line=self.lines[key])

    def changes(self) -> dict[str, JSON]:
        """What it changes, as JSON; two overlays that say the same have the same changes."""
        edit = self.instructions
        said: dict[str, JSON] = {
            "instructions": edit and {"text": edit.text, "replace": dict(edit.replace), "append": edit.append},
            "model": self.model,
            "model_settings": dict(self.model_settings),
            "handoff_description": self.handoff_description,
            "tools": dict(self.tools),
            "handoffs": dict(self.handoffs),
        }
        return {name: value for name, value in said.items() if value is not None and value != {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """An overlay of the agents under test. `name` is the file's; `description` says why there is this variant."""

    name: str
    description: str = ""
    agents: tuple[AgentOverlay, ...] = ()

    @property
    def digest(self) -> str:
        """A short digest of what the variant changes, whatever it is called and however its file is laid out."""
        said = {each.agent: each.changes() for each in self.agents}
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]

    def overlay(self, agent: str) -> AgentOverlay | None:
        """What is different about the agent shown as `agent`, or None."""
        return next((each for each in self.agents if each.agent == agent), None)
