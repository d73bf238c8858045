"""Runs of a small support system with every kind of outcome, judged by the real scorers."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import warnings
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.graph import AgentGraph, AgentNode, HandoffNode, ToolNode
from harness.core.results import (
    CassetteUse,
    Drift,
    Mode,
    Run,
    RunInfo,
    Timing,
    Traffic,
    Trial,
    TrialError,
    Verdict,
    Versions,
)
from harness.core.scenario import (
    AnswerExpectation,
    EscalationExpectation,
    EscalationTarget,
    Expectation,
    ExpectedCall,
    Location,
    Quarantine,
    Scenario,
    ToolsExpectation,
    Turn,
)
from harness.core.trace import (
    AgentRef,
    AgentRun,
    ErrorKind,
    Handoff,
    Layer,
    Message,
    ModelCall,
    Step,
    ToolCall,
    ToolOrigin,
    Trace,
    TurnTrace,
    Usage,
    runs_of,
)
from harness.scoring.scorers import judge_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

IN_CI = bool(os.environ.get("CI"))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

HOSTILE = (
    "</script><script>window.hacked=1</script><!--<script>--><img src=x onerror=window.hacked=1>"
    "\"'><svg onload=window.hacked=1> \u202eright to left\u202c \x00 \x1b[31mred\x1b[0m {{ 7*7 }} {% raw %} ]]>"
)

_LAYERS = {
    "Triage": Layer.TRIAGE,
    "BillingSpecialist": Layer.SPECIALIST,
    "TechnicalSpecialist": Layer.SPECIALIST,
    "HumanEscalation": Layer.SPECIALIST,
    "AccountLookup": Layer.HELPER,
    "ProrationCalculator": Layer.HELPER,
    "TechnicalDiagnostics": Layer.HELPER,
    "KnowledgeBaseSearch": Layer.HELPER,
}
AGENTS = {name: AgentRef(name=name, layer=layer, human=name == "HumanEscalation") for name, layer in _LAYERS.items()}
_HELPERS = {
    "lookup_account": "AccountLookup",
    "calculate_proration": "ProrationCalculator",
    "run_diagnostics": "TechnicalDiagnostics",
    "search_knowledge_base": "KnowledgeBaseSearch",
}


def _tools(*names: str) -> tuple[ToolNode, ...]:
    return tuple(
        ToolNode(name=name, origin=ToolOrigin.AGENT, helper=_HELPERS[name]) if name in _HELPERS else ToolNode(name=name)
        for name in names
    )


def _handoffs(*targets: str) -> tuple[HandoffNode, ...]:
    return tuple(HandoffNode(target=target, tool=f"transfer_to_{target.lower()}") for target in targets)


GRAPH = AgentGraph(
    entry="Triage",
    agents=(
        AgentNode(ref=AGENTS["Triage"], handoffs=_handoffs("BillingSpecialist", "TechnicalSpecialist")),
        AgentNode(
            ref=AGENTS["BillingSpecialist"],
            tools=_tools("lookup_account", "calculate_proration", "get_invoice", "process_refund"),
            handoffs=_handoffs("HumanEscalation", "Triage"),
        ),
        AgentNode(
            ref=AGENTS["TechnicalSpecialist"],
            tools=_tools("run_diagnostics", "search_knowledge_base"),
            handoffs=_handoffs("HumanEscalation", "Triage"),
        ),
        AgentNode(ref=AGENTS["HumanEscalation"]),
        AgentNode(ref=AGENTS["AccountLookup"], tools=_tools("fetch_account")),
        AgentNode(ref=AGENTS["ProrationCalculator"], tools=_tools("prorate")),
        AgentNode(ref=AGENTS["TechnicalDiagnostics"], tools=_tools("read_logs")),
        AgentNode(ref=AGENTS["KnowledgeBaseSearch"], tools=_tools("search_articles")),
    ),
)

HUMAN, KEPT = EscalationTarget.HUMAN, EscalationTarget.NONE
_BILLING, _TECHNICAL = "BillingSpecialist", "TechnicalSpecialist"


class Teller:
    """Tells what agents did: steps with ids of their own, each with the model call that asked for it."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def id(self) -> str:
        return f"s{next(self._ids)}"

    def model(self, owner: str) -> ModelCall:
        return ModelCall(
            id=self.id(),
            owner=AGENTS[owner],
            model="gpt-4o-mini",
            usage=Usage(requests=1, input_tokens=412, output_tokens=38),
        )

    def call(self, owner: str, tool: str, output: Any = "done", *inner: Step, **arguments: Any) -> ToolCall:
        helper = _HELPERS.get(tool)
        runs = (self.run(helper, *inner, self.say(helper, str(output))),) if helper else ()
        return ToolCall(
            id=self.id(),
            owner=AGENTS[owner],
            tool=tool,
            call_id=self.id(),
            arguments=json.dumps(arguments),
            output=output if isinstance(output, str) else json.dumps(output),
            origin=ToolOrigin.AGENT if helper else ToolOrigin.FUNCTION,
            helper=AGENTS[helper] if helper else None,
            runs=runs,
        )

    def lookup(self, customer: str = "C-1042") -> ToolCall:
        fetch = self.call("AccountLookup", "fetch_account", {"plan": "Pro", "status": "active"}, customer_id=customer)
        return self.call(
            _BILLING, "lookup_account", f"{customer} is on Pro, active", fetch, input=f"Look up {customer}"
        )

    def hand(self, owner: str, target: str) -> Handoff:
        return Handoff(id=self.id(), owner=AGENTS[owner], target=AGENTS[target], tool=f"transfer_to_{target.lower()}")

    def say(self, owner: str, text: str) -> Message:
        return Message(id=self.id(), owner=AGENTS[owner], text=text)

    def run(self, agent: str, *steps: Step) -> AgentRun:
        told = [each for step in steps for each in (self.model(step.owner.name), step)]
        used = [each.usage for each in told if isinstance(each, ModelCall)]
        texts = [step.text for step in steps if isinstance(step, Message)]
        return AgentRun(
            id=self.id(),
            agent=AGENTS[agent],
            input="",
            steps=tuple(told),
            last_agent=steps[-1].owner if steps else AGENTS[agent],
            output=texts[-1] if texts else None,
            usage=sum(used, Usage()),
        )


