"""One scenario of a file, with what it inherits from the file's `defaults`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.core.scenario import Expectation, HistoryMessage, Quarantine, Scenario, Turn
from harness.core.trace import Layer
from harness.suite import values
from harness.suite.expectations import expect_fields, expectation
from harness.suite.language import (
    DEFAULTS,
    EXPECT,
    ID_PATTERN,
    LAYERS,
    MESSAGE,
    QUARANTINE,
    ROLES,
    SCENARIO,
    TURN,
    TURN_EXPECT,
)
from harness.suite.nodes import Field, Fields, Items, Node, Scalar, described, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.suite.page import Page

_ID = re.compile(ID_PATTERN)
_ID_LENGTH = 120
_TRIAL_SUFFIX = re.compile(r".*\.\d+")
_TAG = re.compile(r"[^\s()\[\]'\"]+")
_SYSTEM = re.compile(r"[^:\s]+:[^:\s]+")
_MERGED = ("context", "approvals")
_BESIDE_TOOLS = ("order", "arguments", "count", "ignore_tools")
_ANSWERS = {"approve": True, "reject": False}


def defaults(page: Page, node: Node) -> dict[str, Field]:
    """The keys of a file's `defaults`, each checked once even when no scenario uses it."""
    found = values.fields(page, node, DEFAULTS, label="`defaults`") or {}
    _settings(page, found)
    if "expect" in found:
        expectation(page, _fit_without_tools(_given(page, found)), found["expect"].line)
    return found


def scenario(page: Page, node: Node, inherited: Mapping[str, Field]) -> Scenario | None:
    """The scenario, or None when not even its id can be read."""
    own = values.fields(page, node, SCENARIO, label="a scenario")
    if own is None:
        return None
    found = _with_inherited(own, inherited)
    identity = _id(page, own["id"].node) if "id" in own else ""
    history, history_from = _history(page, own)
    return Scenario(
        id=identity,
        location=page.at(node.line),
        conversation=_conversation(page, own),
        expect=_expect(page, own, inherited),
        description=values.text(page, "description", own["description"].node) if "description" in own else "",
        tags=tuple(dict.fromkeys((*_tags(page, inherited), *_tags(page, own)))),
        history=history,
        history_from=history_from,
        lines={key: field.line for key, field in found.items()},
        **_settings(page, found),
    )


def _with_inherited(own: Mapping[str, Field], inherited: Mapping[str, Field]) -> dict[str, Field]:
    """Own keys win; maps are merged key by key; a default `pass` belongs to the default `trials`."""
    found = {**inherited, **own}
    for key in _MERGED:
        mine, theirs = own.get(key), inherited.get(key)
        if mine and theirs and isinstance(mine.node, Fields) and isinstance(theirs.node, Fields):
            both = {**theirs.node.fields, **mine.node.fields}
            found[key] = Field(mine.line, Fields(mine.node.line, both))
    if "trials" in own and "pass" not in own:
        found.pop("pass", None)
    return found


def _settings(page: Page, found: Mapping[str, Field]) -> dict[str, Any]:
    """What a scenario and `defaults` share, tags and expectation apart."""
    trials, passes = _trials(page, found)
    layer = values.choice(page, "layer", found["layer"].node, LAYERS) if "layer" in found else None
    return {
        "system": _system(page, found["system"].node) if "system" in found else None,
        "agent": values.name(page, "agent", found["agent"].node) if "agent" in found else None,
        "layer": Layer(layer) if layer else None,
        "approvals": _approvals(page, found["approvals"].node) if "approvals" in found else {},
        "context": _context(page, found["context"].node) if "context" in found else {},
        "trials": trials,
        "passes": passes,
        "quarantine": _quarantine(page, found["quarantine"].node) if "quarantine" in found else None,
        "recorded_tools": _flag(page, found, "recorded_tools"),
        "seed": values.whole(page, "seed", found["seed"].node) if "seed" in found else None,
        "clock": values.moment(page, "clock", found["clock"].node) if "clock" in found else None,
        "draft": _flag(page, found, "draft"),
    }


def _id(page: Page, node: Node) -> str:
    before = len(page.found)
    identity = values.name(page, "id", node)
    if len(page.found) > before:
        return ""
    if not _ID.fullmatch(identity):
        hint = "use letters, digits, - _ and ., with no . at either end: it becomes a file name"
        page.error(node.line, f"`id` cannot be {identity!r}", hint)
    elif _TRIAL_SUFFIX.fullmatch(identity):
        page.error(node.line, f"`id` {identity!r} ends like a trial's number", "end it otherwise, as in 'refund-v2'")
    elif len(identity) > _ID_LENGTH:
        page.error(node.line, f"`id` has {len(identity)} characters, more than {_ID_LENGTH}")
    else:
        return identity
    return ""


def _tags(page: Page, found: Mapping[str, Field]) -> tuple[str, ...]:
    if "tags" not in found:
        return ()
    tags = values.names(page, "tags", found["tags"].node)
    for tag in tags:
        if not _TAG.fullmatch(tag):
            page.error(found["tags"].line, f"the tag {tag!r} has a space, quote or bracket in it", "use a - instead")
    return tags


