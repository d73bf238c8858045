"""`module:attribute` -> the agents under test, or an error that says what would be right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent

import harness
from harness.core.scenario import Location
from harness.errors import SystemLoadError
from harness.system.loading import System, load_system

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = """
    from agents import Agent
    from harness import System

    triage = Agent(name="Triage")
    human = Agent(name="Human")
    system = System(entry=triage, escalation=(human,))
    number = 42
    not_agents = System(entry="Triage")
    wrong_human = System(entry=triage, escalation=("Human",))
    wrong_pattern = System(entry=triage, failed_output="(")

    def build():
        return system

    def agent():
        return triage

    def variant_of(name):
        return System(entry=Agent(name=f"Triage {name}"))

    def optional(name="plain"):
        return System(entry=Agent(name=name))

    def many(one, two):
        return system

    def nothing():
        pass

    async def later():
        return system

    def broken():
        raise ZeroDivisionError("in the application")

    class Shop:
        system = system
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An application in the current directory, forgotten afterwards."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "shop" / "agents_of_ours.py").write_text(dedent(MODULE), encoding="utf-8")
    (tmp_path / "shop" / "breaks.py").write_text("x = 1\n\nraise LookupError('no settings')\n", encoding="utf-8")
    (tmp_path / "shop" / "needs.py").write_text("import not_installed_anywhere\n", encoding="utf-8")
    (tmp_path / "shop" / "garbled.py").write_text("x = 1\ndef (:\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def load(attribute: str, variant: str | None = None) -> System:
    return load_system(f"shop.agents_of_ours:{attribute}", variant)


def error(reference: str) -> SystemLoadError:
    with pytest.raises(SystemLoadError) as caught:
        load_system(reference)
    return caught.value


@pytest.mark.parametrize("attribute", ["system", "triage", "build", "agent", "Shop.system"])
def test_a_system_an_agent_and_functions_returning_either_are_loaded(attribute: str) -> None:
    system = load(attribute)
    assert isinstance(system, System)
    assert system.entry.name == "Triage"


def test_a_function_with_an_argument_is_called_with_the_variants_name() -> None:
    assert load("variant_of", "terse").entry.name == "Triage terse"
    assert load("optional", "terse").entry.name == "terse"
    assert load("optional").entry.name == "plain"


@pytest.mark.parametrize(
    ("reference", "what", "hint"),
    [
        ("shop", "'shop' does not name a system", "write module:attribute"),
        (":system", "does not name a system", "write module:attribute"),
        ("shop/agents_of_ours.py:system", "is a file", "write shop.agents_of_ours:system"),
        ("shopp:system", "there is no module 'shopp'", "did you mean 'shop'?"),
        ("shop.agents_of_our:system", "no module 'shop.agents_of_our'", "did you mean 'shop.agents_of_ours'?"),
        ("shop.agents_of_ours:systm", "has no 'systm'", "did you mean 'system'?"),
        ("shop.agents_of_ours:number", "is 42 (int), not an Agent", "give an Agent"),
        ("shop.agents_of_ours:nothing", "is None (NoneType)", "give an Agent"),
        ("shop.agents_of_ours:later", "is a coroutine", "plain"),
        ("shop.agents_of_ours:many", "takes 2 arguments (one, two)", "takes none, or one"),
        ("shop.agents_of_ours:not_agents", "System.entry is 'Triage' (str)", ""),
        ("shop.agents_of_ours:wrong_human", "System.escalation is 'Human' (str)", ""),
        ("shop.agents_of_ours:wrong_pattern", "'(' is no regular expression", ""),
    ],
)
def test_a_wrong_reference_is_told_with_what_would_be_right(reference: str, what: str, hint: str) -> None:
    found = error(reference)
    assert what in found.what
    assert hint in found.hint


@pytest.mark.parametrize(
    ("reference", "what", "file", "line", "cause"),
    [
        ("shop.breaks:system", "importing 'shop.breaks' raised LookupError: no settings", "breaks", 3, LookupError),
        ("shop.needs:system", "No module named 'not_installed_anywhere'", "needs", 1, ModuleNotFoundError),
        ("shop.garbled:system", "SyntaxError", "garbled", 2, SyntaxError),
        (
            "shop.agents_of_ours:broken",
            "ZeroDivisionError: in the application",
            "agents_of_ours",
            35,
            ZeroDivisionError,
        ),
    ],
)
def test_an_exception_of_the_application_is_told_at_its_line_and_kept_as_the_cause(
    reference: str, what: str, file: str, line: int, cause: type[Exception]
) -> None:
    found = error(reference)
    assert what in found.what
    assert isinstance(found.where, Location)
    assert (Path(found.where.file).stem, found.where.line) == (file, line)
    assert isinstance(found.__cause__, cause)


def test_a_context_is_made_anew_and_given_the_scenarios_values_when_it_wants_them() -> None:
    entry = Agent[Any](name="A")
    assert System(entry=entry).new_context({}) is None
    assert System(entry=entry, context=list).new_context({}) == []
    taking = System(entry=entry, context=lambda values: {**values})
    assert taking.new_context({"outages": ["mail"]}) == {"outages": ["mail"]}
    assert taking.new_context({}) is not taking.new_context({})


def test_values_for_a_context_that_takes_none_are_refused() -> None:
    def factory() -> object:
        return object()

    for system in (System(entry=Agent(name="A")), System(entry=Agent(name="A"), context=factory)):
        with pytest.raises(SystemLoadError, match="takes no values"):
            system.new_context({"outages": []})


def test_system_is_offered_by_the_package_without_importing_the_sdk() -> None:
    assert harness.System is System
    code = "import sys, harness; harness.System; print('agents' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "False"


def test_the_package_offers_nothing_else() -> None:
    with pytest.raises(AttributeError, match="Sytem"):
        _ = harness.Sytem
