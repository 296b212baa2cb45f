"""Pieces of work in processes of their own, which may be killed."""

import os
import traceback
from collections.abc import Callable


def started(work: Callable[[], object]) -> int:
    """A child that does this and ends; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Wait for the child; its exit status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
