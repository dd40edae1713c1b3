"""Waiting for a condition, with a deadline."""
import time

_POLL_SECONDS = 0.05


def until(condition, seconds, what, explain=None, pause=_POLL_SECONDS):
    """Call `condition` until it returns something true, and return that.

    Rest for `pause` seconds between two calls: more where one is a burden.

    After `seconds` raise TimeoutError, which names `what` was waited for and
    adds the text that explain() returns.
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
        time.sleep(pause)
