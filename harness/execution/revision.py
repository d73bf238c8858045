"""What exactly was run: the commit of the code under test and the versions of what ran it."""

from __future__ import annotations

import getpass
import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from harness.core.results import Versions

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit checked out, None outside a repository; `dirty` when the working tree differs from it."""

    commit: str | None
    dirty: bool


def revision_of(folder: Path) -> Revision:
    """The revision of the repository that `folder` is in."""
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    return Revision(commit, bool(commit and _git(folder, "status", "--porcelain", "--untracked-files=no")))


def author_of(folder: Path) -> str:
    """Who works here: git's user, else the system's."""
    return _git(folder, "config", "user.name") or getpass.getuser()


def versions() -> Versions:
    """Versions of the packages that have a say in a trace; empty text for one that is not installed."""
    return Versions(
        harness=_version("agents-harness"),
        sdk=_version("openai-agents"),
        openai=_version("openai"),
        vcrpy=_version("vcrpy"),
        python=platform.python_version(),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _git(folder: Path, *arguments: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 - git itself, with fixed arguments
        [program, "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None
