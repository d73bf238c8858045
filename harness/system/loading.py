"""`module:attribute` -> the agents under test."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.scenario import Location
from harness.core.trace import JSON
from harness.errors import SystemLoadError, did_you_mean
from harness.plugins import look_in

if TYPE_CHECKING:
    from types import ModuleType

    from agents import Agent  # noqa: TC004 - nothing evaluates these annotations, and the SDK is slow to import

_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]|^<")
"""Files that are not the application's own."""

_FORM = "write module:attribute, for example agents_under_test.support:system"


@dataclass(frozen=True, slots=True)
class System:
    """An application as it hands itself over.

    `context` makes a fresh run context for each trial; it may take one argument, the scenario's `context:` mapping.
    `escalation` are the agents that stand for humans. `state` reads the end state out of a context as JSON.
    `failed_output` is a regular expression, searched in each tool output: a match means that the tool failed.
    `instead` is the harness's own: the agents a variant has put in the place of the application's, pair by pair.
    """

    entry: Agent[Any]
    context: Callable[..., Any] | None = None
    escalation: tuple[Agent[Any], ...] = ()
    state: Callable[[Any], JSON] | None = None
    failed_output: str | None = None
    instead: tuple[tuple[Agent[Any], Agent[Any]], ...] = ()

    def new_context(self, values: Mapping[str, JSON]) -> Any:
        """A fresh context made with a scenario's `context:` values; None where the application has none.

        Raises SystemLoadError when there are values and the factory takes none, and whatever the factory raises.
        """
        takes_values = self.context is not None and bool(_positional(self.context))
        if values and not takes_values:
            raise SystemLoadError(
                f"context: {dict(values)!r} is given, but the system's context factory takes no values",
                hint="let System(context=...) take one argument, the mapping, or remove `context:`",
            )
        if self.context is None:
            return None
        return self.context(values) if takes_values else self.context()


def load_system(reference: str, variant: str | None = None, root: Path | None = None) -> System:
    """The system that `reference` (`module:attribute`) names: a System, an Agent, or a function returning either.

    A function that takes an argument is called with the variant's name. Modules are looked for in `root`, the
    project's folder (default: the current one), and where Python looks. Raises SystemLoadError; an exception of the
    application's own code is its cause.
    """
    module_name, _, attribute = reference.partition(":")
    if not module_name or not attribute:
        raise SystemLoadError(f"{reference!r} does not name a system", hint=_FORM)
    if module_name.endswith(".py") or "/" in module_name:
        dotted = module_name.removesuffix(".py").strip("./").replace("/", ".")
        raise SystemLoadError(f"{module_name!r} is a file, not a module", hint=f"write {dotted}:{attribute}")
    module = _module(module_name, (root or Path.cwd()).absolute())
    return _as_system(_called(_attribute(module, attribute), reference, variant), reference)


def _module(name: str, here: Path) -> ModuleType:
    look_in(here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _broken(f"importing {name!r}", error) from error
        known = _neighbours(error.name, here)
        hint = did_you_mean(name, known) or f"modules are looked for in {here} and among the installed packages"
        raise SystemLoadError(f"there is no module {error.name!r}", hint=hint) from None
    except Exception as error:
        raise _broken(f"importing {name!r}", error) from error


def _neighbours(missing: str, here: Path) -> list[str]:
    """The modules that stand where the missing one was looked for."""
    parent, _, _ = missing.rpartition(".")
    paths = list(sys.modules[parent].__path__) if parent in sys.modules else [str(here)]
    prefix = f"{parent}." if parent else ""
    return [found.name for found in pkgutil.iter_modules(paths, prefix)]


def _attribute(module: ModuleType, path: str) -> Any:
    value: Any = module
    for name in path.split("."):
        try:
            value = getattr(value, name)
        except AttributeError:
            known = _candidates(module) or [each for each in vars(module) if not each.startswith("_")]
            raise SystemLoadError(
                f"module {module.__name__!r} has no {path!r}", where=module.__file__, hint=did_you_mean(path, known)
            ) from None
    return value


def _candidates(module: ModuleType) -> list[str]:
    """The names of a module that hold what could be a system: systems, agents and functions of its own."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, System)
        or _is_agent(value)
        or (inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"))
    ]


def _is_agent(value: object) -> bool:
    """Whether this is an agent of the SDK. None exists before the SDK is imported, so this never imports it."""
    agent_class = getattr(sys.modules.get("agents"), "Agent", None)
    return agent_class is not None and isinstance(value, agent_class)


def _called(value: Any, reference: str, variant: str | None) -> Any:
    """The value, or what it returns when it is a function."""
    if isinstance(value, System) or _is_agent(value) or not callable(value):
        return value
    parameters = _positional(value)
    required = [each for each in parameters if each.default is each.empty]
    if len(required) > 1:
        names = ", ".join(each.name for each in required)
        raise SystemLoadError(
            f"{reference!r} takes {len(required)} arguments ({names})",
            hint="a function that returns a system takes none, or one: the variant's name",
        )
    takes_variant = bool(required) or (bool(parameters) and variant is not None)
    try:
        return value(variant) if takes_variant else value()
    except Exception as error:
        raise _broken(f"calling {reference!r}", error) from error


def _positional(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters that can be given by position; none for a builtin that does not tell them."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each for each in parameters if each.kind in kinds]


def _as_system(value: Any, reference: str) -> System:
    if _is_agent(value):
        return System(entry=value)
    if not isinstance(value, System):
        hint = (
            "make the function a plain one" if inspect.iscoroutine(value) else "give an Agent, a System or a function"
        )
        raise SystemLoadError(f"{reference!r} is {_described(value)}, not an Agent and not a System", hint=hint)
    for place, agent in (("entry", value.entry), *(("escalation", each) for each in value.escalation)):
        if not _is_agent(agent):
            raise SystemLoadError(f"{reference!r}: System.{place} is {_described(agent)}, not an Agent")
    try:
        re.compile(value.failed_output or "")
    except re.error as error:
        message = f"{reference!r}: System.failed_output {value.failed_output!r} is no regular expression: {error}"
        raise SystemLoadError(message) from error
    return value


def _described(value: object) -> str:
    if inspect.iscoroutine(value):
        value.close()
        return "a coroutine"
    return f"{value!r:.80} ({type(value).__name__})"


def _broken(doing: str, error: Exception) -> SystemLoadError:
    """An exception on behalf of the application's own code, at its last line that led there."""
    if isinstance(error, SyntaxError) and error.filename:
        where = Location(file=error.filename, line=error.lineno or 1)
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [each for each in frames if not _INSTALLED.search(each.filename)]
        last = (own or frames)[-1]
        where = Location(file=last.filename, line=last.lineno or 1)
    return SystemLoadError(f"{doing} raised {type(error).__name__}: {error}", where=where)
