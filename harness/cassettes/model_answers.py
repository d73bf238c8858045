"""A recorded answer of a model, as the OpenAI client gives it."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args

import pydantic_core
from openai._models import add_request_id, construct_type
from openai.types.responses import Response, ResponseOutputItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai import BaseModel


def read(answer: type[BaseModel], told: bytes) -> BaseModel:
    """The answer that `told` is the JSON of. What is as its schema says is read by pydantic, which is faster."""
    try:
        found = _response(told) if answer is Response else answer.model_validate_json(told)
    except ValueError:
        found = cast("BaseModel", construct_type(type_=answer, value=json.loads(told)))
    add_request_id(found, None)
    return found


def _response(told: bytes) -> BaseModel:
    """The items are read by the class that their type names, where pydantic would try all of some thirty classes."""
    body = pydantic_core.from_json(told)
    given: list[Any] = body["output"] if isinstance(body, dict) and isinstance(body.get("output"), list) else []
    classes = [_of_type(each) for each in given]
    if not classes or None in classes:
        return Response.model_validate_json(told)
    items: list[Any] = [each.model_validate(item) for each, item in zip(classes, given, strict=True) if each]
    found = Response.model_validate(body | {"output": []})
    found.output = items
    return found


def _of_type(item: Any) -> type[BaseModel] | None:
    kind = item.get("type") if isinstance(item, dict) else None
    return _classes().get(kind) if isinstance(kind, str) else None


@cache
def _classes() -> Mapping[str, type[BaseModel]]:
    """The classes of output items by the type they alone have."""
    named: dict[str, list[type[BaseModel]]] = defaultdict(list)
    for each in get_args(get_args(ResponseOutputItem)[0]):
        for kind in get_args(each.model_fields["type"].annotation):
            named[kind].append(each)
    return {kind: found[0] for kind, found in named.items() if len(found) == 1}
