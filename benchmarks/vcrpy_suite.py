"""vcrpy's own test suite, as it is and with the harness in it: what differs is told test by test.

    pip download --no-binary vcrpy --no-deps vcrpy==9.4.2 -d /tmp/vcrpy
    tar xzf /tmp/vcrpy/vcrpy-9.4.2.tar.gz -C /tmp/vcrpy
    pip install pytest-httpbin httpbin httplib2 pytest-timeout
    python benchmarks/vcrpy_suite.py /tmp/vcrpy/vcrpy-9.4.2 [--python PYTHON]

Three runs. `vcrpy`: nothing of ours. `stored`: cassettes are written and read by the harness's own store, in the place
of vcrpy's default persister. `beside`: our patch of the HTTP libraries is in place around each test and no trial runs,
as for an application that uses vcrpy itself. What passes with vcrpy alone must pass in the others too, but for what
`DIFFERENT` lists; a difference that is not listed, and one that is listed and is none, end the script with 1.
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
ALONE = "vcrpy"


_REFUSED = "what is no whole cassette is refused and left alone; vcrpy takes it for an empty one and records over it"
_NO_ANSWER = "has words where answers belong ('response: bar'); what cannot be given as an answer is refused"
_IN_MEMORY = "vcrpy turns the answers in memory into text while it writes them; the store leaves them as they are"
_WORDS = "asks for vcrpy's words about a cassette of before 1.0; the store says it in its own"
_IN_PLACE = "asks that no stub be in place outside its own cassettes; ours are, and pass everything on"

DIFFERENT = {
    "stored": {
        "unit.test_cassettes::test_cassette_load_empty_file": _REFUSED,
        "unit.test_cassettes::test_cassette_load_invalid_encoding": _REFUSED,
        "unit.test_cassettes::test_cassette_load_invalid_encoding_logs_warning": _REFUSED,
        "unit.test_cassettes::test_cassette_load": _NO_ANSWER,
        "unit.test_cassettes::test_before_record_response_is_called_when_loading_existing_cassette": _NO_ANSWER,
        "unit.test_cassettes::test_used_interactions": _NO_ANSWER,
        "unit.test_cassettes::test_drop_unused_requests_saves_repeated_interactions_once": _NO_ANSWER,
        "unit.test_cassettes::test_metadata_load": _NO_ANSWER,
        "unit.test_cassettes::test_metadata_kept_and_added": _NO_ANSWER,
        "unit.test_persist::test_load_empty_cassette": _REFUSED,
        "unit.test_persist::test_load_cassette_with_old_cassettes": _WORDS,
        "integration.test_requests::test_gzip__decode_compressed_response_true": _IN_MEMORY,
        "integration.test_httpx::test_gzip__decode_compressed_response_true": _IN_MEMORY,
        "integration.test_httpx2::test_gzip__decode_compressed_response_true": _IN_MEMORY,
    },
    "beside": {
        "unit.test_cassettes::test_nesting_context_managers_by_checking_references_of_http_connection": _IN_PLACE,
        "unit.test_patch::test_skip_patchers_disables_httpx_only": _IN_PLACE,
        "unit.test_patch::test_skip_patchers_multiple_groups": _IN_PLACE,
        "integration.test_urllib3::test_urllib3_force_reset": _IN_PLACE,
        "integration.test_urllib3::test_finishing_a_response_after_its_cassette": _IN_PLACE,
        "integration.test_urllib3::test_blocking_pool_used_around_cassettes": _IN_PLACE,
    },
}
"""Run -> test, whatever its parameters -> why it differs on purpose."""

if os.environ.get(HOW, ALONE) != ALONE:
    # Before any test: what is imported while a cassette is open keeps vcrpy's stubs for ever.
    from vcr.persisters.filesystem import CassetteNotFoundError, FilesystemPersister
    from vcr.serializers import yamlserializer

    from harness.cassettes import router, store
    from harness.errors import CassetteMissingError

    plain_save, plain_load = FilesystemPersister.save_cassette, FilesystemPersister.load_cassette


@pytest.fixture(autouse=True)
def _with_harness() -> Iterator[None]:
    """Used as a plugin of vcrpy's suite: what `HOW` says is in place while a test runs."""
    with ExitStack() as patches:
        for patch in _patches(os.environ.get(HOW, ALONE)):
            patches.enter_context(patch)
        yield


def _patches(how: str) -> Iterator[Any]:
    if how == "stored":
        yield mock.patch.object(FilesystemPersister, "save_cassette", staticmethod(_save))
        yield mock.patch.object(FilesystemPersister, "load_cassette", classmethod(_load))
    if how == "beside":
        yield router.installed()


def _save(cassette_path: Any, cassette_dict: Any, serializer: Any) -> None:
    """The store has one format; a serializer that a user named himself stays his own."""
    if serializer is not yamlserializer:
        plain_save(cassette_path, cassette_dict, serializer)
        return
    pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
    interactions = [store.Interaction(request, response) for request, response in pairs]
    store.save(store.Cassette(interactions, cassette_dict.get("metadata") or {}), Path(cassette_path))


def _load(_: Any, cassette_path: Any, serializer: Any) -> Any:
    if serializer is not yamlserializer:
        return plain_load(cassette_path, serializer)
    try:
        cassette = store.load(Path(cassette_path))
    except CassetteMissingError:
        raise CassetteNotFoundError from None
    requests = [each.request for each in cassette.interactions]
    responses = [each.response for each in cassette.interactions]
    return (requests, responses, cassette.metadata) if cassette.metadata else (requests, responses)


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


def _named(test: str) -> str:
    return test.removeprefix("tests.").partition("[")[0]


def steady(suite: Path, how: str, python: str, alone: dict[str, str]) -> dict[str, str]:
    """The outcomes; where more failed than is listed, a second run counts too: a server of the suite breaks pipes."""
    found = outcomes(suite, how, python)
    if any(was == "passed" != found.get(test) and _named(test) not in DIFFERENT[how] for test, was in alone.items()):
        again = outcomes(suite, how, python)
        return {test: "passed" if "passed" in (was, again.get(test)) else was for test, was in found.items()}
    return found


def told(how: str, alone: dict[str, str], found: dict[str, str]) -> bool:
    """Print how a run differs from vcrpy alone, and tell whether it is as `DIFFERENT` has it."""
    listed = DIFFERENT[how]
    worse = [test for test, was in alone.items() if was == "passed" != found.get(test)]
    unlisted = [test for test in worse if _named(test) not in listed]
    idle = listed.keys() - {_named(test) for test in worse}
    print(f"{how:>8}: {dict(Counter(found.values()))}, {len(worse)} pass with vcrpy alone and not here:")
    for reason, count in Counter(listed[_named(test)] for test in worse if _named(test) in listed).items():
        print(f"          {count} on purpose: {reason}")
    for test in unlisted:
        print(f"          NOT LISTED: {test}: {found.get(test, 'missing')}")
    for test in sorted(idle):
        print(f"          LISTED, BUT NOT DIFFERENT: {test}")
    return not unlisted and not idle


def main() -> None:
    """All ways, and the differences."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("suite", type=Path)
    asked.add_argument("--python", default=sys.executable)
    options = asked.parse_args()
    alone = outcomes(options.suite, ALONE, options.python)
    print(f"{ALONE:>8}: {dict(Counter(alone.values()))}")
    fine = [told(how, alone, steady(options.suite, how, options.python, alone)) for how in DIFFERENT]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
