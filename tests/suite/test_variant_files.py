"""Variant files: what they may say, and what is told of one that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.core.variant import AgentOverlay, InstructionsEdit, Variant
from harness.errors import HarnessError
from harness.suite.variant_files import load_variant, load_variants

if TYPE_CHECKING:
    from pathlib import Path

_WHOLE = """\
description: Shorter.
agents:
  Triage:
    instructions:
      replace:
        old words: new words
      append: And this.
    model: gpt-4o-mini
    model_settings: {temperature: 0.2, top_p: null}
    handoff_description: Who decides.
    tools:
      look: Look well.
    handoffs: {Billing: Money.}
  Billing:
    instructions: |
      All new.
"""


def _file(folder: Path, text: str, name: str = "terse.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_a_variant_of_its_name(tmp_path: Path) -> None:
    assert load_variant(_file(tmp_path, _WHOLE)) == Variant(
        name="terse",
        description="Shorter.",
        agents=(
            AgentOverlay(
                agent="Triage",
                instructions=InstructionsEdit(replace={"old words": "new words"}, append="And this."),
                model="gpt-4o-mini",
                model_settings={"temperature": 0.2, "top_p": None},
                handoff_description="Who decides.",
                tools={"look": "Look well."},
                handoffs={"Billing": "Money."},
            ),
            AgentOverlay(agent="Billing", instructions=InstructionsEdit(text="All new.\n")),
        ),
    )


def test_every_name_has_its_line(tmp_path: Path) -> None:
    triage = load_variant(_file(tmp_path, _WHOLE), tmp_path).agents[0]
    assert [str(triage.at(key)) for key in ("replace.old words", "model", "tools.look", "handoffs.Billing", "?")] == [
        "terse.yaml:6",
        "terse.yaml:8",
        "terse.yaml:12",
        "terse.yaml:13",
        "terse.yaml:3",
    ]


def test_the_digest_tells_contents_apart_and_nothing_else(tmp_path: Path) -> None:
    one = load_variant(_file(tmp_path, "description: x\nagents: {A: {model: m}}"))
    same = load_variant(_file(tmp_path, "agents:\n  A:\n    model: m\n", "same.yaml"))
    other = load_variant(_file(tmp_path, "agents: {A: {model: n}}", "other.yaml"))
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "agents: {A: {modell: m}}",
            "terse.yaml:1: error: unknown key 'modell' in an agent of a variant\n  did you mean",
        ),
        ("description: x", "a variant file needs `agents`"),
        ("agents: {}", "`agents` changes nothing"),
        ("agents: {A: {}}", "nothing is different about A"),
        ("agents:\n  A:\n    model: 4", "terse.yaml:3: error: `model` must be a text, not the number 4"),
        ("agents: {A: {instructions: {replace: {x: 1}}}}", "`x` must be a text"),
        ("agents: {A: {instructions: {replace: {'': x}}}}", "`replace` has an empty old text"),
        ("agents: {A: {instructions: {prepend: x}}}", "unknown key 'prepend' in an edit of instructions"),
        ("agents: {A: {instructions: ''}}", "`instructions` is empty"),
        ("agents: {A: {tools: [look]}}", "`tools` must be a mapping, not a list"),
        ("- A", "a variant file must be a mapping, not a list"),
        ("agents: {A: {model: m}, A: {model: n}}", "the key 'A' is there twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(HarnessError) as raised:
        load_variant(_file(tmp_path, text), tmp_path)
    assert said in str(raised.value)


def test_a_name_without_a_file_gets_the_nearest(tmp_path: Path) -> None:
    _file(tmp_path, "agents: {A: {model: m}}")
    assert [each.name for each in load_variants(tmp_path, ("terse", "terse"))] == ["terse"]
    with pytest.raises(HarnessError, match="no variant 'ters'\n  did you mean 'terse'"):
        load_variants(tmp_path, ("ters",))


def test_an_empty_folder_tells_where_variants_go(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"NAME\.yaml"):
        load_variants(tmp_path, ("terse",))
