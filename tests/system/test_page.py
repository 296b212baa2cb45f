"""The page in a real browser, and refreshes launched from it.

In the order of a day: what a visitor sees after a refresh, then a broken file, then its repair, then a restart.
"""

import hashlib
import re
import urllib.request
from urllib.parse import quote

import pytest
from page import ASSETS, Page, chromium_path, touchstone, write_sample
from playwright.sync_api import expect

from orchestration.cli import HELD
from orchestration.publishing import catalogue

GROUPS = ("raw", "staging", "facts", "scores", "marts", "release")
LOCALHOST = "0100007F"  # 127.0.0.1 as /proc/net/tcp writes it


def served(home) -> dict[str, str]:
    """Every file of what is served, with its digest, under the release's own name."""
    current = catalogue.current_link(home).resolve()
    return {
        f"{current.name}/{file.relative_to(current)}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(current.rglob("*"))
        if file.is_file()
    }


def test_missing_chromium_fails_and_says_how_to_get_it(monkeypatch):
    """A skipped browser test would look like a passed one."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        chromium_path()


def test_page_starts_on_a_home_without_history(page):
    """The first thing that a newcomer does may be `make ui`."""
    assert page.runs_at_start == []


def test_page_listens_on_localhost_only(page):
    """The open-source page has no login: whoever reaches it may run everything."""
    assert page.listening() == {(LOCALHOST, page.port)}


def test_telemetry_is_off(page):
    with urllib.request.urlopen(page.url, timeout=30) as answer:
        told = answer.read().decode()
    assert '"telemetryEnabled": false' in told
    assert page.ask("query { instance { info } }")["instance"]["info"].count("telemetry:\n  enabled: false") == 1


def test_lineage_shows_every_group(page, tab):
    """The first visit shows the graph at once: no welcome dialog stands before it."""
    tab.goto("/asset-groups")
    for group in GROUPS:
        expect(tab.get_by_text(group, exact=True).first).to_be_visible()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(tab.get_by_text("Welcome", exact=False)).to_have_count(0)


def test_lineage_shows_assets_with_their_checks(page, tab):
    selection = quote('key:"facts/customer_orders" or key:"scores/clv"', safe="")
    tab.goto(f"/asset-groups~{selection}?expanded={quote('global@global:facts,global@global:scores', safe='')}")
    for asset in ("customer_orders", "clv"):
        expect(tab.get_by_text(asset, exact=True).first).to_be_visible()
    expect(tab.get_by_text(re.compile(r"^(\d+) / \1 Passed$"))).to_have_count(2)


def test_run_of_the_command_line_is_in_the_history(page, tab):
    """The command line and the page share one instance."""
    [run] = [run for run in page.runs() if run["jobName"] == "refresh"][-1:]
    assert run["status"] == "SUCCESS"
    tab.goto("/runs")
    expect(tab.get_by_text(run["runId"][:8]).first).to_be_visible()


def test_asset_page_tells_what_the_table_holds(page, tab):
    tab.goto("/assets/facts/customer_orders")
    expect(tab.get_by_text("One row each customer of facts.customers").first).to_be_visible()
    expect(tab.get_by_text("Row count").first).to_be_visible()
    expect(tab.get_by_text("300", exact=True).first).to_be_visible()
    row = tab.locator("tr", has_text="first_ordered_at").first
    expect(row).to_contain_text("timestamp")
    expect(row).to_contain_text("Its first order that counts.")


def test_asset_page_tells_checks_with_their_results(page, tab):
    tab.goto("/assets/facts/customer_orders?view=checks")
    expect(tab.get_by_text("Succeeded", exact=True).first).to_be_visible()
    expect(tab.get_by_text("This is a blocking asset check").first).to_be_visible()
    expect(tab.get_by_text("Passed", exact=True).first).to_be_visible()
    expect(tab.get_by_text("the refresh is held", exact=True).first).to_be_visible()


@pytest.mark.parametrize("asset", ["quality_weights", "quality_changes"])
def test_asset_page_shows_its_pictures(page, tab, asset):
    """A picture that the page refuses to load would be an empty frame, and its metadata would still be there."""
    tab.goto(f"/assets/scores/{asset}")
    tab.get_by_text("[Show Markdown]").first.click()
    picture = tab.locator('img[src^="data:image/svg"]').first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_job_and_schedule_are_there(page, tab):
    repository = page.repository()
    assert "refresh" in [job["name"] for job in repository["jobs"]]
    [schedule] = repository["schedules"]
    assert (schedule["name"], schedule["cronSchedule"], schedule["pipelineName"]) == (
        "every_morning",
        "0 5 * * *",
        "refresh",
    )
    tab.goto("/automation")
    expect(tab.get_by_text("every_morning").first).to_be_visible()


def test_every_asset_has_group_description_kinds_and_results(page):
    """What a stranger sees of any asset; columns with types for every table."""
    lacking = []
    for asset in page.ask(ASSETS)["assetNodes"]:
        name = "/".join(asset["assetKey"]["path"])
        if not (asset["description"] and asset["kinds"] and asset["groupName"] in (*GROUPS, "previous")):
            lacking.append(f"{name}: description, kinds or group")
        checks = asset["assetChecksOrError"].get("checks", [])
        lacking += [
            f"{name}: check {check['name']} has no passed result"
            for check in checks
            if (check["executionForLatestMaterialization"] or {}).get("status") != "SUCCEEDED"
        ]
        if name == "release/current" or name.startswith("raw/"):
            continue
        told = {entry["label"]: entry for entry in asset["assetMaterializations"][0]["metadataEntries"]}
        columns = told["dagster/column_schema"]["schema"]["columns"]
        if not columns or any(column["type"] in ("", "?") for column in columns):
            lacking.append(f"{name}: types of its columns")
        if "dagster/row_count" not in told:
            lacking.append(f"{name}: row count")
    assert lacking == []


@pytest.fixture(scope="module")
def held(page):
    """After one day's file of orders arrived with a tenth of its dates unreadable, and was refused."""
    orders = page.home / "sample" / "orders.csv"
    header, *lines = orders.read_text(encoding="utf-8").splitlines()
    moment = header.split(",").index("ordered_at")
    for number in range(0, len(lines), 10):
        fields = lines[number].split(",")
        fields[moment] = "someday"
        lines[number] = ",".join(fields)
    before = served(page.home)
    orders.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    done = touchstone(page.home, "refresh")
    assert done.returncode == HELD, done.stdout + done.stderr
    yield before
    write_sample(page.home)


def test_release_launched_alone_after_a_failed_refresh_is_refused(page, held, tab):
    """Dagster's own blocking ends with the run; the gate does not, and what is served stays byte for byte."""
    status, reasons = page.launch("__ASSET_JOB", [["release", "current"]])
    assert status == "FAILURE"
    assert "Held:" in reasons
    assert "raw.orders" in reasons
    assert "contract" in reasons
    assert served(page.home) == held
    tab.goto(f"/runs/{page.last_run}")
    expect(tab.get_by_text(re.compile("Held: .*reasons")).first).to_be_visible()


def test_refresh_launched_from_the_page_publishes(page, held):
    """The file is mended; nothing else has to be."""
    write_sample(page.home)
    status, reasons = page.launch("refresh")
    assert status == "SUCCESS", reasons
    assert catalogue.current_link(page.home).resolve().name not in {name.split("/")[0] for name in held}


def test_history_is_kept_between_starts(page):
    """Last, because it ends the page that the others look at: nothing of it may live on."""
    known = {run["runId"] for run in page.runs()}
    page.stop()
    assert page.processes() == []
    with Page(page.home) as again:
        assert {run["runId"] for run in again.runs()} == known
    assert again.processes() == []