def _system(page: Page, node: Node) -> str:
    reference = values.name(page, "system", node)
    if reference and not _SYSTEM.fullmatch(reference):
        page.error(node.line, f"`system` {reference!r} is not of the form module:attribute")
    return reference


def _approvals(page: Page, node: Node) -> dict[str, bool]:
    answers: dict[str, bool] = {}
    for tool, field in values.mapping(page, "approvals", node).items():
        if isinstance(field.node, Scalar) and isinstance(field.node.value, bool):
            answers[tool] = field.node.value
        elif word := values.choice(page, f"approvals.{tool}", field.node, _ANSWERS):
            answers[tool] = _ANSWERS[word]
    return answers


def _context(page: Page, node: Node) -> dict[str, Any]:
    return {key: plain(field.node) for key, field in values.mapping(page, "context", node).items()}


def _flag(page: Page, found: Mapping[str, Field], key: str) -> bool:
    return key in found and values.yes_no(page, key, found[key].node)


def _trials(page: Page, found: Mapping[str, Field]) -> tuple[int, int | None]:
    trials = (values.whole(page, "trials", found["trials"].node, 1) if "trials" in found else 1) or 1
    passes = values.whole(page, "pass", found["pass"].node, 1) if "pass" in found else None
    if passes and passes > trials:
        page.error(found["pass"].line, f"`pass: {passes}` can never be met with {trials} trial{'s' * (trials > 1)}")
    return trials, passes


def _quarantine(page: Page, node: Node) -> Quarantine | None:
    found = values.fields(page, node, QUARANTINE, label="`quarantine`")
    if not found or "until" not in found:
        return None
    until = values.day(page, "until", found["until"].node)
    reason = values.name(page, "reason", found["reason"].node) if "reason" in found else ""
    owner = values.name(page, "owner", found["owner"].node) if "owner" in found else None
    return Quarantine(until=until, reason=reason, owner=owner) if until else None


def _history(page: Page, own: Mapping[str, Field]) -> tuple[tuple[HistoryMessage, ...], str | None]:
    if "history" not in own:
        return (), None
    node = own["history"].node
    if isinstance(node, Scalar):
        return (), values.name(page, "history", node)
    if isinstance(node, Items) and node.items:
        return tuple(filter(None, (_message(page, each) for each in node.items))), None
    hint = "list messages, as `- user: ...`, or name a scenario"
    page.error(node.line, f"`history` must be messages or a scenario's id, not {_emptiness(node)}", hint)
    return (), None


def _emptiness(node: Node) -> str:
    return "an empty list" if isinstance(node, Items) else described(node)


def _message(page: Page, node: Node) -> HistoryMessage | None:
    if isinstance(node, Fields) and len(node.fields) == 1:
        (role, field), *_ = node.fields.items()
        if role in ROLES:
            return HistoryMessage(role=role, content=values.text(page, role, field.node))
    found = values.fields(page, node, MESSAGE)
    if not found or len(found) < len(MESSAGE.keys):
        return None
    said_by = values.choice(page, "role", found["role"].node, ROLES)
    content = values.text(page, "content", found["content"].node)
    return HistoryMessage(role=said_by, content=content) if said_by else None


def _conversation(page: Page, own: Mapping[str, Field]) -> tuple[Turn, ...]:
    if "user" in own:
        return (Turn(user=values.text(page, "user", own["user"].node)),)
    if "conversation" not in own:
        return ()
    node = own["conversation"].node
    if isinstance(node, Items) and node.items:
        return tuple(filter(None, (_turn(page, each) for each in node.items)))
    page.error(
        node.line, f"`conversation` must be a list of turns, not {_emptiness(node)}", "begin each turn with `- user:`"
    )
    return ()


def _turn(page: Page, node: Node) -> Turn | None:
    if isinstance(node, Scalar):
        return Turn(user=values.text(page, "user", node))
    found = values.fields(page, node, TURN)
    if found is None:
        return None
    user = values.text(page, "user", found["user"].node) if "user" in found else ""
    if "expect" not in found:
        return Turn(user=user)
    given = expect_fields(page, found["expect"].node, TURN_EXPECT)
    return Turn(user=user, expect=expectation(page, given, found["expect"].line))


def _expect(page: Page, own: Mapping[str, Field], inherited: Mapping[str, Field]) -> Expectation:
    mine, theirs = _given(page, own), _given(page, inherited)
    if "expect" not in own and "expect" not in inherited:
        return Expectation()
    if "tools" not in mine:
        theirs = _fit_without_tools(theirs)
    line = own["expect"].line if "expect" in own else inherited["expect"].line
    return expectation(page, {**theirs, **mine}, line)


def _given(page: Page, found: Mapping[str, Field]) -> dict[str, Field]:
    return expect_fields(page, found["expect"].node, EXPECT) if "expect" in found else {}


def _fit_without_tools(given: dict[str, Field]) -> dict[str, Field]:
    """Defaults such as `order` wait for scenarios that expect tools; elsewhere they say nothing."""
    if "tools" in given:
        return given
    return {key: field for key, field in given.items() if key not in _BESIDE_TOOLS}
