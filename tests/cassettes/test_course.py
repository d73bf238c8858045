from __future__ import annotations

import pytest

from harness.cassettes.course import Course, Event, written


def _events(text: str) -> list[Event]:
    return [Event(abs(int(each)) - 1, int(each) < 0) for each in text.split()]


@pytest.mark.parametrize("text", ["", "+1 -1", "+1 -1 +2 -2 +3 -3"])
def test_calls_one_after_the_other_have_no_course(text: str) -> None:
    assert written(_events(text), range(len(text.split()) // 2)) == ""


def test_a_course_counts_only_what_is_kept() -> None:
    assert written(_events("+1 +2 +3 -2 -1 -3"), [0, 2]) == "+1 +2 -1 -2"


def test_an_answer_waits_for_what_came_before_it_while_the_call_was_under_way() -> None:
    course = Course()
    course.read("+1 +2 -1 +3 -2 -3 +4 -4", places=range(4), cancelled=())
    assert [course.is_ordered(place) for place in range(4)] == [True, True, True, False]
    course.asked(0, 0)
    assert not course.may_end(0), "the second call was asked before the first was answered"
    course.asked(1, 1)
    assert course.may_end(0)
    assert not course.may_end(1)
    course.ended(0, 0)
    assert not course.may_end(1), "the third call was asked before the second was answered"
    course.asked(2, 2)
    assert course.may_end(1)


def test_nothing_waits_for_the_end_of_a_cancelled_call() -> None:
    course = Course()
    course.read("+1 +2 -1 -2", places=range(2), cancelled={0})
    course.asked(0, 0)
    course.asked(1, 1)
    assert course.may_end(1)


def test_an_order_that_cannot_come_about_any_more_is_waived() -> None:
    course = Course()
    course.read("+1 +2 -1 -2", places=range(2), cancelled=())
    course.asked(0, 0)
    course.waive()
    assert course.may_end(0)


def test_calls_of_two_recordings_keep_their_own_order() -> None:
    course = Course()
    course.read("+1 +2 -2 -1", places=[0, 1], cancelled=())
    course.read("+1 +2 -1 -2", places=[2, 3], cancelled=())
    for order, place in enumerate(range(4)):
        course.asked(order, place)
    assert [course.may_end(place) for place in range(4)] == [False, True, True, False]


@pytest.mark.parametrize("text", ["first", "+1 +2 +7", "+0"])
def test_what_is_no_course_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Course().read(text, places=range(2), cancelled=())
