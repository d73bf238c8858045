"""One trial's cassette while the trial runs: answers requests, takes in new ones, remembers what went wrong."""

from __future__ import annotations

import copy
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cassettes import store
from harness.cassettes.canonical import Canonical, canonical, canonical_model_request
from harness.cassettes.difference import agent_of, first_difference
from harness.cassettes.drift import learned, translated, translated_text
from harness.cassettes.provenance import Provenance, changed_parts
from harness.cassettes.redaction import Patterns, redacted, refuse_secrets
from harness.core.results import CassetteUse, Drift, Mode, Traffic
from harness.errors import CassetteMissError, CassetteStaleError, HarnessError

if TYPE_CHECKING:
    from vcr.request import Request


STAND_IN = "x-harness-stand-in"
_OK, _FIRST_ERROR = 200, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeOptions:
    """How tapes are used. `everything` records anew also what is recorded; `redact` hides what the user named."""

    everything: bool = False
    strict: bool = False
    max_age_days: int = 0
    redact: Patterns = ()


PLAIN = TapeOptions()


@dataclass(slots=True)
class Tape:
    """A cassette being played or recorded.

    `borrow` is a recording of other agents: requests that are the same there are answered from it, and not kept again.
    """

    path: Path
    mode: Mode
    provenance: Provenance
    options: TapeOptions = PLAIN
    borrow: Path | None = None
    problems: tuple[HarnessError, ...] = ()
    _known: list[store.Interaction] = field(default_factory=list)
    _canonical: list[Canonical] = field(default_factory=list)
    _places: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    _kept: list[store.Interaction] = field(default_factory=list)
    _cancelled: list[str] = field(default_factory=list)
    _pairs: dict[str, str] = field(default_factory=dict)
    _drift: list[Drift] = field(default_factory=list)
    _metadata: dict[str, Any] = field(default_factory=dict)
    _own: int = 0
    _borrowed: int = 0
    _played: int = 0
    _live: int = 0
    _discarded: str | None = None

    def open(self) -> None:
        """Read what is recorded. Raises what `store.load` raises, in replay."""
        if self.mode is Mode.LIVE or (self.mode is Mode.RECORD and self.options.everything):
            return
        lent = self.borrow if self.borrow is not None and self.borrow.exists() else None
        if self.path.exists() or (self.mode is Mode.REPLAY and lent is None):
            self._read(self.path)
        self._own = len(self._known)
        if lent is not None:
            self._read(lent)
        self._cancelled = list(self._recorded("cancelled", []))

    def _read(self, path: Path) -> None:
        try:
            cassette = store.load(path)
        except HarnessError as error:
            raise self.note(error) from None
        self._metadata = self._metadata or cassette.metadata
        for place, each in enumerate(cassette.interactions, len(self._known)):
            found = self._canonical_of(each.request)
            self._known.append(each)
            self._canonical.append(found)
            self._places[found.key].append(place)

    def has(self, request: Request) -> bool:
        """Whether an answer to `request` is left."""
        return bool(self._places.get(self._key(request)))

    def play(self, request: Request) -> dict[str, Any]:
        """The next recorded answer to `request`. Raises CassetteMissError or CassetteStaleError when none is left."""
        wanted = self._canonical_of(request)
        response = self._next(wanted)
        if response is None:
            raise self.note(self._miss(wanted))
        return response

    def answer(self, kind: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The recorded answer to a model request as plain data; None, and nothing used, when it needs the long way."""
        if self.options.redact:
            return None
        try:
            wanted = canonical_model_request(kind, body)
            places = self._places.get(wanted.key)
        except TypeError:
            return None
        if not places or not _is_plain(self._known[places[0]].response):
            return None
        told = self._next(wanted)
        return json.loads(told["body"]["string"]) if told else None

    def _next(self, wanted: Canonical) -> dict[str, Any] | None:
        places = self._places.get(wanted.key)
        place = places.popleft() if places else self._drifted(wanted)
        if place is None:
            return None
        interaction = self._known[place]
        if place < self._own:
            self._kept.append(interaction)
        else:
            self._borrowed += 1
        self._played += 1
        return _told_anew(interaction.response, self._pairs)

    def _drifted(self, wanted: Canonical) -> int | None:
        """The recorded request that is the same but for values which tools of this run made anew."""
        if self.options.strict or self.mode is not Mode.REPLAY or not wanted.is_model_call:
            return None
        for places in self._places.values():
            recorded = self._canonical[places[0]] if places else None
            if recorded is None or recorded.kind != wanted.kind:
                continue
            pairs = learned(recorded.body, wanted.body, self._pairs)
            if pairs and translated(recorded.body, pairs) == wanted.body:
                agent = agent_of(wanted.body, self.provenance.graph) or "an agent"
                self._drift += [Drift(where=agent, recorded=old, actual=new) for old, new in pairs.items()]
                self._pairs = pairs
                return places.popleft()
        return None

    def take(self, request: Request, response: dict[str, Any]) -> None:
        """Remember an answer that came over the network."""
        self._live += 1
        if self.mode is Mode.RECORD and response["status"]["code"] < _FIRST_ERROR:
            self._kept.append(self._hidden(store.Interaction(request, copy.deepcopy(response))))

    def cancel(self, method: str, uri: str, body: bytes) -> None:
        """Remember that this call was cancelled before it was answered."""
        if self.mode is Mode.RECORD:
            self._cancelled.append(self._canonical_text(method, uri, body).key)

    def was_cancelled(self, method: str, uri: str, body: bytes) -> bool:
        """Whether the recording has no answer to this call because it was cancelled then; tells it once a call."""
        key = self._canonical_text(method, uri, body).key
        if self._places.get(key) or key not in self._cancelled:
            return False
        self._cancelled.remove(key)
        return True

    def not_cancelled(self, waited: float) -> HarnessError:
        """The problem of a call that was cancelled in the recording and is not now."""
        return self.note(
            CassetteMissError(
                f"a model call that was cancelled in the recording was not cancelled within {waited:g} s",
                where=str(self.path),
                hint=self._advice(),
            )
        )

    def note(self, problem: HarnessError) -> HarnessError:
        """Remember a problem, which may otherwise be swallowed on its way up, and give it back."""
        self.problems = (*self.problems, problem)
        return problem

    def discard(self, reason: str) -> None:
        """Do not save what was recorded: a trial that broke off is no recording."""
        self._discarded = reason

    def close(self) -> None:
        """Save a recording that is complete."""
        if self.mode is not Mode.RECORD or self._discarded is not None or self.problems or not self._live:
            return
        self._metadata = {store.METADATA: self._described()}
        cassette = store.Cassette(self._kept, self._metadata)
        try:
            refuse_secrets(store.dump(cassette), str(self.path))
        except HarnessError as error:
            self.note(error)
            return
        store.save(cassette, self.path)

    @property
    def use(self) -> CassetteUse | None:
        """What was taken from the recording and where that comes from; None for a live trial."""
        if self.mode is Mode.LIVE:
            return None
        described = self._metadata.get(store.METADATA) or {}
        return CassetteUse(
            path=str(self.path),
            recorded_at=described.get("recorded_at"),
            endpoint=described.get("endpoint"),
            models=tuple(described.get("models", ())),
            stand_in=bool(described.get("stand_in")),
            sdk_version=described.get("sdk"),
            harness_version=described.get("harness"),
            used=self._played if self.mode is Mode.REPLAY else len(self._kept),
            total=self._own + self._borrowed if self.mode is Mode.REPLAY else len(self._kept),
            stale=tuple(str(each.what) for each in self.problems if isinstance(each, CassetteStaleError)),
            drift=tuple(dict.fromkeys(self._drift)),
        )

    @property
    def traffic(self) -> Traffic:
        """How many answers came from the recording and how many over the network."""
        return Traffic(replayed=self._played, live=self._live)

    def _key(self, request: Request) -> str:
        return self._canonical_of(request).key

    def _canonical_of(self, request: Request) -> Canonical:
        return self._canonical_text(request.method, request.uri, request.body)

    def _canonical_text(self, method: str, uri: str, body: Any) -> Canonical:
        """Both sides are redacted before they are compared, so that what is hidden still matches."""
        text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else str(body or "")
        return canonical(method, redacted(uri, self.options.redact), redacted(text, self.options.redact))

    def _hidden(self, interaction: store.Interaction) -> store.Interaction:
        if not self.options.redact:
            return interaction
        request, response = copy.deepcopy(interaction.request), interaction.response
        request.uri = redacted(request.uri, self.options.redact)
        request.body = _redacted_bytes(request.body, self.options.redact)
        response["body"]["string"] = _redacted_bytes(response["body"]["string"], self.options.redact)
        return store.Interaction(request, response)

    def _recorded(self, name: str, default: Any) -> Any:
        return (self._metadata.get(store.METADATA) or {}).get(name) or default

    def _miss(self, wanted: Canonical) -> HarnessError:
        left = [self._canonical[place] for places in self._places.values() for place in places] or self._canonical
        if not wanted.is_model_call:
            return CassetteMissError(f"{wanted.kind} was not recorded", where=str(self.path), hint=_NEXT)
        difference = first_difference(wanted, left, self.provenance.graph)
        if difference is None:
            return CassetteMissError("a model call that was not recorded", where=str(self.path), hint=_NEXT)
        if difference.stale:
            return CassetteStaleError(f"stale: {difference.text}", where=str(self.path), hint=_NEXT_STALE)
        return CassetteMissError(f"miss: {difference.text}", where=str(self.path), hint=self._advice())

    def _advice(self) -> str:
        """Why a conversation may have left the recording: what changed in the agents since."""
        recorded = self._recorded("agents", {})
        changed = changed_parts(recorded, self.provenance.fingerprints()) if recorded else {}
        if not changed:
            return _NEXT
        parts = "; ".join(f"{agent}: {', '.join(names)}" for agent, names in changed.items())
        return f"changed since the recording: {parts}\n  {_NEXT_STALE}"

    def _described(self) -> dict[str, Any]:
        versions = self.provenance.versions
        bodies = [canonical(each.request.method, each.request.uri, each.request.body) for each in self._kept]
        return {
            "recorded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "endpoint": self.provenance.endpoint or _endpoint(self._kept),
            "models": sorted({str(each.body.get("model")) for each in bodies if each.is_model_call}),
            "stand_in": any(_header(each.response, STAND_IN) for each in self._kept),
            "harness": versions.harness,
            "sdk": versions.sdk,
            "openai": versions.openai,
            "agents": self.provenance.fingerprints(),
            "cancelled": self._cancelled,
        }


_NEXT = "next: harness record"
_NEXT_STALE = "next: harness record --stale"


def _header(response: dict[str, Any], name: str) -> bool:
    return any(each.lower() == name for each in response.get("headers", {}))


def _endpoint(interactions: list[store.Interaction]) -> str | None:
    for each in interactions:
        found = canonical(each.request.method, each.request.uri, each.request.body)
        if found.is_model_call:
            return str(each.request.uri).removesuffix(found.kind)
    return None


def _redacted_bytes(body: Any, patterns: Patterns) -> Any:
    if not isinstance(body, bytes):
        return body
    return redacted(body.decode("utf-8", "surrogateescape"), patterns).encode("utf-8", "surrogateescape")


def _is_plain(response: dict[str, Any]) -> bool:
    """Whether the answer is a whole JSON object: no stream, no error, nothing compressed."""
    headers = {name.lower(): values for name, values in response.get("headers", {}).items()}
    kinds = headers.get("content-type") or [""]
    return (
        response["status"]["code"] == _OK
        and str(kinds[0]).startswith("application/json")
        and "content-encoding" not in headers
    )


def _told_anew(response: dict[str, Any], pairs: dict[str, str]) -> dict[str, Any]:
    """The answer with this run's values where it has the recording's, so that tools know what they are asked for."""
    body = response["body"]["string"]
    if not pairs or not isinstance(body, bytes):
        return response
    text = translated_text(body.decode("utf-8", "surrogateescape"), pairs)
    return response | {"body": {"string": text.encode("utf-8", "surrogateescape")}}