Told = tuple[Scenario, Trial]


def _scenario(name: str, *turns: str, expect: Expectation, **fields: Any) -> Scenario:
    fields.setdefault("tags", ("billing",))
    return Scenario(
        id=name,
        location=Location(file="scenarios/billing.yaml", line=4),
        conversation=tuple(Turn(user=each) for each in turns),
        expect=expect,
        **fields,
    )


def _trial(scenario: Scenario, *runs: AgentRun, **fields: Any) -> Told:
    turns = tuple(
        TurnTrace(user=turn.user, runs=(run,)) for turn, run in zip(scenario.conversation, runs, strict=False)
    )
    trace = Trace(turns=turns, state={"refunds": []})
    count = sum(isinstance(step, ModelCall) for run in runs_of(trace) for step in run.steps)
    trial = Trial(
        scenario=scenario.id,
        verdict=Verdict.NOT_APPLICABLE,
        trace=trace,
        timings=dict(_timings(trace)),
        traffic=Traffic(replayed=count, recorded_cost_usd=0.0021),
        seconds=0.042,
        started_at="2026-11-24T08:00:01Z",
        cassette=_cassette(scenario.id, count),
        **fields,
    )
    return scenario, judge_trial(scenario, trial, GRAPH)


def _cassette(name: str, count: int, **fields: Any) -> CassetteUse:
    return CassetteUse(
        path=f"cassettes/{name}.yaml",
        recorded_at="2026-11-20T10:00:00Z",
        endpoint="http://127.0.0.1:8100/v1",
        models=("gpt-4o", "gpt-4o-mini"),
        stand_in=True,
        sdk_version="0.24.0",
        harness_version="0.1.0",
        used=count,
        total=count,
        **fields,
    )


def _timings(trace: Trace) -> Iterator[tuple[str, Timing]]:
    clock = 0.0
    for turn in trace.turns:
        for run in turn.runs:
            found = dict(_timed(run, clock))
            clock += found[run.id].duration_ms
            yield from found.items()


