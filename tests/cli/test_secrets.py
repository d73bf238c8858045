"""A canary in every place an application can let a secret out at; no file that is written may hold it."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import re
import shutil
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
import yaml

from harness.reporting.formats import REPORTERS
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Result

    Harness = Callable[..., Result]

SHAPE = "sk-proj-" + "Ab3" * 12
OPAQUE = "plain-words-nobody-may-read"
CANARY = f"{SHAPE} {OPAQUE}"
LEAKS = {
    "argument": "give",
    "output": "give",
    "base64": "encoded",
    "squeezed": "encoded",
    "wrapped": "encoded",
    "swallowed": "fail",
    "raised": "crash",
    "state": "remember",
    "log": "log",
    "query": "ask",
    "named": "ask",
    "header": "ask",
    "organisation": "ask",
    "body": "ask",
    "gzip": "ask",
    "archive": "ask",
    "cookie": "ask",
    "custom": "ask",
}
"""Place -> the tool that lets the secret out there."""

HARMLESS = {"named", "header", "cookie", "log", "state", "swallowed"}
"""Places that reach no recording: its requests and answers hold nothing of it."""


class _Service(http.server.BaseHTTPRequestHandler):
    kept: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        said = self.headers.get("openai-organization", "") if self.path.startswith("/echo") else ""
        self._answer(said.encode() or b"fine", {})

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["content-length"]))
        answers: dict[str, tuple[bytes, dict[str, str]]] = {
            "/gzip": (gzip.compress(b"you sent " + said), {"content-encoding": "gzip"}),
            "/archive": (gzip.compress(b"you sent " + said), {"content-type": "application/gzip"}),
            "/cookie": (b"fine", {"set-cookie": f"session={OPAQUE}; HttpOnly"}),
            "/custom": (b"fine", {"x-greeting": said.decode()}),
        }
        self._answer(*answers.get(self.path, (b"fine", {})))

    def _answer(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def service(serving: Callable[[type[http.server.BaseHTTPRequestHandler]], str]) -> str:
    return serving(_Service)


@pytest.fixture
def leaky(project: Path, service: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The application with a scenario for each place, in folders of its own: what else appears was written by us."""
    own = project / "own"
    own.mkdir()
    shutil.copy(Path(__file__).parents[1] / "data" / "leaky.py", own)
    (project / "pyproject.toml").write_text(
        '[tool.harness]\nsystem = "leaky:system"\nscenarios = "own/scenarios"\n', encoding="utf-8"
    )
    (own / "scenarios").mkdir()
    scenarios = [{"id": place, "user": f"leak {place}", "expect": {"tools": [LEAKS[place]]}} for place in LEAKS]
    scenarios.append({"id": "said", "user": f"my key is {CANARY}", "expect": {"tools": []}})
    scenarios.append({"id": "context", "user": "hello", "context": {"key": CANARY}, "expect": {"tools": []}})
    scenarios.append({"id": "answer", "user": "tell me the key", "expect": {"tools": []}})
    scenarios.append({"id": "expected", "user": "hello", "expect": {"answer": {"contains": CANARY}}})
    (own / "scenarios" / "all.yaml").write_text(yaml.safe_dump({"scenarios": scenarios}), encoding="utf-8")
    monkeypatch.syspath_prepend(str(own))
    monkeypatch.delitem(sys.modules, "leaky", raising=False)
    monkeypatch.setenv("LEAKY_SERVICE", service)
    monkeypatch.setenv("SHOP_API_TOKEN", OPAQUE)
    return project


def _script(folder: Path, *, planted: bool) -> Path:
    secret = CANARY if planted else "nothing"
    rules = [
        {
            "when": {"user": f"leak {place}$", "not_called": tool},
            "calls": [{tool: {"place": place, "note": secret if place == "argument" else "-"}}],
        }
        for place, tool in LEAKS.items()
    ]
    rules += [{"when": {"user": "tell me"}, "reply": f"The key is {secret}."}, {"when": {}, "reply": "Done."}]
    path = folder / "own" / f"script-{planted}.yaml"
    path.write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
    return path


def _written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "own" not in path.relative_to(folder).parts]


