"""Reading and checking many scenarios, against the time that a YAML parser needs for the same files.

python benchmarks/suite.py [SCENARIOS]      default: 5,000, made of the bundled ones
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from harness.suite.check import check_suite
from harness.suite.loading import load_suite
from harness.system.graph import read_graph
from harness.system.loading import load_system

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
_ID = re.compile(r"^(\s+- id: )(.+)$", re.MULTILINE)
_HISTORY = re.compile(r"^(\s+history: )([\w-]+)$", re.MULTILINE)


def copies(count: int, folder: Path) -> int:
    """Write the bundled files again and again, with ids of their own, until there are `count` scenarios."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "scenarios").glob("*.yaml"))}
    written = number = 0
    while written < count:
        for stem, text in texts.items():
            again = _ID.sub(rf"\1\2-{number}", _HISTORY.sub(rf"\1\2-{number}", text))
            (folder / f"{stem}-{number}.yaml").write_text(again, encoding="utf-8")
            written += len(_ID.findall(text))
        number += 1
    return written


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the fastest of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def main(count: int) -> None:
    """Print the seconds and the ratios."""
    graph = read_graph(load_system("agents_under_test.support:system")).data
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written = copies(count, folder)
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))]
        floor = seconds(lambda: [yaml.load(text, Loader=yaml.CSafeLoader) for text in texts])
        reading = seconds(lambda: load_suite([folder]))
        scenarios = load_suite([folder])
        checking = seconds(lambda: check_suite(scenarios, graph))
    whole = reading + checking
    print(f"{written} scenarios in {len(texts)} files")
    print(f"YAML alone  {floor:6.2f} s")
    print(f"reading     {reading:6.2f} s  {reading / floor:5.1f} times")
    print(f"checking    {checking:6.2f} s  {checking / floor:5.1f} times")
    print(f"together    {whole:6.2f} s  {whole / floor:5.1f} times")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