def _timed(run: AgentRun, clock: float) -> Iterator[tuple[str, Timing]]:
    began = clock
    for step in run.steps:
        inner = [
            each for nested in (step.runs if isinstance(step, ToolCall) else ()) for each in _timed(nested, clock + 1)
        ]
        took = 5.5 if isinstance(step, ModelCall) else 2.0 + sum(timing.duration_ms for _, timing in inner[-1:])
        yield step.id, Timing(start_ms=clock, duration_ms=took)
        yield from inner
        clock += took
    yield run.id, Timing(start_ms=began, duration_ms=clock - began)


def _calls(*calls: ExpectedCall) -> ToolsExpectation:
    return ToolsExpectation(calls=calls)


def passing() -> Told:
    say = Teller()
    helper = _calls(ExpectedCall(tool="fetch_account", arguments={"customer_id": "C-1042"}))
    expect = Expectation(
        specialist=(_BILLING,),
        tools=_calls(
            ExpectedCall(tool="lookup_account", helper=helper),
            ExpectedCall(tool="get_invoice", arguments={"customer_id": "C-1042"}),
            ExpectedCall(tool="process_refund", arguments={"customer_id": "C-1042", "amount": 49.0}),
        ),
        escalation=EscalationExpectation(to=KEPT),
        answer=AnswerExpectation(contains=("refund",)),
    )
    scenario = _scenario(
        "duplicate-charge", "I was charged twice last month. My customer id is C-1042.", expect=expect, trials=1
    )
    run = say.run(
        "Triage",
        say.hand("Triage", _BILLING),
        say.lookup(),
        say.call(_BILLING, "get_invoice", {"invoice": "INV-7", "amount": 49.0}, customer_id="C-1042"),
        say.call(_BILLING, "process_refund", {"status": "refunded"}, customer_id="C-1042", amount=49),
        say.say(_BILLING, "I found the duplicate charge of $49.00 and sent the refund. It arrives in 5 days."),
    )
    return _trial(scenario, run)


def misrouted() -> Told:
    say = Teller()
    expect = Expectation(
        specialist=(_BILLING,),
        tools=_calls(ExpectedCall(tool="lookup_account")),
        escalation=EscalationExpectation(to=KEPT),
    )
    scenario = _scenario(
        "invoice-page-blank", "The invoice page stays blank, and I need last month's invoice.", expect=expect
    )
    run = say.run(
        "Triage",
        say.hand("Triage", _TECHNICAL),
        say.call(_TECHNICAL, "run_diagnostics", "1. Browser cache", symptoms="blank page"),
        say.say(_TECHNICAL, "Please clear the cache of your browser."),
    )
    return _trial(scenario, run)


def wrong_tools() -> Told:
    say = Teller()
    expect = Expectation(
        specialist=(_BILLING,),
        tools=_calls(
            ExpectedCall(tool="lookup_account"),
            ExpectedCall(tool="calculate_proration"),
            ExpectedCall(tool="process_refund", arguments={"customer_id": "C-2001", "amount": 120.0}),
        ),
    )
    scenario = _scenario(
        "refund-wrong-amount",
        "Please refund the $120 of the double upgrade, C-2001.",
        expect=expect,
        tags=("billing", "refund"),
    )
    run = say.run(
        "Triage",
        say.hand("Triage", _BILLING),
        say.lookup("C-2001"),
        say.call(_BILLING, "process_refund", {"status": "refunded"}, customer_id="C-2001", amount=210),
        say.call(_BILLING, "get_invoice", {"invoice": "INV-9"}, customer_id="C-2001"),
        say.say(_BILLING, "I refunded $210.00."),
    )
    return _trial(scenario, run)


def wrong_helper() -> Told:
    say = Teller()
    helper = _calls(ExpectedCall(tool="fetch_account", arguments={"customer_id": "C-3003"}))
    expect = Expectation(specialist=(_BILLING,), tools=_calls(ExpectedCall(tool="lookup_account", helper=helper)))
    scenario = _scenario("plan-question", "Which plan am I on? C-3003", expect=expect)
    fetch = say.call("AccountLookup", "fetch_account", {"plan": "Free"}, customer_id="C-3030")
    lookup = say.call(_BILLING, "lookup_account", "C-3003 is on Free", fetch, input="C-3003")
    run = say.run("Triage", say.hand("Triage", _BILLING), lookup, say.say(_BILLING, "You are on the Free plan."))
    return _trial(scenario, run)


