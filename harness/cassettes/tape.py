"""One trial's cassette while the trial runs: answers requests, takes in new ones, remembers what went wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cassettes import store
from harness.cassettes.bodies import for_disk, header, plain_bytes
from harness.cassettes.canonical import Canonical, canonical, canonical_model_request
from harness.cassettes.detection import as_text, refuse_secrets
from harness.cassettes.difference import agent_of, named
from harness.cassettes.drift import learned, translated, translated_text
from harness.cassettes.explanation import Explanation
from harness.cassettes.provenance import Provenance, described
from harness.cassettes.recorded import Recorded, is_retryable, without_retried
from harness.cassettes.redaction import Patterns, placeholder, redacted, secret_values
from harness.cassettes.review import pending_of
from harness.cassettes.tool_outputs import ToolOutputs
from harness.core.results import CassetteUse, Drift, Mode, Traffic
from harness.errors import CassetteStaleError, HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vcr.request import Request

_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeOptions:
    """How tapes are used.

    `everything` records anew also what is recorded; `beside` writes a new recording beside one that is there, for
    review; `strict` refuses drift; `forgiving` takes the answer of another agent definition to the same conversation;
    a recording older than `max_age_days` (0: no limit) is stale; `redact` hides what the user named.
    """

    everything: bool = False
    beside: bool = False
    strict: bool = False
    forgiving: bool = False
    max_age_days: int = 0
    redact: Patterns = ()


PLAIN = TapeOptions()


@dataclass(slots=True)
class Tape:
    """A cassette being played or recorded.

    `borrow` is a recording of other agents: requests that are the same there are answered from it, and not kept again.
    `saved` is the file a recording was written to, None when none was.
    """

    path: Path
    mode: Mode
    provenance: Provenance
    options: TapeOptions = PLAIN
    borrow: Path | None = None
    problems: tuple[HarnessError, ...] = ()
    saved: Path | None = None
    _recorded: Recorded = field(default_factory=Recorded)
    _metadata: dict[str, Any] = field(default_factory=dict)
    _own: int = 0
    _kept: dict[int, tuple[store.Interaction, Canonical]] = field(default_factory=dict)
    _begun: int = 0
    _sent: set[str] = field(default_factory=set)
    _cancelled: list[str] = field(default_factory=list)
    _pairs: dict[str, str] = field(default_factory=dict)
    _drift: list[Drift] = field(default_factory=list)
    _outputs: ToolOutputs | None = None
    _hidden: dict[str, set[str]] = field(default_factory=dict)
    _connections: list[str] = field(default_factory=list)
    _borrowed: int = 0
    _played: int = 0
    _live: int = 0
    _discarded: str | None = None

    def open(self) -> None:
        """Read what is recorded. Raises what `store.load` raises; a recording that is too old is a problem."""
        if self.mode is Mode.LIVE:
            return
        waiting = pending_of(self.path)
        if self.mode is Mode.RECORD and self.options.beside and waiting.exists():
            self._read(waiting)
        if self.mode is Mode.RECORD and self.options.everything:
            self._own = len(self._recorded.interactions)
            return
        lent = self.borrow if self.borrow is not None and self.borrow.exists() else None
        if self.path.exists() or (self.mode is Mode.REPLAY and lent is None):
            self._read(self.path)
        self._own = len(self._recorded.interactions)
        if lent is not None:
            self._read(lent)
        self._cancelled = list(self._described.get("cancelled") or ())

    def _read(self, path: Path) -> None:
        try:
            cassette = store.load(path)
        except HarnessError as error:
            raise self.note(error) from None
        if self._too_old(cassette):
            return
        self._metadata = self._metadata or cassette.metadata
        for each in cassette.interactions:
            self._recorded.add(each, self._canonical(each.request.method, each.request.uri, each.request.body))

    def _too_old(self, cassette: store.Cassette) -> bool:
        """In replay that is a problem; a recording that is made now just takes nothing from it."""
        recorded_at, limit = cassette.described.get("recorded_at"), self.options.max_age_days
        if not limit or not recorded_at:
            return False
        now, then = datetime.now(UTC), datetime.fromisoformat(str(recorded_at))
        if (now - then).days <= limit:
            return False
        if self.mode is Mode.REPLAY:
            self.note(self._explanation().expired(now, then, limit))
        return True

    def begin(self, request: Request) -> None:
        """Note that `request` is made now: what is kept is kept in the order of asking, whichever answer is first."""
        if not hasattr(request, "harness_order"):
            request.harness_order = self._begun
            self._begun += 1

    def has(self, request: Request) -> bool:
        """Whether an answer to `request` is left."""
        return self._recorded.find(self._wanted(request)) is not None

    def play(self, request: Request) -> dict[str, Any]:
        """The next recorded answer to `request`. Raises CassetteMissError or CassetteStaleError when none is left."""
        self.begin(request)
        wanted = self._wanted(request)
        response = self._next(wanted, request.harness_order)
        if response is None:
            left, recorded = self._recorded.left(), self._recorded.requests
            raise self.note(self._explanation().miss(wanted, left, recorded))
        return response

    def answer(self, kind: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The recorded answer to a model request as plain data; None, and nothing used, when it needs the long way."""
        try:
            wanted = canonical_model_request(kind, body, self._clean)
        except (TypeError, ValueError, AttributeError):
            return None
        if self.options.redact:
            self._note_hidden(json.dumps(body, ensure_ascii=False, default=str))
        place = self._recorded.find(wanted)
        if place is None or not _is_plain(self._recorded.interactions[place].response):
            return None
        told = self._next(wanted, self._begun)
        self._begun += 1
        return json.loads(told["body"]["string"]) if told else None

    def _next(self, wanted: Canonical, order: int) -> dict[str, Any] | None:
        place = self._recorded.find(wanted)
        if place is None:
            place = self._drifted(wanted)
        if place is None and self.options.forgiving:
            place = self._recorded.said_alike(wanted)
        if place is None:
            return None
        interaction = self._recorded.give(place)
        if place < self._own:
            self._kept[order] = (interaction, wanted)
        else:
            self._borrowed += 1
        self._played += 1
        return _told_anew(interaction.response, self._pairs | self._put_back())

    def _put_back(self) -> dict[str, str]:
        """What stands hidden in the recording -> this run's value, where there is only one: tools need the value."""
        return {placeholder(name): next(iter(each)) for name, each in self._hidden.items() if len(each) == 1}

    def _note_hidden(self, text: str) -> None:
        for name, pattern in self.options.redact:
            self._hidden.setdefault(name, set()).update(match.group() for match in pattern.finditer(text))

    def _drifted(self, wanted: Canonical) -> int | None:
        """The recorded request that is the same but for values which tools of this run made anew."""
        if self.options.strict or self.mode is not Mode.REPLAY:
            return None
        for place in self._recorded.built_like(wanted):
            recorded = self._recorded.requests[place]
            pairs = learned(recorded.body, wanted.body, self._pairs) if wanted.is_model_call else self._pairs
            same = pairs and translated([recorded.kind, recorded.body], pairs) == [wanted.kind, wanted.body]
            if pairs and same:
                agent = agent_of(wanted.body, self.provenance.graph) or "an agent"
                where = agent if wanted.is_model_call else wanted.kind
                self._drift += [Drift(where=where, recorded=old, actual=new) for old, new in pairs.items()]
                self._pairs = pairs
                return place
        return None

    def take(self, request: Request, response: dict[str, Any]) -> None:
        """Remember an answer that came over the network."""
        self._live += 1
        self._sent.update(secret_values(request.headers))
        self._sent.update(secret_values(response["headers"]))
        if self.mode is not Mode.RECORD:
            return
        self.begin(request)
        clean = store.Interaction(*for_disk(request, response, self.options.redact))
        wanted = self._canonical(clean.request.method, clean.request.uri, clean.request.body)
        self._kept[request.harness_order] = (clean, wanted)

    def cancel(self, method: str, uri: str, body: bytes) -> None:
        """Remember that this call was cancelled before it was answered."""
        if self.mode is Mode.RECORD:
            self._cancelled.append(self._canonical(method, uri, body).key)

    def was_cancelled(self, method: str, uri: str, body: bytes) -> bool:
        """Whether the recording has no answer to this call because it was cancelled then; tells it once a call."""
        if not self._cancelled or self.mode is not Mode.REPLAY:
            return False
        wanted = self._canonical(method, uri, body)
        if self._recorded.find(wanted) is not None or wanted.key not in self._cancelled:
            return False
        self._cancelled.remove(wanted.key)
        return True

    def not_cancelled(self, waited: float) -> HarnessError:
        """The problem of a call that was cancelled in the recording and is not now."""
        return self.note(self._explanation().not_cancelled(waited))

    def recorded_output(self, call_id: str, tool: str) -> str | None:
        """What `tool` gave for this call in the recording, for a tool that must not run again; None when unknown.

        A call id that stands for several calls (in runs of their own) gives their outputs one after the other.
        """
        if self._outputs is None:
            self._outputs = ToolOutputs.of(self._recorded.interactions)
        return self._outputs.next(call_id, tool)

    def note(self, problem: HarnessError) -> HarnessError:
        """Remember a problem, which may otherwise be swallowed on its way up, and give it back."""
        self.problems = (*self.problems, problem)
        return problem

    def tell(self, connection: str) -> None:
        """Remember a connection to this machine itself that is not recorded: who made it, and where to."""
        if connection not in self._connections:
            self._connections.append(connection)

    def discard(self, reason: str) -> None:
        """Do not save what was recorded: a trial that broke off is no recording."""
        self._discarded = reason

    def close(self) -> None:
        """Save a recording that is complete. A secret in it is a problem, and nothing is saved."""
        if self.mode is not Mode.RECORD or self._discarded is not None or self.problems or not self._live:
            return
        kept = without_retried([self._kept[order] for order in sorted(self._kept)])
        agents = {agent_of(request.body, self.provenance.graph) for _, request in kept if request.is_model_call}
        own = described(self.provenance, kept) | {
            "format": store.FORMAT,
            "used": sorted(agent for agent in agents if agent),
            "cancelled": self._cancelled,
        }
        cassette = store.Cassette([interaction for interaction, _ in kept], {store.METADATA: own})
        try:
            self._refuse_secrets(cassette)
        except HarnessError as error:
            self.note(error)
            return
        self._metadata = cassette.metadata
        self.saved = pending_of(self.path) if self.options.beside and self.path.exists() else self.path
        store.save(cassette, self.saved)

    def _refuse_secrets(self, cassette: store.Cassette) -> None:
        for number, each in enumerate(cassette.interactions, 1):
            place = f"{self.path}: interaction {number} ({each.request.method} {each.request.uri.partition('?')[0]})"
            refuse_secrets(each.request.uri, f"{self.path}: interaction {number}, its address", self._sent)
            refuse_secrets(_text(each.request.body), f"{place}, the request's body", self._sent)
            refuse_secrets(_text(each.response["body"]["string"]), f"{place}, the answer's body", self._sent)
        refuse_secrets(store.dump(cassette), str(self.path), self._sent)

    @property
    def use(self) -> CassetteUse | None:
        """What was taken from the recording and where that comes from; None for a live trial."""
        if self.mode is Mode.LIVE:
            return None
        replaying = self.mode is Mode.REPLAY
        return CassetteUse(
            path=str(self.path),
            recorded_at=self._described.get("recorded_at"),
            endpoint=self._described.get("endpoint"),
            models=tuple(self._described.get("models", ())),
            stand_in=bool(self._described.get("stand_in")),
            sdk_version=self._described.get("sdk"),
            harness_version=self._described.get("harness"),
            used=self._played if replaying else len(self._kept),
            total=self._own + self._borrowed if replaying else len(self._kept),
            stale=tuple(str(each.what) for each in self.problems if isinstance(each, CassetteStaleError)),
            drift=tuple(dict.fromkeys(self._drift)),
            connections=tuple(self._connections),
            unused=tuple(self._unused()) if replaying else (),
        )

    def _unused(self) -> Iterator[str]:
        for number, each in enumerate(self._recorded.requests[: self._own], 1):
            if number - 1 not in self._recorded.given:
                yield f"{number}: {named(each, self.provenance.graph)}"

    @property
    def sent(self) -> frozenset[str]:
        """What went out, or came back, as keys, cookies and organisation ids."""
        return frozenset(self._sent)

    @property
    def traffic(self) -> Traffic:
        """How many answers came from the recording and how many over the network."""
        return Traffic(replayed=self._played, live=self._live)

    @property
    def _described(self) -> dict[str, Any]:
        return self._metadata.get(store.METADATA) or {}

    @property
    def _clean(self) -> Callable[[str], str] | None:
        """Both sides are redacted before they are compared, so that what is hidden still matches."""
        hide = self.options.redact
        return (lambda text: redacted(text, hide)) if hide else None

    def _wanted(self, request: Request) -> Canonical:
        """A stub asks several times about the same request; it is read once."""
        if not hasattr(request, "harness_canonical"):
            request.harness_canonical = self._canonical(request.method, request.uri, request.body)
            if self.options.redact:
                self._note_hidden(_text(plain_bytes(request.body)))
        found: Canonical = request.harness_canonical
        return found

    def _canonical(self, method: str, uri: str, body: Any) -> Canonical:
        return canonical(method, uri, body, self._clean)

    def _explanation(self) -> Explanation:
        return Explanation(str(self.path), self.provenance, self._described)


def _text(body: Any) -> str:
    return as_text(body) if isinstance(body, bytes) else str(body or "")


def _is_plain(response: dict[str, Any]) -> bool:
    """Whether the answer is a whole JSON object: no stream, no error, nothing compressed."""
    headers = response["headers"]
    return (
        response["status"]["code"] == _OK
        and header(headers, "content-type").startswith("application/json")
        and not header(headers, "content-encoding")
    )


def _told_anew(response: dict[str, Any], pairs: dict[str, str]) -> dict[str, Any]:
    """The answer with this run's values where it has the recording's, so that tools know what they are asked for.

    A copy: what is given away may be changed by whoever gets it. Nothing is gained by waiting for a recorded failure
    to go away, and the OpenAI client is told so.
    """
    headers = {name: list(values) for name, values in response["headers"].items()}
    if is_retryable(response):
        headers |= {"x-should-retry": ["false"]}
    body = response["body"]["string"]
    if pairs and isinstance(body, bytes):
        body = translated_text(body.decode("utf-8", "surrogateescape"), pairs).encode("utf-8", "surrogateescape")
    return {"status": dict(response["status"]), "headers": headers, "body": {"string": body}}
