"""Waiting on a condition with a deadline, the only way a test here waits."""

import time


class TimedOut(AssertionError):
    pass


def wait_until(condition, what, deadline=30.0, every=0.1):
    """Calls condition() until it returns something true, and returns that.

    An AssertionError, OSError or ValueError inside counts as "not yet" and is told if the deadline passes.
    """
    end = time.monotonic() + deadline
    trouble = None
    while True:
        try:
            result = condition()
            if result:
                return result
            trouble = f"last answer: {result!r}"
        except (AssertionError, OSError, ValueError) as error:
            trouble = f"last error: {error}"
        if time.monotonic() >= end:
            raise TimedOut(f"not within {deadline:g} s: {what}; {trouble}")
        time.sleep(every)
