"""Functions of other people, named `module:function`: scorers, reporters."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable


def look_in(folder: Path) -> None:
    """Make the modules of a folder importable, as those of its own folder are to a program."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def function_named(reference: str, noun: str) -> Callable[..., Any]:
    """The function that `module:function` names; `noun` is what it is for. Raises UsageError when there is none.

    Modules are looked for in the current folder, and where Python looks.
    """
    module_name, _, name = reference.partition(":")
    if not (module_name and name):
        raise UsageError(f"{reference!r} names no {noun}", hint="write module:function")
    here = Path.cwd()
    look_in(here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        hint = f"modules are looked for in {here} and among the installed packages"
        raise UsageError(f"the module of {noun} {reference!r} cannot be imported: {error}", hint=hint) from error
    except Exception as error:
        kind = type(error).__name__
        raise UsageError(f"the module of {noun} {reference!r} cannot be imported: {kind}: {error}") from error
    found = getattr(module, name, None)
    if not callable(found):
        known = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
        raise UsageError(f"{module_name!r} has no function {name!r}", hint=did_you_mean(name, known))
    return found  # type: ignore[no-any-return]
