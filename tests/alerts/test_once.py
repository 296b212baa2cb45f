"""A cause is told once: not each morning, not at each look, and not twice when two look."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestration.alerts.causes import Cause
from orchestration.alerts.once import next_message, still_true

ALL = ("held", "failed", "recovered", "late")
A, B = Cause("held", "held:a", ("a",)), Cause("held", "held:b", ("b",))
BROKEN = Cause("failed", "failed:x", ("x",))
LATE = Cause("late", "late:orders", ("orders",))
STANDING = Cause("late", "late:refresh", ("no refresh",))


class Target:
    """One target that is looked at after each run, and what reached it."""

    def __init__(self, events=ALL):
        self.events, self.told, self.got = events, {}, []

    def look(self, *causes, arrives=True, day=0):
        """After a run that ended in these causes: of a hold or a failure, else it published."""
        is_published = all(cause.event == "late" for cause in causes) and STANDING not in causes
        now = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=day)
        self.told = still_true(self.told, causes, is_published)
        while message := next_message(self.told, causes, is_published, self.events, now):
            if message.event in self.events:
                if not arrives:
                    return
                self.got.append((message.event, *(cause.key for cause in message.causes)))
            self.told = message.told


def test_the_same_hold_is_told_once():
    """A hold that lasts a week must not become noise."""
    target = Target()
    for day in range(7):
        target.look(A, day=day)
    assert target.got == [("held", "held:a")]


def test_what_lasts_is_told_again_each_week():
    """Whoever was away on the first day would never learn that the figures are a month old."""
    for cause in (A, BROKEN, STANDING):
        target = Target()
        for day in range(22):
            target.look(cause, day=day)
        assert target.got == [(cause.event, cause.key)] * 4


def test_a_reminder_that_did_not_arrive_comes_the_next_time_and_costs_no_recovery():
    """The service may be down on the one day of the week."""
    target = Target()
    target.look(A)
    target.look(A, day=7, arrives=False)
    target.look(day=8)
    assert target.got == [("held", "held:a"), ("recovered",)]


def test_another_set_of_checks_is_told_again():
    """Something else is wrong now."""
    target = Target()
    target.look(A)
    target.look(B)
    target.look(A)
    assert target.got == [("held", "held:a"), ("held", "held:b")]


def test_a_recovery_is_told_once_and_then_the_same_hold_is_new():
    """What was mended and broke again is news."""
    target = Target()
    for causes in ((A,), (), (), (A,), ()):
        target.look(*causes)
    assert target.got == [("held", "held:a"), ("recovered",), ("held", "held:a"), ("recovered",)]


def test_a_publication_after_a_publication_is_no_news():
    """Good mornings are silent."""
    target = Target()
    for _ in range(3):
        target.look()
    assert target.got == []


def test_a_late_feed_that_holds_is_one_message_to_who_is_told_of_holds():
    """The hold names it already."""
    everything, only_late = Target(), Target(("late",))
    for target in (everything, only_late):
        target.look(A, LATE)
        target.look(A, LATE)
    assert everything.got == [("held", "held:a")]
    assert only_late.got == [("late", "late:orders")]


def test_a_feed_that_was_in_time_again_can_be_late_anew():
    """Its own team wants to know each time."""
    target = Target()
    for causes in ((LATE,), (LATE,), (), (LATE,)):
        target.look(*causes)
    assert target.got == [("late", "late:orders"), ("late", "late:orders")]


def test_a_late_feed_is_not_told_again_after_a_run_that_did_not_judge_it():
    """A run that broke off, or was held by something else, says nothing of the feed."""
    for other in (BROKEN, A):
        target = Target(("late",))
        for causes in ((LATE,), (other,), (LATE,), (other,), (LATE,)):
            target.look(*causes)
        assert target.got == [("late", "late:orders")]


def test_a_second_standstill_is_told_though_nothing_was_published_in_between():
    """A run was held, and then nothing ended for ten days."""
    target = Target(("late", "recovered"))
    for causes in ((STANDING,), (A,), (A, STANDING), (A, STANDING), ()):
        target.look(*causes)
    assert target.got == [("late", "late:refresh"), ("late", "late:refresh"), ("recovered",)]


def test_who_listens_to_recoveries_alone_is_told_of_them():
    """It is remembered that something was wrong, though nobody was told of that."""
    target = Target(("recovered",))
    for causes in ((A,), (BROKEN,), ()):
        target.look(*causes)
    assert target.got == [("recovered",)]


def test_refreshes_that_stood_still_recover_with_the_next_publication():
    """Somebody was woken by it."""
    target = Target()
    for causes in ((STANDING,), (STANDING,), ()):
        target.look(*causes)
    assert target.got == [("late", "late:refresh"), ("recovered",)]


def test_what_did_not_arrive_is_told_at_the_next_look():
    """A service that is down for an hour must not swallow a hold."""
    target = Target()
    target.look(A, arrives=False)
    assert target.got == []
    target.look(A)
    assert target.got == [("held", "held:a")]


OUTCOMES = st.sampled_from([(), (A,), (B,), (BROKEN,)])


@given(st.lists(OUTCOMES, max_size=20))
def test_messages_are_those_that_a_reader_of_the_whole_history_would_expect(history):
    """Told by looking back: first of its kind since the last publication; first publication after trouble."""
    target = Target()
    expected = []
    for at, causes in enumerate(history):
        published = [earlier for earlier in range(at) if not history[earlier]]
        since = history[published[-1] + 1 if published else 0 : at]
        if causes and causes not in since:
            expected.append((causes[0].event, causes[0].key))
        if not causes and since:
            expected.append(("recovered",))
        target.look(*causes)
    assert target.got == expected


@given(st.lists(st.tuples(OUTCOMES, st.booleans()), min_size=1, max_size=30))
def test_however_unreliable_the_service_nothing_is_told_twice_and_the_last_state_arrives(history):
    """Between two messages of one cause lies a recovery, and once the service answers, people know what is so."""
    target = Target()
    for causes, arrives in history:
        target.look(*causes, arrives=arrives)
    final = history[-1][0]
    target.look(*final)
    since: set = set()
    for message in target.got:
        assert message not in since
        assert message != ("recovered",) or since
        since = set() if message == ("recovered",) else since | {message}
    assert (final[0].event, final[0].key) in since if final else not since
