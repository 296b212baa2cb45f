"""Which tests stay on one worker, and which begin first, so that two workers end together and build nothing twice."""

import pytest

# The tests of these folders share a refresh, whose 30 to 60 s of processor time a second worker would spend again.
ON_ONE_WORKER = ("tests/refresh", "tests/dbt")
# Minutes each: begun last, they would run while the other worker has nothing left to do.
FIRST = ("tests/refresh", "tests/dbt", "tests/privacy", "tests/erasure")


def pytest_collection_modifyitems(items) -> None:
    order = {folder: position for position, folder in enumerate(FIRST)}
    items.sort(key=lambda item: order.get(folder_of(item.nodeid), len(FIRST)))


def folder_of(nodeid: str) -> str:
    return "/".join(nodeid.split("/")[:2])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """loadscope with these folders as scopes; any other distribution is left as it is."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFolder(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = folder_of(nodeid)
            return folder if folder in ON_ONE_WORKER else super()._split_scope(nodeid)

    return ByFolder(config, log)
