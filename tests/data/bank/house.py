"""The bank's own scorer."""

from harness.core.results import Score, Verdict
from harness.core.trace import answer_of


def short(scope, settings):
    count, most = len(answer_of(scope.trace)), (settings or {}).get("most", 200)
    verdict = Verdict.PASSED if count <= most else Verdict.FAILED
    return Score(scorer="short", verdict=verdict, reason=f"{count} characters, at most {most} expected")
