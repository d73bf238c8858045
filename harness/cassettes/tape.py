"""One trial's cassette while the trial runs: answers requests, takes in new ones, remembers what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcr.request import Request

from harness.cassettes import store
from harness.cassettes.answers import is_plain, told_anew
from harness.cassettes.bodies import answer_for_disk, header, plain_bytes, request_for_disk
from harness.cassettes.call import Call, ToolAtWork
from harness.cassettes.canonical import Canonical, canonical, canonical_model_request
from harness.cassettes.course import Course, written
from harness.cassettes.detection import text_of
from harness.cassettes.difference import agent_of, named
from harness.cassettes.drift import learned, translated
from harness.cassettes.explanation import Explanation
from harness.cassettes.hidden import Hidden
from harness.cassettes.kept import Kept, refuse_secrets_in, unanswered
from harness.cassettes.options import PLAIN, TapeOptions
from harness.cassettes.provenance import STAND_IN, Provenance, described
from harness.cassettes.recorded import Recorded
from harness.cassettes.redaction import redacted, secret_values
from harness.cassettes.review import pending_of
from harness.cassettes.tool_outputs import ToolOutputs
from harness.core.results import CassetteUse, Drift, Mode, Traffic
from harness.errors import CassetteStaleError, HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Tape:
    """A cassette being played or recorded.

    `borrow` is a recording of other agents: requests that are the same there are answered from it, and not kept again.
    `saved` is the file a recording was written to, None when none was. `asker` tells whose call is made right now.
    `facts` are kept with a recording by name. `tool` tells which tool call's code runs right now; those `excused`, by
    id, will not run in a replay.
    """

    path: Path
    mode: Mode
    provenance: Provenance
    options: TapeOptions = PLAIN
    borrow: Path | None = None
    problems: tuple[HarnessError, ...] = ()
    saved: Path | None = None
    course: Course = field(default_factory=Course)
    missing: set[Call] = field(default_factory=set)
    asker: Callable[[], object] = lambda: None
    facts: dict[str, Any] = field(default_factory=dict)
    tool: Callable[[], ToolAtWork | None] = lambda: None
    excused: frozenset[str] = frozenset()
    _recorded: Recorded = field(default_factory=Recorded)
    _requests: list[Request] = field(default_factory=list)
    _metadata: dict[str, Any] = field(default_factory=dict)
    _own: int = 0
    _calls: list[Call] = field(default_factory=list)
    _waiting: set[Call] = field(default_factory=set)
    _kept: Kept = field(default_factory=Kept)
    _sent: set[str] = field(default_factory=set)
    _pairs: dict[str, str] = field(default_factory=dict)
    _drift: list[Drift] = field(default_factory=list)
    _outputs: ToolOutputs | None = None
    _hidden: Hidden = field(init=False)
    _connections: list[str] = field(default_factory=list)
    _borrowed: int = 0
    _played: int = 0
    _live: int = 0
    _stand_in: bool = False
    _discarded: str | None = None

    def __post_init__(self) -> None:
        self._hidden = Hidden(self.options.redact)

    @property
    def told(self) -> str:
        """Its file, as reports and errors tell it."""
        return self.options.told(self.path)

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

    def _read(self, path: Path) -> None:
        try:
            cassette = store.load(path, self.options.told(path))
        except HarnessError as error:
            raise self.note(error) from None
        if self._too_old(cassette):
            return
        self._metadata = self._metadata or cassette.metadata
        self._requests += [request for request, _ in cassette.calls()]
        places = [self._recorded.add(told, self._canonical_of(request)) for request, told in cassette.calls()]
        cancelled = {places[each.number - 1] for each in cassette.cancelled}
        try:
            self.course.read(str(cassette.described.get("course") or ""), places, cancelled)
        except ValueError as error:
            raise self.note(
                store.corrupt(self.options.told(path), f"its harness part tells no course of calls: {error}")
            ) from None

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

    def ask(self, request: Request) -> Call:
        """Note that `request` is made now, and what its recording is. Which one it is stays the same for its life."""
        wanted = self._canonical_of(request)
        if self.options.redact:
            self._hidden.note(text_of(plain_bytes(request.body)))
        call = self._asked(wanted, self._place(wanted), request)
        if call.place is None and self.mode is Mode.REPLAY:
            self._note_edited(call)
        return call

    def ask_plainly(self, kind: str, body: dict[str, Any]) -> Call | None:
        """The same for a model request as plain data; None, and nothing noted, when it needs the long way."""
        try:
            wanted = canonical_model_request(kind, body, self._clean)
        except (TypeError, ValueError, AttributeError):
            return None
        if self.options.redact:
            self._hidden.note(json.dumps(body, ensure_ascii=False, default=str))
        place = self._place(wanted)
        found = None if place is None else self._recorded.interactions[place]
        return self._asked(wanted, place) if found is not None and is_plain(found.response) else None

    def _asked(self, wanted: Canonical, place: int | None, request: Request | None = None) -> Call:
        tool = self.tool() if self.mode is Mode.RECORD else None
        call = Call(len(self._calls), wanted, place, request, self.asker(), tool)
        self._calls.append(call)
        self.course.asked(call.order, place)
        self._waiting.add(call)
        if place is not None:
            self._recorded.give(place)
        return call

    def _place(self, wanted: Canonical) -> int | None:
        place = self._recorded.find(wanted)
        if place is None:
            place = self._drifted(wanted)
        if place is None and self.options.forgiving and wanted.is_model_call:
            place, self._pairs = self._recorded.said_alike(wanted, self._pairs)
        return place

    def is_paced(self, call: Call) -> bool:
        """Whether `pace.turn` must say when a call may go on."""
        if call.place is None:
            return self.mode is Mode.REPLAY
        return self.was_cancelled(call) or self.course.is_ordered(call.place)

    def is_answered(self, call: Call) -> bool:
        """Whether the recording has an answer to this call."""
        return call.place is not None and self._recorded.interactions[call.place] is not None

    def was_cancelled(self, call: Call) -> bool:
        """Whether the recording has no answer to this call because it was cancelled then."""
        return call.place is not None and self._recorded.interactions[call.place] is None

    def is_next(self, call: Call) -> bool:
        """Whether everything happened that comes before its answer, or cannot happen any more."""
        return bool(self.missing) or call.place is None or self.course.may_end(call.place)

    def to_be_answered(self) -> bool:
        """Whether calls are under way that wait for their own answer alone."""
        return any(not self.was_cancelled(each) for each in self._waiting - self.missing)

    def play(self, call: Call) -> dict[str, Any]:
        """The recorded answer to a call. Raises CassetteMissError or CassetteStaleError when there is none."""
        found = None if call.place is None else self._recorded.interactions[call.place]
        if call.place is None or found is None:
            self.end(call)
            raise self.note(self._miss(call))
        if self.mode is Mode.REPLAY:
            self.end(call)
        elif call.place < self._own:
            self._kept.keep_on(call.order, found, call.wanted)
        self._borrowed += call.place >= self._own
        self._played += 1
        return told_anew(found.response, self._pairs | self._hidden.put_back())

    def end(self, call: Call) -> None:
        """Note that a call has come to its end: whoever made it goes on from here."""
        if not call.ended:
            call.ended = True
            self._waiting.discard(call)
            self.course.ended(call.order, call.place)

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

    def take(self, call: Call, response: dict[str, Any]) -> None:
        """Remember an answer that came over the network."""
        self._live += 1
        self._stand_in = self._stand_in or bool(header(response["headers"], STAND_IN))
        if call.request is not None:
            self._sent.update(secret_values(call.request.headers))
        self._sent.update(secret_values(response["headers"]))
        if self.mode is not Mode.RECORD or call.request is None:
            return
        asked = request_for_disk(call.request, self.options.redact)
        answer = answer_for_disk(call.request, response, self.options.redact)
        self._kept.answer(call.order, store.Interaction(asked, answer), self._canonical_of(asked))

    def cancel(self, call: Call) -> None:
        """Note that a call was cancelled: before it was answered, or before anyone read the answer."""
        self.end(call)
        if self.mode is Mode.RECORD and call.request is not None:
            self._sent.update(secret_values(call.request.headers))
            asked = request_for_disk(call.request, self.options.redact)
            self._kept.cancel(call.order, asked, self._canonical_of(asked))

    def unread(self, asker: object, since: float) -> None:
        """What `asker` asked a model from then on was cancelled, whatever was answered: nobody read it."""
        calls = [each for each in self._calls if each.asker is asker and each.at >= since and each.wanted.is_model_call]
        if calls:
            self._kept.forget(each.order for each in calls)
            self.cancel(calls[0])

    def not_cancelled(self, waited: float) -> HarnessError:
        """The problem of a call that was cancelled in the recording and is not now."""
        return self.note(self._explanation().not_cancelled(waited))

    def fact(self, name: str) -> Any:
        """What the recording keeps of the world it was made in, by name; None when it keeps nothing of it."""
        return self._described.get(name)

    def recorded_output(self, call_id: str, tool: str) -> str | None:
        """What `tool` gave for this call in the recording, for a tool that must not run again; None when unknown.

        A call id that stands for several calls (in runs of their own) gives their outputs one after the other.
        """
        if self._outputs is None:
            self._outputs = ToolOutputs.of(self._requests)
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
        """Save a recording that is complete. A secret, or a request without an answer, is a problem instead."""
        if self.mode is not Mode.RECORD or self._discarded is not None or self.problems:
            return
        try:
            self._save()
        except HarnessError as error:
            self.note(error)

    def _save(self) -> None:
        lost = unanswered(self._calls, self._kept, self.excused)
        if lost is not None:
            raise self._explanation().unanswered(lost)
        if self._is_news():
            cassette = self._cassette()
            refuse_secrets_in(cassette, self.told, self._sent)
            self._metadata = cassette.metadata
            self.saved = pending_of(self.path) if self.options.beside and self.path.exists() else self.path
            store.save(cassette, self.saved)

    def _is_news(self) -> bool:
        """Whether something is to be kept that is not recorded; that nothing was asked at all may be the news."""
        known = {each.key for each in self._recorded.requests}
        news = any(wanted.key not in known for _, wanted in self._kept.cancelled.values())
        return bool(self._live) or news or not (self._recorded.requests or self.path.exists())

    def _cassette(self) -> store.Cassette:
        kept = self._kept.interactions()
        agents = {agent_of(request.body, self.provenance.graph) for _, request in kept if request.is_model_call}
        course = written(self.course.events, self._kept.orders())
        own = described(self.provenance, kept) | {
            "format": store.FORMAT,
            "used": sorted(agent for agent in agents if agent),
            **({"course": course} if course else {}),
            **self.facts,
        }
        interactions = [interaction for interaction, _ in kept]
        return store.Cassette(interactions, {store.METADATA: own}, self._kept.cancellations())

    @property
    def use(self) -> CassetteUse | None:
        """What was taken from the recording and where that comes from; None for a live trial."""
        if self.mode is Mode.LIVE:
            return None
        replaying = self.mode is Mode.REPLAY
        return CassetteUse(
            path=self.told,
            recorded_at=self._described.get("recorded_at"),
            endpoint=self._described.get("endpoint"),
            models=tuple(self._described.get("models", ())),
            stand_in=bool(self._described.get("stand_in")),
            sdk_version=self._described.get("sdk"),
            harness_version=self._described.get("harness"),
            used=self._played if replaying else len(self._kept.answered),
            total=self._own_answers() + self._borrowed if replaying else len(self._kept.answered),
            stale=tuple(str(each.what) for each in self.problems if isinstance(each, CassetteStaleError)),
            drift=tuple(dict.fromkeys(self._drift)),
            connections=tuple(self._connections),
            unused=tuple(self._unused()) if replaying else (),
        )

    def _unused(self) -> Iterator[str]:
        for number, each in enumerate(self._recorded.requests[: self._own], 1):
            if number - 1 not in self._recorded.given and self._recorded.interactions[number - 1] is not None:
                yield f"{number}: {named(each, self.provenance.graph)}"

    @property
    def sent(self) -> frozenset[str]:
        """What went out, or came back, as keys, cookies and organisation ids."""
        return frozenset(self._sent)

    @property
    def traffic(self) -> Traffic:
        """How many answers came from the recording and how many over the network."""
        return Traffic(replayed=self._played, live=self._live, stand_in=self._stand_in)

    @property
    def _described(self) -> dict[str, Any]:
        return self._metadata.get(store.METADATA) or {}

    @property
    def _clean(self) -> Callable[[str], str] | None:
        """Both sides are redacted before they are compared, so that what is hidden still matches."""
        hide = self.options.redact
        return (lambda text: redacted(text, hide)) if hide else None

    def _own_answers(self) -> int:
        return sum(each is not None for each in self._recorded.interactions[: self._own])

    def _miss(self, call: Call) -> HarnessError:
        left, recorded = self._recorded.left(), self._recorded.requests
        return self._explanation(call).miss(call.wanted, left, recorded)

    def _note_edited(self, call: Call) -> None:
        """A call that was cancelled in the recording will be cancelled again: then nobody else tells of an edit."""
        edited = self._explanation(call).edited(call.wanted, self._recorded.cancelled())
        if edited is not None:
            self.note(edited)

    def _canonical_of(self, request: Request) -> Canonical:
        return self._canonical(request.method, request.uri, request.body)

    def _canonical(self, method: str, uri: str, body: Any) -> Canonical:
        return canonical(method, uri, body, self._clean)

    def _explanation(self, call: Call | None = None) -> Explanation:
        return Explanation(self.told, self.provenance, self._described, call.asking if call is not None else "")
