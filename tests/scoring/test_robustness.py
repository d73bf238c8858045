"""No trace and no expectation, however strange, makes a scorer raise; and what is judged can be written down."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.core.results import Mode, Traffic, Trial, Verdict
from harness.core.scenario import (
    AnswerExpectation,
    AnyOfGroup,
    AnyOrderGroup,
    Count,
    EscalationExpectation,
    EscalationTarget,
    Expectation,
    ExpectedCall,
    Limits,
    Location,
    OptionalGroup,
    Order,
    Scenario,
    ToolsExpectation,
    Turn,
)
from harness.core.trace import (
    AgentRef,
    AgentRun,
    CallStatus,
    ErrorKind,
    GuardrailOutcome,
    Handoff,
    Judgement,
    Layer,
    Message,
    ModelCall,
    RunError,
    ToolCall,
    ToolOrigin,
    Trace,
    TurnTrace,
)
from harness.scoring.scorers import judge_trial

text = st.one_of(
    st.sampled_from(
        ["", "\0", "\ud800", "a\x1b[31mb", "\u202e", "49", "C-1", "I will transfer you to billing.", "?" * 5000]
    ),
    st.text(st.characters(), max_size=12),
)
arguments = st.one_of(
    st.sampled_from(
        [
            "",
            "null",
            "[1",
            "[" * 5000,
            '{"a":' * 3000,
            '{"a": NaN}',
            '{"a": 1e999}',
            '{"a": "\\ud800"}',
            '{"\\u0000\\ud800": 1}',
        ]
    ),
    st.dictionaries(
        st.sampled_from(["a", "b", "\0"]), st.sampled_from([1, "1", True, None, [], {}, [1, {"a": 2}]])
    ).map(json.dumps),
)
names = st.sampled_from(["Triage", "Billing", "Human", "Lookup", "Nobody", "\ud800"])
tools = st.sampled_from(["a", "b", "\0", "\ud800", "lookup_account"])
agents = st.builds(AgentRef, name=names, layer=st.sampled_from(list(Layer)), human=st.booleans())
ids = st.integers(0, 50).map(str)
statuses = st.sampled_from(list(CallStatus))
responses = st.sampled_from([None, "m1", "m2"])


def steps(runs: Any) -> Any:
    return st.one_of(
        st.builds(Message, id=ids, owner=agents, text=text),
        st.builds(Handoff, id=ids, owner=agents, target=st.none() | agents, tool=tools, status=statuses),
        st.builds(ModelCall, id=ids, owner=agents, model=text),
        st.builds(
            ToolCall,
            id=ids,
            owner=agents,
            tool=tools,
            call_id=st.none() | ids,
            arguments=arguments,
            output=st.none() | text,
            status=statuses,
            error=st.none() | text,
            origin=st.sampled_from(list(ToolOrigin)),
            helper=st.none() | agents,
            runs=runs,
            model_call=responses,
        ),
    )


def runs(inner: Any) -> Any:
    return st.builds(
        AgentRun,
        id=ids,
        agent=agents,
        input=text,
        steps=st.lists(steps(inner), max_size=4).map(tuple),
        output=st.none() | text,
        error=st.none() | st.builds(RunError, kind=st.just(ErrorKind.BEHAVIOUR), type=text, message=text),
        guardrails=st.lists(
            st.builds(GuardrailOutcome, name=text, stage=text, tripped=st.booleans(), agent=st.none() | names),
            max_size=1,
        ).map(tuple),
    )


nested_runs = runs(st.just(())) | runs(st.lists(runs(st.just(())), max_size=2).map(tuple))
traces = st.builds(
    Trace,
    turns=st.lists(st.builds(TurnTrace, user=text, runs=st.lists(nested_runs, max_size=2).map(tuple)), max_size=2).map(
        tuple
    ),
    state=st.sampled_from([None, {}, {"a": [1]}, float("nan"), "\ud800"]),
    judgements=st.lists(
        st.builds(Judgement, rubric=st.just("r"), passed=st.booleans(), reason=text, model=text), max_size=1
    ).map(tuple),
)
matchers: st.SearchStrategy[Any] = st.sampled_from(
    [
        1,
        True,
        None,
        {"any": True},
        {"from": "a"},
        {"from": "\ud800"},
        {"\ud800": {"contains": "\ud800"}},
        {"matches": "("},
        {"contains": 1},
        {"not": {}},
        {"items": [1], "order": "any"},
    ]
)
flat = st.builds(
    ExpectedCall,
    tool=tools,
    arguments=st.none() | st.dictionaries(st.sampled_from(["a", "b", "\ud800"]), matchers, max_size=2),
    exact_arguments=st.booleans(),
    by=st.sampled_from([(), ("Billing",), ("\ud800",)]),
    times=st.sampled_from([(1, 1), (0, None), (2, 1), (-1, 0), (3, None)]),
)


def expectations(call: Any) -> Any:
    item = st.one_of(
        call,
        st.builds(AnyOrderGroup, calls=st.lists(call, max_size=2).map(tuple)),
        st.builds(OptionalGroup, calls=st.lists(call, max_size=2).map(tuple)),
        st.builds(AnyOfGroup, alternatives=st.lists(st.lists(call, max_size=2).map(tuple), max_size=2).map(tuple)),
    )
    return st.builds(
        ToolsExpectation,
        calls=st.lists(item, max_size=3).map(tuple),
        order=st.sampled_from(list(Order)),
        count=st.sampled_from(list(Count)),
        ignore=st.sampled_from([(), ("a",)]),
        forbidden=st.sampled_from([(), ("b",)]),
    )


helped = st.builds(replace, flat, helper=expectations(flat))
expects = st.builds(
    Expectation,
    specialist=st.sampled_from([(), ("Billing",), ("Billing", "Nobody"), ("\ud800",)]),
    route=st.sampled_from([(), ("Triage", "*"), ("**", "Human", "**"), ("\ud800", "*")]),
    tools=st.none() | expectations(flat | helped),
    forbidden_tools=st.sampled_from([(), ("a",), ("\ud800",)]),
    escalation=st.none()
    | st.builds(
        EscalationExpectation,
        to=st.sampled_from(list(EscalationTarget)),
        after=st.sampled_from([(), ("a",), ("\ud800",)]),
    ),
    answer=st.none()
    | st.builds(
        AnswerExpectation,
        contains=st.lists(text, max_size=1).map(tuple),
        matches=st.sampled_from([(), ("(",), ("a",)]),
        equals=st.none() | text,
        numbers=st.sampled_from([(), (49.0,), (float("nan"), 10**400)]),
        grounded_in=st.sampled_from([(), ("a",), ("\ud800",)]),
        judge=st.sampled_from([None, "r", "other", "\ud800"]),
    ),
    clarifying_questions=st.sampled_from([None, (0, 1), (1, None)]),
    state=st.sampled_from([None, {"a": [1]}, {"any": True}, 1]),
    guardrail=st.sampled_from([None, "none", "x", "\ud800"]),
    limits=st.none()
    | st.builds(
        Limits,
        model_calls=st.sampled_from([None, 0, 5]),
        tokens=st.sampled_from([None, 0]),
        cost_usd=st.sampled_from([None, 0.5]),
        seconds=st.sampled_from([None, 1.0]),
    ),
    scorers=st.sampled_from([{}, {"nowhere:nothing": 1}, {"\ud800:nothing": 1}, {"json:\ud800": 1}]),
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    expects,
    expects,
    traces,
    st.sampled_from([None, "Billing", "Lookup", "Nobody"]),
    st.sampled_from(list(Mode)),
)
def test_every_trial_is_judged(
    world: Any, whole: Expectation, turn: Expectation, trace: Trace, agent: str | None, mode: Mode
) -> None:
    scenario = Scenario(
        id="x",
        location=Location(file="x.yaml"),
        conversation=(Turn(user="x", expect=turn), Turn(user="y")),
        expect=whole,
        agent=agent,
    )
    trial = Trial(scenario="x", verdict=Verdict.NOT_APPLICABLE, trace=trace, traffic=Traffic())
    judged = judge_trial(scenario, trial, world.graph, mode)
    texts = [asdict(score) for score in judged.scores] + ([asdict(judged.blame)] if judged.blame else [])
    json.dumps(texts, ensure_ascii=False).encode()
    assert (judged.blame is not None) == (judged.verdict is Verdict.FAILED)
    if judged.verdict is Verdict.PASSED:
        assert any(score.verdict is Verdict.PASSED for score in judged.scores)
    assert all(score.reason for score in judged.scores)
    assert judge_trial(scenario, judged, world.graph, mode) == judged


def test_huge_texts_are_judged_and_cut(world: Any) -> None:
    million = "a" * 1_000_000
    expect = Expectation(
        tools=ToolsExpectation(calls=(ExpectedCall(tool="refund", arguments={"note": "b"}),)),
        answer=AnswerExpectation(contains=("x",), grounded_in=("refund",), numbers=(1.0,)),
    )
    run = world.billing(world.call("refund", {"note": million}), output=million)
    trial = world.judge(expect, run)
    assert trial.verdict is Verdict.FAILED
    assert all(len(score.reason) < 3000 for score in trial.scores)
