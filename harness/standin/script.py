"""A script in place of the policy: a YAML list of rules, the first that fits decides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from harness.core.scenario import Location
from harness.errors import UsageError, did_you_mean
from harness.standin.faults import Failure
from harness.standin.reply import PlannedCall, Reply
from harness.standin.request import Call, Output, Request, UserMessage, squeezed

if TYPE_CHECKING:
    from pathlib import Path


_Calls: TypeAlias = tuple[str | dict[str, dict[str, Any] | str | None], ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Strict):
    """What a request must look like; every given key has to fit. Texts are regular expressions, searched without case.

    `agent` is searched in the instructions, `user` in the last user message, `output` in each tool output since then;
    `called` and `not_called` name tools called since then; `turn` counts user messages from 1; `model` and `tool` (one
    that is offered) are exact names.
    """

    agent: str | None = None
    user: str | None = None
    output: str | None = None
    called: str | None = None
    not_called: str | None = None
    turn: int | None = Field(default=None, ge=1)
    model: str | None = None
    tool: str | None = None

    @field_validator("agent", "user", "output")
    @classmethod
    def _is_pattern(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern


class Error(_Strict):
    """An error in place of an answer: an HTTP status, or a dropped connection."""

    status: int = Field(default=500, ge=400, le=599)
    message: str = "The script asks for this error."
    drop: bool = False


class Rule(_Strict):
    """One rule: when it fits, it answers; `times` limits how often it may, `delay` is in seconds.

    A call is `name: arguments`; arguments given as a text are sent as they are. `items` are output items of the
    Responses API.
    """

    when: When = When()
    reply: str = ""
    calls: _Calls = ()
    handoff: str | None = None
    items: tuple[dict[str, Any], ...] = ()
    error: Error | None = None
    policy: bool = False
    times: int | None = Field(default=None, ge=1)
    delay: float = Field(default=0.0, ge=0)

    @field_validator("calls")
    @classmethod
    def _one_tool_each(cls, calls: _Calls) -> _Calls:
        if any(isinstance(call, dict) and len(call) != 1 for call in calls):
            raise ValueError("each call is one tool, written `name` or `name: arguments`")
        return calls

    @model_validator(mode="after")
    def _decides_something(self) -> Rule:
        if not {"reply", "calls", "handoff", "items", "error", "policy"} & self.model_fields_set:
            raise ValueError("decides nothing: give it reply, calls, handoff, items, error or policy")
        return self


class _Document(_Strict):
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """What a script decided: no answer leaves the decision to the policy; `delay` is in seconds."""

    answer: Reply | Failure | None
    delay: float = 0.0


@dataclass(slots=True)
class Script:
    """The rules of a script and how often each was used."""

    rules: Sequence[Rule]
    used: Counter[int] = field(default_factory=Counter)

    def decide(self, request: Request) -> Scripted:
        """What the first rule that fits says; an error with status 422 when none does."""
        for number, rule in enumerate(self.rules):
            if (rule.times is None or self.used[number] < rule.times) and fits(rule.when, request):
                self.used[number] += 1
                return Scripted(answer=_answer(rule, request), delay=rule.delay)
        return Scripted(answer=Failure(status=422, message=f"no rule of the script fits; {_described(request)}"))


def _described(request: Request) -> str:
    instructions = request.instructions.partition("\n")[0][:80]
    said = [item.text for item in request.items if isinstance(item, UserMessage)]
    return f"instructions {instructions!r}, last user message {(said[-1] if said else '')[:80]!r}"


def fits(when: When, request: Request) -> bool:
    """Whether the request looks like that."""
    turns = [at for at, item in enumerate(request.items) if isinstance(item, UserMessage)]
    recent = request.items[turns[-1] :] if turns else request.items
    said = [item.text for item in recent if isinstance(item, UserMessage)]
    called = {item.name for item in recent if isinstance(item, Call)}
    return all(
        (
            _found(when.agent, [request.instructions]),
            _found(when.user, said),
            _found(when.output, [item.text for item in recent if isinstance(item, Output)]),
            when.called is None or when.called in called,
            when.not_called is None or when.not_called not in called,
            when.turn is None or when.turn == len(turns),
            when.model is None or when.model == request.model,
            when.tool is None or request.tool(when.tool) is not None,
        )
    )


def _found(pattern: str | None, texts: Sequence[str]) -> bool:
    return pattern is None or any(re.search(pattern, text, re.IGNORECASE) for text in texts)


def _answer(rule: Rule, request: Request) -> Reply | Failure | None:
    if rule.policy:
        return None
    if rule.error is not None:
        return Failure(status=rule.error.status, message=rule.error.message, drop=rule.error.drop)
    calls = tuple(_call(call) for call in rule.calls)
    if rule.handoff is not None:
        calls = (*calls, PlannedCall(name=_handoff_tool(rule.handoff, request)))
    return Reply(text=rule.reply, calls=calls, items=rule.items)


def _call(call: str | dict[str, dict[str, Any] | str | None]) -> PlannedCall:
    if isinstance(call, str):
        return PlannedCall(name=call)
    ((name, arguments),) = call.items()
    return PlannedCall(name=name, arguments=arguments or {})


def _handoff_tool(agent: str, request: Request) -> str:
    """The tool that leads there; when the request offers none, the name it would have, so that the client objects."""
    known = (tool.name for tool in request.tools if tool.agent == squeezed(agent) or tool.name == agent)
    return next(known, f"transfer_to_{agent.lower()}")


def load_script(path: Path) -> Script:
    """Read a script. Raises `UsageError` naming the file, the line and the key that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        node, data = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the script cannot be read: {error}", where=Location(file=str(path))) from error
    except yaml.YAMLError as error:
        raise UsageError(f"the script is not YAML: {error}", where=_yaml_place(path, error)) from error
    return _parsed(path, node, data)


def parse_script(data: Any) -> Script:
    """A script given as data, in the shape the YAML has. Raises pydantic's `ValidationError`."""
    return Script(rules=_Document.model_validate(data).rules)


def _parsed(path: Path, node: yaml.Node | None, data: Any) -> Script:
    try:
        return parse_script(data)
    except ValidationError as error:
        first, *others = error.errors()
        more = f" (and {len(others)} more)" if others else ""
        line = _line(node, first["loc"])
        hint = _hint(first["loc"]) if first["type"] == "extra_forbidden" else ""
        what = f"{_path(first['loc'])}: {first['msg']}, got {first['input']!r}{more}"
        raise UsageError(what, where=Location(file=str(path), line=line), hint=hint) from error


def _path(keys: Sequence[int | str]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".") or "the script"


_OWNERS: dict[str, type[_Strict]] = {"rules": Rule, "when": When, "error": Error}


def _hint(keys: Sequence[int | str]) -> str:
    owner: type[_Strict] = _Document
    for key in keys[:-1]:
        owner = _OWNERS.get(str(key), owner)
    return did_you_mean(str(keys[-1]), owner.model_fields)


def _line(node: yaml.Node | None, keys: Sequence[int | str]) -> int:
    """The line of the deepest part of the file that the keys lead to."""
    line = 1
    for key in keys:
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == key), None)
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def _yaml_place(path: Path, error: yaml.YAMLError) -> Location:
    mark = getattr(error, "problem_mark", None)
    return Location(file=str(path), line=mark.line + 1 if mark is not None else 1)
