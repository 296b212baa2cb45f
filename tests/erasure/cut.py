"""A process that forgets a person and dies at a given change of the file system, as by a kill."""

import os
from pathlib import Path

CHANGES = ("replace", "rename", "unlink", "rmdir")
DIED = 9


def forget_until(folder: Path, customer_id: str, cut: int | None, told: Path) -> None:
    """Forget, but die right before change number `cut`; the number of changes is written to `told`."""
    from erasure.people import settings_of
    from orchestration.erasure.forget import forget

    changes = 0

    def counted(change):
        def made(*arguments, **named):
            nonlocal changes
            if changes == cut:
                os._exit(DIED)  # nothing is cleaned up, no handler runs
            changes += 1
            return change(*arguments, **named)

        return made

    settings = settings_of(folder)
    for name in CHANGES:
        setattr(os, name, counted(getattr(os, name)))
    forget(settings, customer_id)
    told.write_text(str(changes))
