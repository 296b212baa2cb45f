"""A small company, the page that `make ui` starts on it, and the system's Chromium."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from page import Page, chromium_path, touchstone, write_sample

PATIENCE = 45_000  # milliseconds: two busy cores serve the page and its browser
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """A TOUCHSTONE_HOME with the example company's files, and no history."""
    folder = tmp_path_factory.mktemp("system") / "home"
    folder.mkdir()
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def page(home):
    """The page, started before there was any history; then one refresh on the command line, which published."""
    with Page(home) as running:
        running.runs_at_start = running.runs()
        done = touchstone(home, "refresh")
        assert done.returncode == 0, done.stdout + done.stderr
        yield running
    assert running.processes() == []


@pytest.fixture(scope="session")
def browser():
    path = chromium_path()
    try:
        from playwright.sync_api import expect, sync_playwright
    except ModuleNotFoundError:
        pytest.fail("Playwright is not installed: run `make test-system`", pytrace=False)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def tab(browser, page):
    """A first visit: nothing is remembered from other tests."""
    context = browser.new_context(base_url=page.url, viewport={"width": 1600, "height": 1000}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()
