"""vcrpy's own test suite, as it is and with the harness in it: what differs is told test by test.

    pip download --no-binary :all: --no-deps vcrpy==9.4.2 -d /tmp/vcrpy
    tar xzf /tmp/vcrpy/vcrpy-9.4.2.tar.gz -C /tmp/vcrpy
    pip install pytest-httpbin httpbin httplib2
    python benchmarks/vcrpy_suite.py /tmp/vcrpy/vcrpy-9.4.2 [--python PYTHON]

Two runs. `vcrpy`: nothing of ours. `stored`: cassettes are written and read by the harness's own store, in the place of
vcrpy's default persister. The store keeps no authorization, no cookies, no encodings and of request headers only the
content type, knows no format but YAML, and refuses what is no cassette where vcrpy takes it for an empty one: tests of
just that differ on purpose.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HOW = "HARNESS_IN_VCRPY"
RUNS = ("vcrpy", "stored")


@pytest.fixture(autouse=True)
def _with_harness() -> Iterator[None]:
    """Used as a plugin of vcrpy's suite: what `HOW` says is in place while a test runs."""
    with ExitStack() as patches:
        for patch in _patches(os.environ.get(HOW, "vcrpy")):
            patches.enter_context(patch)
        yield


def _patches(how: str) -> Iterator[Any]:
    if how == "stored":
        from vcr.persisters.filesystem import FilesystemPersister  # noqa: PLC0415 - the first run has nothing of ours

        yield mock.patch.object(FilesystemPersister, "save_cassette", staticmethod(_save))
        yield mock.patch.object(FilesystemPersister, "load_cassette", classmethod(_load))


def _save(cassette_path: Any, cassette_dict: Any, serializer: Any) -> None:
    del serializer  # the store has one format
    from harness.cassettes import store  # noqa: PLC0415 - the first run has nothing of ours

    pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
    interactions = [store.Interaction(request, response) for request, response in pairs]
    store.save(store.Cassette(interactions, cassette_dict.get("metadata") or {}), Path(cassette_path))


def _load(_: Any, cassette_path: Any, serializer: Any) -> Any:
    del serializer  # the store has one format
    from vcr.persisters.filesystem import CassetteNotFoundError  # noqa: PLC0415 - the first run has nothing of ours

    from harness.cassettes import store  # noqa: PLC0415 - see above
    from harness.errors import CassetteMissingError  # noqa: PLC0415 - see above

    try:
        cassette = store.load(Path(cassette_path))
    except CassetteMissingError:
        raise CassetteNotFoundError from None
    requests = [each.request for each in cassette.interactions]
    return requests, [each.response for each in cassette.interactions]


def outcomes(suite: Path, how: str, python: str) -> dict[str, str]:
    """Test -> passed, failed, error or skipped."""
    with tempfile.TemporaryDirectory() as name:
        # Copied, so that the installed vcrpy is tested and not the one beside its tests.
        shutil.copytree(suite / "tests", Path(name) / "tests")
        shutil.copy(suite / "pyproject.toml", name)
        shutil.copy(Path(__file__), Path(name) / "in_vcrpy.py")
        options = [
            "-q",
            "-p",
            "no:harness",
            "-p",
            "in_vcrpy",
            "-m",
            "not online",
            "--junitxml",
            "told.xml",
            "--timeout=60",
        ]
        paths = [os.environ.get("PYTHONPATH", ""), name]
        environment = os.environ | {HOW: how, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        subprocess.run(  # noqa: S603 - the interpreter that was named
            [python, "-m", "pytest", "tests", *options],
            cwd=name,
            env=environment,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        cases = ET.parse(Path(name) / "told.xml").iter("testcase")  # noqa: S314 - written by pytest just now
        return {f"{each.get('classname')}::{each.get('name')}": _outcome(each) for each in cases}


def _outcome(case: ET.Element) -> str:
    return next((each.tag for each in case if each.tag in ("failure", "error", "skipped")), "passed")


def main() -> None:
    """Both ways, and the difference."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("suite", type=Path)
    asked.add_argument("--python", default=sys.executable)
    options = asked.parse_args()
    found = {how: outcomes(options.suite, how, options.python) for how in RUNS}
    worse = {
        how: [test for test, was in found["vcrpy"].items() if was == "passed" != found[how].get(test)] for how in RUNS
    }
    for how in RUNS:
        counts = dict(Counter(found[how].values()))
        print(f"{how:>8}: {counts}, {len(worse[how])} pass with vcrpy alone and not here")
        for test in worse[how]:
            print(f"          {test}: {found[how].get(test, 'missing')}")


if __name__ == "__main__":
    main()
