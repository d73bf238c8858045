from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]


def test_what_would_run_is_listed_with_its_place_and_tags(harness: Harness, bakery: Path) -> None:
    result = harness("list")
    assert "cancel-a-cake      scenarios/bakery.yaml:13  orders" in result.stdout.splitlines()
    assert result.stderr == "4 scenarios, 4 trials\n"


def test_listing_loads_no_agents(bakery: Path) -> None:
    code = "import sys, harness.cli\ntry: harness.cli.main(['list'])\nexcept SystemExit: print('agents' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=bakery)  # noqa: S603 - ourselves
    assert done.stdout.splitlines()[-1] == "False"
