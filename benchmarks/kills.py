"""kill -9 at random moments of a recording: the old cassette is there or the new one, never half of one.

    python benchmarks/kills.py [--kills 100]

A process records a cassette, over and over, each time with other answers; or it saves several large ones, over and
over. It is killed after a random time. What it leaves must be whole each time. Of files that were being written,
unfinished ones under names of their own may stay behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path

import httpx2

from harness.cassettes import store
from harness.cassettes.provenance import Provenance
from harness.cassettes.router import TapeOptions, installed, playing
from harness.core.graph import AgentGraph
from harness.core.results import Mode, Versions

CALLS = 40
FILES = 5
RECORDING, SAVING = "--recording", "--saving"


async def record(path: Path, generation: int) -> None:
    """One recording whose answers all say its generation."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"generation": generation, "padding": ["x" * 60] * 40})

    provenance = Provenance.of(AgentGraph(entry="none", agents=()), Versions())
    with playing(path, Mode.RECORD, provenance, TapeOptions(everything=True)):
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as api:
            for number in range(CALLS):
                await api.get(f"http://service/{number}")


async def recording(path: Path) -> None:
    """Until somebody ends it."""
    with installed():
        generation = 0
        while True:
            await record(path, generation)
            generation += 1


async def saving(path: Path) -> None:
    """The recording at `path`, to several files, until somebody ends it."""
    with installed():
        await record(path, 0)
    cassette = store.load(path)
    for generation in count(1):
        told = json.dumps({"generation": generation, "padding": ["x" * 60] * 40}).encode()
        for each in cassette.interactions:
            each.response["body"]["string"] = told
        for number in range(FILES):
            store.save(cassette, path.with_name(f"{number}.yaml"))


def generations(path: Path) -> set[bytes]:
    """Which recordings the file holds interactions of. Raises what `store.load` raises for half a file."""
    interactions = store.load(path).interactions
    assert len(interactions) == CALLS, len(interactions)
    return {each.response["body"]["string"].partition(b",")[0] for each in interactions}


def kill_once(path: Path, how: str) -> str:
    """Start, wait until the first recording is whole, and kill at a random moment after that."""
    process = subprocess.Popen([sys.executable, __file__, how, str(path)])  # noqa: S603 - this very file
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.5))  # noqa: S311 - a moment is no secret
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for whole in path.parent.glob("*.yaml"):
        assert len(generations(whole)) == 1, generations(whole)
    return "while a file was written" if list(path.parent.glob(f".*{store.PART}")) else "between two writes"


def main() -> None:
    """Prove it."""
    if sys.argv[1:2] in ([RECORDING], [SAVING]):
        asyncio.run({RECORDING: recording, SAVING: saving}[sys.argv[1]](Path(sys.argv[2])))
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=100)
    options = asked.parse_args()
    moments: Counter[str] = Counter()
    for number in range(options.kills):
        with tempfile.TemporaryDirectory() as folder:
            moments[kill_once(Path(folder) / "x.yaml", (RECORDING, SAVING)[number % 2])] += 1
    print(f"{options.kills} kills, every file whole: {dict(moments)}")


if __name__ == "__main__":
    main()
