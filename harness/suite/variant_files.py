"""Variant files -> variants. A file is one variant; its name is the file's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.variant import AgentOverlay, InstructionsEdit, Variant
from harness.errors import ProblemsError, UsageError, did_you_mean, seen_from
from harness.suite import values
from harness.suite.nodes import Field, Fields, plain
from harness.suite.page import Page
from harness.suite.shapes import Key, Shape
from harness.suite.yaml_nodes import read_nodes

if TYPE_CHECKING:
    from harness.suite.nodes import Node

_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}

FILE = Shape(
    "variant",
    "a variant file",
    (
        Key("description", "Why there is this variant.", _TEXT),
        Key("agents", "What is different, by the agents' names.", {"type": "object"}, required=True),
    ),
)
OVERLAY = Shape(
    "overlay",
    "an agent of a variant",
    (
        Key("instructions", "The whole new text, or `replace` and `append`.", {"type": ["string", "object"]}),
        Key("model", "The name of another model.", _TEXT),
        Key("model_settings", "Single settings, for example `temperature`; null: the default.", {"type": "object"}),
        Key("handoff_description", "What the agent is for, as those are told who may hand off to it.", _TEXT),
        Key("tools", "New descriptions by the tools' names.", _TEXTS),
        Key("handoffs", "New descriptions of handoffs, by the agents handed to.", _TEXTS),
    ),
)
EDIT = Shape(
    "edit",
    "an edit of instructions",
    (
        Key("replace", "Old text: new text. The old text stands in the instructions exactly once.", _TEXTS),
        Key("append", "A text that follows after an empty line.", _TEXT),
    ),
)


_NAMED = ("tools", "handoffs", "model_settings")


def load_variants(folder: Path, names: tuple[str, ...], root: Path | None = None) -> tuple[Variant, ...]:
    """The variants of these names. Raises UsageError for one that is not there, ProblemsError for what is wrong."""
    known = variant_files(folder)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"variants are files {folder.as_posix()}/NAME.yaml"
            raise UsageError(f"there is no variant {name!r}", hint=hint)
    return tuple(load_variant(known[name], root) for name in dict.fromkeys(names))


def variant_files(folder: Path) -> dict[str, Path]:
    """The variants of a folder by name."""
    return {path.stem: path for path in sorted(folder.glob("*.y*ml")) if not path.name.startswith(".")}


def load_variant(path: Path, root: Path | None = None) -> Variant:
    """The variant of one file, not yet held against the agents. Raises ProblemsError with all that is wrong."""
    page = Page(seen_from(path.resolve(), (root or Path.cwd()).resolve()))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the variant cannot be read: {error.strerror}", where=str(path)) from error
    variant = _variant(page, path.stem, data)
    if page.found:
        raise ProblemsError(page.problems)
    return variant


def _variant(page: Page, name: str, data: bytes) -> Variant:
    node = read_nodes(page, data)
    found = values.fields(page, node, FILE) if node is not None else None
    if found is None:
        return Variant(name=name)
    agents = values.mapping(page, "agents", found["agents"].node) if "agents" in found else {}
    if "agents" in found and not agents:
        page.error(found["agents"].line, "`agents` changes nothing", "name an agent and what is different about it")
    return Variant(
        name=name,
        description=_text(page, found, "description") or "",
        agents=tuple(_overlay(page, agent, field) for agent, field in agents.items()),
    )


def _overlay(page: Page, agent: str, field: Field) -> AgentOverlay:
    found = values.fields(page, field.node, OVERLAY) or {}
    if not found and isinstance(field.node, Fields) and not field.node.fields:
        page.error(field.line, f"nothing is different about {agent}", "remove it, or say what is")
    return AgentOverlay(
        agent=agent,
        instructions=_instructions(page, found["instructions"].node) if "instructions" in found else None,
        model=_text(page, found, "model"),
        model_settings=_settings(page, found),
        handoff_description=_text(page, found, "handoff_description"),
        tools=_texts(page, found, "tools"),
        handoffs=_texts(page, found, "handoffs"),
        location=page.at(field.line),
        lines=_lines(found),
    )


def _instructions(page: Page, node: Node) -> InstructionsEdit:
    if not isinstance(node, Fields):
        return InstructionsEdit(text=values.name(page, "instructions", node))
    found = values.fields(page, node, EDIT) or {}
    replace = _texts(page, found, "replace")
    if any(not old for old in replace):
        page.error(found["replace"].line, "`replace` has an empty old text", "write the words that are to be replaced")
    return InstructionsEdit(replace=replace, append=_text(page, found, "append") or "")


def _text(page: Page, found: dict[str, Field], key: str) -> str | None:
    return values.name(page, key, found[key].node) if key in found else None


def _texts(page: Page, found: dict[str, Field], key: str) -> dict[str, str]:
    if key not in found:
        return {}
    return {name: values.text(page, name, each.node) for name, each in _mapping(page, found, key).items()}


def _settings(page: Page, found: dict[str, Field]) -> dict[str, object]:
    return {name: plain(each.node) for name, each in _mapping(page, found, "model_settings").items()}


def _mapping(page: Page, found: dict[str, Field], key: str) -> dict[str, Field]:
    return values.mapping(page, key, found[key].node) if key in found else {}


def _lines(found: dict[str, Field]) -> dict[str, int]:
    """The line of each key, and of each name below it; those below `instructions.replace` as `replace.OLD`."""
    lines = {key: field.line for key, field in found.items()}
    below: dict[str, Node] = {key: found[key].node for key in _NAMED if key in found}
    edit = found["instructions"].node if "instructions" in found else None
    if isinstance(edit, Fields) and "replace" in edit.fields:
        below["replace"] = edit.fields["replace"].node
    for key, node in below.items():
        if isinstance(node, Fields):
            lines |= {f"{key}.{name}": each.line for name, each in node.fields.items()}
    return lines