def missed_escalation() -> Told:
    say = Teller()
    expect = Expectation(
        specialist=(_TECHNICAL,), escalation=EscalationExpectation(to=HUMAN, after=("run_diagnostics",))
    )
    scenario = _scenario(
        "outage-needs-person",
        "Everything is down.",
        "I did all of that. Give me a person.",
        expect=expect,
        tags=("technical", "outage"),
    )
    diagnose = say.call(_TECHNICAL, "run_diagnostics", "1. Region outage", symptoms="down")
    first = say.run(
        "Triage", say.hand("Triage", _TECHNICAL), diagnose, say.say(_TECHNICAL, "Please restart the agent.")
    )
    second = say.run(_TECHNICAL, say.say(_TECHNICAL, "I am transferring you to a person now."))
    return _trial(scenario, first, second)


def escalated() -> Told:
    say = Teller()
    expect = Expectation(
        specialist=(_BILLING,),
        tools=_calls(ExpectedCall(tool="lookup_account")),
        escalation=EscalationExpectation(to=HUMAN),
    )
    scenario = _scenario(
        "dispute-over-limit", "I dispute the $900 charge, C-7.", expect=expect, tags=("billing", "dispute")
    )
    run = say.run(
        "Triage",
        say.hand("Triage", _BILLING),
        say.lookup("C-7"),
        say.hand(_BILLING, "HumanEscalation"),
        say.say("HumanEscalation", "A colleague will call you about the $900 charge."),
    )
    return _trial(scenario, run)


def searching() -> Told:
    say = Teller()
    search = _calls(ExpectedCall(tool="search_articles"))
    expect = Expectation(
        specialist=(_TECHNICAL,), tools=_calls(ExpectedCall(tool="search_knowledge_base", helper=search))
    )
    scenario = _scenario("export-how-to", "How do I export my data?", expect=expect, tags=("technical", "how-to"))
    inner = say.call("KnowledgeBaseSearch", "search_articles", ["KB-12"], query="export data")
    search_call = say.call(
        _TECHNICAL, "search_knowledge_base", "KB-12: Export your data", inner, query="export my data"
    )
    run = say.run(
        "Triage", say.hand("Triage", _TECHNICAL), search_call, say.say(_TECHNICAL, "Open Settings, then Export.")
    )
    return _trial(scenario, run)


def stale() -> Told:
    expect = Expectation(specialist=(_BILLING,), tools=_calls(ExpectedCall(tool="calculate_proration")))
    scenario = _scenario("upgrade-mid-month", "What do I pay when I upgrade today?", expect=expect)
    _, trial = _trial(scenario)
    message = 'BillingSpecialist.instructions line 3 changed ("confirm amounts" -> "confirm amounts twice")'
    cassette = _cassette(
        scenario.id,
        0,
        stale=(message,),
        drift=(Drift(where="$.input[2].output", recorded="R-1", actual="R-2"),),
    )
    error = TrialError(
        kind=ErrorKind.INFRASTRUCTURE, type="CassetteStaleError", message=message, hint="harness record --stale"
    )
    return scenario, replace(
        trial, verdict=Verdict.ERRORED, scores=(), blame=None, trace=Trace(), timings={}, cassette=cassette, error=error
    )


def quarantined() -> Told:
    scenario, trial = misrouted()
    told = Quarantine(until=date(2026, 12, 31), reason="the stand-in reads 'page' as technical", owner="support-team")
    named = replace(scenario, id="ambiguous-page", quarantine=told)
    return named, replace(trial, scenario=named.id)


def unchecked() -> Told:
    say = Teller()
    scenario = _scenario("hello", "Hello!", expect=Expectation(), tags=("smoke",))
    return _trial(scenario, say.run("Triage", say.say("Triage", "Hello, how can I help?")))


