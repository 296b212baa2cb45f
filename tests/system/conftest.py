"""A small company with one published refresh, the page that `make ui` starts on it, and the system's Chromium."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from page import Page, chromium_path, touchstone, write_sample

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
def company(home) -> Path:
    """The company after one refresh on the command line, which published."""
    done = touchstone(home, "refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="session")
def page(company):
    """The page on the published company."""
    with Page(company) as running:
        yield running
    assert running.processes() == []


@pytest.fixture(scope="session")
def browser():
    path = chromium_path()
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        pytest.fail("Playwright is not installed: run `make test-system`", pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def tab(browser, page):
    """A first visit: nothing is remembered from other tests."""
    context = browser.new_context(base_url=page.url, viewport={"width": 1600, "height": 1000}, locale="en-US")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()
