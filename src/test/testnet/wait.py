"""Waiting for a condition, with a deadline."""
import time

_POLL_SECONDS = 0.05
# A rest that takes this much longer than it should shows that the whole
# machine stood still: nothing that is waited for could happen meanwhile.
_STALL_SECONDS = 1


def until(condition, seconds, what, explain=None, pause=_POLL_SECONDS):
    """Call `condition` until it returns something true, and return that.

    Rest for `pause` seconds between two calls: more where one is a burden.

    After `seconds` raise TimeoutError, which names `what` was waited for and
    adds the text that explain() returns. Time in which the machine stood
    still does not count.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= deadline:
            message = "not within %g s: %s" % (seconds, what)
            if explain:
                message += "\n" + explain()
            raise TimeoutError(message)
        rested = time.monotonic()
        time.sleep(pause)
        late = time.monotonic() - rested - pause
        if late > _STALL_SECONDS:
            deadline += late