def hostile() -> Told:
    say = Teller()
    expect = Expectation(
        specialist=(_BILLING,), tools=_calls(ExpectedCall(tool="get_invoice", arguments={"note": HOSTILE}))
    )
    scenario = _scenario("hostile-text", HOSTILE, expect=expect, tags=("billing", "<b>tag</b>"), description=HOSTILE)
    call = say.call(_BILLING, "get_invoice", HOSTILE, note=HOSTILE + "!")
    run = say.run("Triage", say.hand("Triage", _BILLING), call, say.say(_BILLING, HOSTILE))
    return _trial(scenario, run)


KINDS: dict[str, Callable[[], Told]] = {
    each.__name__: each
    for each in (
        passing,
        escalated,
        searching,
        misrouted,
        wrong_tools,
        wrong_helper,
        missed_escalation,
        stale,
        quarantined,
        unchecked,
    )
}
GOOD = ("passing", "escalated", "searching")

INFO = RunInfo(
    id="2026-11-24T08-00-00",
    created_at="2026-11-24T08:00:00Z",
    system="agents_under_test.support:system",
    mode=Mode.REPLAY,
    commit="3f2a9c1d7e",
    dirty=True,
    stand_in=True,
    versions=Versions(harness="0.1.0", sdk="0.24.0", openai="3.54.0", vcrpy="9.4.2", python="3.11.9"),
)


def run_of(*told: Told, **info: Any) -> Run:
    """A run of these scenarios, one trial each unless several share a scenario."""
    scenarios = {scenario.id: scenario for scenario, _ in told}
    return Run(
        info=replace(INFO, **info),
        graph=GRAPH,
        scenarios=tuple(scenarios.values()),
        trials=tuple(trial for _, trial in told),
    )


def copies(told: Told, count: int, name: str | None = None) -> list[Told]:
    """The same story under `count` ids."""
    return [_named(told, f"{name or told[0].id}-{number:05d}") for number in range(count)]


def _named(told: Told, name: str) -> Told:
    return replace(told[0], id=name), replace(told[1], scenario=name)


def repeated(one: Told, other: Told, pattern: str, **fields: Any) -> list[Told]:
    """Trials of one scenario: `+` ends like `one`, `-` like `other`."""
    scenario = replace(one[0], trials=len(pattern), **fields)
    return [
        (scenario, replace((one if mark == "+" else other)[1], scenario=scenario.id, index=index))
        for index, mark in enumerate(pattern)
    ]


def mixed_run() -> Run:
    """One scenario of each kind, and a flaky one of five trials."""
    flaky = repeated(passing(), wrong_tools(), "++-+-", id="flaky-refund", passes=3)
    return run_of(*(tell() for tell in KINDS.values()), *flaky)


def green_run() -> Run:
    """Everything passed."""
    return run_of(*(each for name in GOOD for each in copies(KINDS[name](), 20)))


def regression_run() -> Run:
    """Sixty scenarios, one of them wrong."""
    return run_of(*(each for name in GOOD for each in copies(KINDS[name](), 20)), wrong_tools())


def large_run(count: int) -> Run:
    """`count` scenarios, one in ten of which is not passed."""
    bad = [KINDS[name]() for name in KINDS if name not in GOOD]
    good = [KINDS[name]() for name in GOOD]
    stories = (
        bad[number // 10 % len(bad)] if number % 10 == 0 else good[number % len(good)] for number in range(count)
    )
    return run_of(*(_named(story, f"case-{number:05d}") for number, story in enumerate(stories)))


class Samples:
    """What tests of reports start from."""

    info, graph, kinds, hostile_text = INFO, GRAPH, KINDS, HOSTILE
    run_of, copies, repeated, hostile = (
        staticmethod(run_of),
        staticmethod(copies),
        staticmethod(repeated),
        staticmethod(hostile),
    )
    mixed, green = staticmethod(mixed_run), staticmethod(green_run)
    regression, large = staticmethod(regression_run), staticmethod(large_run)


@pytest.fixture(scope="session")
def samples() -> type[Samples]:
    return Samples


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        told = "NO CHROMIUM: the browser tests of the report did not run; install chromium to run them"
        if IN_CI:
            pytest.fail(told)
        warnings.filterwarnings("default", message="NO CHROMIUM")
        pytest.skip(told)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a machine without a browser needs none of it

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()
