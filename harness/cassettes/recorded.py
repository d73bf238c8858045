"""What a cassette has answers for, found by content: the cost of a look-up does not grow with the recording."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.cassettes.canonical import CONVERSATIONS, Canonical
from harness.cassettes.difference import likeness
from harness.cassettes.drift import learned, translated
from harness.cassettes.store import Interaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.trace import JSON

RETRYABLE = frozenset({408, 409, 425, 429})
_SERVER_ERROR = 500


@dataclass(slots=True)
class Recorded:
    """Calls in recorded order; each is given once. A place is a call's number, from 0.

    A call that was cancelled has no interaction.
    """

    interactions: list[Interaction | None] = field(default_factory=list)
    requests: list[Canonical] = field(default_factory=list)
    given: set[int] = field(default_factory=set)
    _places: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _built: dict[Any, list[int]] | None = None
    _failures: dict[str, int] = field(default_factory=dict)

    def add(self, interaction: Interaction | None, request: Canonical) -> int:
        """Put a call behind those there are, and tell its place."""
        place = len(self.interactions)
        self._places[request.key].append(place)
        self.interactions.append(interaction)
        self.requests.append(request)
        return place

    def find(self, wanted: Canonical) -> int | None:
        """The place of the next answer to `wanted`, None when none is left.

        Of several that fit, the one whose call ids are the same comes first: parallel branches that ask the same each
        get their own answer. A failure that ended a series of retries is given to each retry.
        """
        places = self._places.get(wanted.key)
        if not places:
            return self._failures.get(wanted.key)
        if len(places) == 1 or not wanted.ids:
            return places[0]
        return next((place for place in places if self.requests[place].ids == wanted.ids), places[0])

    def built_like(self, wanted: Canonical) -> Iterator[int]:
        """The places not given yet whose requests differ from `wanted` in nothing but texts."""
        if self._built is None:
            self._built = defaultdict(list)
            for place, request in enumerate(self.requests):
                self._built[_build(request)].append(place)
        return (place for place in self._built.get(_build(wanted), ()) if place not in self.given)

    def said_alike(self, wanted: Canonical, known: dict[str, str]) -> tuple[int | None, dict[str, str]]:
        """The place, not given yet, of the same conversation with agents that are defined otherwise; the likest one.

        With it the pairs of values (see `drift`) that make the conversations the same; `known` where there is no place.
        """
        alike: dict[int, dict[str, str]] = {}
        for place, request in enumerate(self.requests):
            if place not in self.given and request.kind == wanted.kind and isinstance(request.body, dict):
                pairs = learned(request.body, wanted.body, known)
                if pairs is not None and translated(_said(request.body), pairs) == _said(wanted.body):
                    alike[place] = pairs
        if not alike:
            return None, known
        place = max(alike, key=lambda each: likeness(self.requests[each].body, wanted.body))
        return place, alike[place]

    def give(self, place: int) -> Interaction | None:
        """What is at `place`, which is then used up."""
        interaction = self.interactions[place]
        if place not in self.given:
            self.given.add(place)
            key = self.requests[place].key
            self._places[key].remove(place)
            if interaction is not None and is_retryable(interaction.response):
                self._failures[key] = place
        return interaction

    def left(self) -> list[Canonical]:
        """The requests whose answers were not given yet."""
        return [request for place, request in enumerate(self.requests) if place not in self.given]

    def cancelled(self) -> list[Canonical]:
        """The requests not asked yet that were cancelled in the recording."""
        calls = enumerate(zip(self.requests, self.interactions, strict=True))
        return [request for place, (request, told) in calls if told is None and place not in self.given]


def is_retryable(response: dict[str, Any]) -> bool:
    """Whether clients try again after such an answer."""
    code = response["status"]["code"]
    return code in RETRYABLE or code >= _SERVER_ERROR


def _build(request: Canonical) -> tuple[Any, ...]:
    if not request.is_model_call or not isinstance(request.body, dict):
        return (request.kind.partition(" ")[0],)
    said = [request.body[name] for name in CONVERSATIONS if isinstance(request.body.get(name), list)]
    tools = request.body.get("tools") or ()
    return (
        request.kind,
        request.body.get("model"),
        len(tools) if isinstance(tools, list) else 0,
        tuple(_item_build(item) for items in said for item in items),
    )


def _item_build(item: Any) -> tuple[Any, ...]:
    if not isinstance(item, dict):
        return ()
    return tuple(str(item.get(name)) for name in ("type", "role", "name", "call_id", "tool_call_id"))


def _said(body: JSON) -> JSON:
    return [body.get(name) for name in CONVERSATIONS] if isinstance(body, dict) else None