def _readings(text: str) -> Iterator[str]:
    """The text, and what is packed in it: the page keeps its details deflated, in base64."""
    yield text
    for run in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):
        raw = base64.b64decode(run.rstrip("=")[: len(run.rstrip("=")) // 4 * 4])
        yield raw.decode("utf-8", "ignore")
        for bits in (-15, 15, 31):
            try:
                yield zlib.decompress(raw, bits).decode("utf-8", "ignore")
            except zlib.error:
                continue


def _leaks(folder: Path, said: Result) -> list[str]:
    texts = {str(path): path.read_text(encoding="utf-8") for path in _written(folder)}
    texts |= {"stdout": said.stdout, "stderr": said.stderr}
    return [
        f"{name}: {text[max(0, text.find(each) - 200) : text.find(each) + 60]}"
        for name, whole in texts.items()
        for text in _readings(whole)
        for each in (SHAPE, OPAQUE)
        if each in text
    ]


def _report_everything(harness: Harness) -> Result:
    formats = [part for name in REPORTERS for part in ("--format", name)]
    return harness("report", *formats, "--to", "all-formats")


def _verdicts(folder: Path) -> dict[str, str]:
    newest = max((folder / "reports").glob("*/summary.json"))
    return {row["id"]: row["verdict"] for row in json.loads(newest.read_text(encoding="utf-8"))["scenarios"]}


def test_recording_refuses_a_secret_wherever_it_is_and_writes_it_nowhere(
    harness: Harness, leaky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    monkeypatch.setenv("OPENAI_API_KEY", OPAQUE + "-sent-as-the-key")
    said = harness("record", "--script", _script(leaky, planted=True), "-v")
    assert said.exit_code == 4
    assert _leaks(leaky, said) == []
    recorded = {path.stem for path in (leaky / "cassettes").glob("*.yaml")}
    assert recorded == HARMLESS | {"context", "expected"}
    refused = [name for name, verdict in _verdicts(leaky).items() if verdict == "errored"]
    assert set(refused) == (LEAKS.keys() | {"said", "answer"}) - recorded
    assert _leaks(leaky, _report_everything(harness)) == []


def test_the_place_of_a_secret_is_named(harness: Harness, leaky: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    script = _script(leaky, planted=True)
    assert "interaction 2, its address" in harness("record", "query", "--script", script).stderr
    told = harness("record", "archive", "--script", script).stderr
    assert "interaction 2 (POST http://127.0.0.1" in told
    assert "/archive), the request's body" in told
    assert "would have been written; nothing was" in told


def test_a_live_run_leaves_no_secret_in_journal_or_report(
    harness: Harness, leaky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    with running(_script(leaky, planted=True)) as url:
        monkeypatch.setenv("HARNESS_ENDPOINT", url)
        said = harness("run", "--mode", "live", "-v")
    assert _leaks(leaky, said) == []
    assert _leaks(leaky, _report_everything(harness)) == []
    assert {name for name, verdict in _verdicts(leaky).items() if verdict == "passed"} >= {"output", "base64", "query"}


def test_a_replay_that_meets_a_secret_leaves_it_nowhere(
    harness: Harness, leaky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert harness("record", "--script", _script(leaky, planted=False)).exit_code == 4
    assert (leaky / "cassettes" / "output.yaml").exists()
    monkeypatch.setenv("CANARY", CANARY)
    said = harness("run", "-v")
    assert _leaks(leaky, said) == []
    assert _leaks(leaky, _report_everything(harness)) == []


def test_what_the_user_named_is_hidden_and_replay_still_matches(
    harness: Harness, leaky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (leaky / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("[tool.harness.redact]\ncard = '[0-9]{4}-[0-9]{4}'\n")
    monkeypatch.setenv("CANARY", "1234-5678")
    scenario = [
        {"id": "card", "user": "charge 1234-5678", "expect": {"tools": [{"give": {"note": "1234-5678"}}]}},
    ]
    (leaky / "own" / "scenarios" / "all.yaml").write_text(yaml.safe_dump({"scenarios": scenario}), encoding="utf-8")
    rules = [
        {"when": {"not_called": "give"}, "calls": [{"give": {"place": "till", "note": "1234-5678"}}]},
        {"when": {}, "reply": "Charged 1234-5678."},
    ]
    script = leaky / "own" / "cards.yaml"
    script.write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
    assert harness("record", "--script", script).exit_code == 0
    assert "<card>" in (leaky / "cassettes" / "card.yaml").read_text(encoding="utf-8")
    assert harness("run").exit_code == 0
    _report_everything(harness)
    holding = [path for path in _written(leaky) if "1234-5678" in path.read_text(encoding="utf-8")]
    assert holding == []


def test_a_tool_gets_this_runs_value_for_what_the_recording_hides(
    harness: Harness, leaky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_what_the_user_named_is_hidden_and_replay_still_matches(harness, leaky, monkeypatch)
    called: list[str] = []
    give = sys.modules["leaky"].give
    run = give.on_invoke_tool

    async def watched(context: object, arguments: str) -> object:
        called.append(json.loads(arguments)["note"])
        return await run(context, arguments)

    monkeypatch.setattr(give, "on_invoke_tool", watched)
    assert harness("run").exit_code == 0
    assert called == ["1234-5678"]


def test_a_run_whose_scenarios_hold_what_is_hidden_can_be_resumed(
    harness: Harness, leaky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_what_the_user_named_is_hidden_and_replay_still_matches(harness, leaky, monkeypatch)
    path = leaky / "own" / "scenarios" / "all.yaml"
    [good] = yaml.safe_load(path.read_text(encoding="utf-8"))["scenarios"]
    path.write_text(yaml.safe_dump({"scenarios": [good | {"id": "absent"}, good]}), encoding="utf-8")
    assert harness("run", "--max-failures", 1, "-j", 1).exit_code == 4
    run = max((leaky / "reports").glob("*/run.jsonl")).parent
    shutil.copy(leaky / "cassettes" / "card.yaml", leaky / "cassettes" / "absent.yaml")
    told = harness("run", "--resume", run)
    assert (told.exit_code, "changed since" in told.stderr) == (0, False)
    assert "1234-5678" not in (run / "run.jsonl").read_text(encoding="utf-8")
