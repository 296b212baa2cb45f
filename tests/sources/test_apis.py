"""HTTP APIs: each way of turning pages gives every record once; what is doubtful is an error, never a short pull."""

import gzip
import os
import subprocess
import sys

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.config.sources import Api
from orchestration.errors import UserError
from orchestration.settings import PROJECT
from orchestration.sources import rest
from orchestration.sources.apis import pull_api
from orchestration.sources.pulls import Pulled
from sources.http_answers import Answer, Question, answering

WHERE = "feeds.complaints.api"
RECORDS = [{"id": number, "text": f"投诉 {number}"} for number in range(1, 26)]
CURSOR = {"column": "at", "parameter": "since"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(rest, "BACKOFF_SECONDS", 0.001)


@pytest.fixture
def pull(tmp_path):
    """Pull from a server that answers by `answer`; its questions stay in `pull.asked`."""

    def pulled(answer, since=None, path="/tickets", **source) -> Pulled:
        with answering(answer) as server:
            pulled.asked = server.asked
            pulled.url = server.url
            return pull_api(Api(url=server.url + path, **source), since, WHERE, tmp_path, tmp_path)

    return pulled


def rows(pulled: Pulled) -> list[dict]:
    with duckdb.connect() as connection:
        result = connection.execute("from read_parquet($1)", [str(pulled.path)])
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def one_page(*records: dict):
    return lambda question: Answer(list(records))


def page(number: int, size: int = 10) -> list[dict]:
    """The records of a page, counted from 1."""
    return RECORDS[(number - 1) * size : number * size]


def by_page_number(question: Question) -> Answer:
    return Answer({"items": page(int(question.parameters["page"])), "total_pages": 3})


def by_offset(question: Question) -> Answer:
    start, limit = int(question.parameters["offset"]), int(question.parameters["limit"])
    return Answer({"items": RECORDS[start : start + min(limit, 10)], "total": 25})


def by_cursor(question: Question) -> Answer:
    number = int(question.parameters.get("after", "1"))
    return Answer({"items": page(number), "next": number + 1 if number < 3 else None})


def by_header_link(question: Question) -> Answer:
    number = int(question.parameters.get("page", "1"))
    return Answer(page(number), headers={"Link": f'</tickets?page={number + 1}>; rel="next"'} if number < 3 else {})


def by_json_link(question: Question) -> Answer:
    number = int(question.parameters.get("page", "1"))
    return Answer({"items": page(number), "links": {"next": f"/tickets?page={number + 1}" if number < 3 else ""}})


@pytest.mark.parametrize(
    ("answer", "pages"),
    [
        (by_page_number, {"type": "page_number", "base_page": 1}),
        (by_page_number, {"type": "page_number", "base_page": 1, "total_path": "total_pages"}),
        (by_offset, {"type": "offset", "limit": 10}),
        (by_offset, {"type": "offset", "limit": 10, "total_path": "total"}),
        (by_offset, {"type": "offset", "limit": 1000, "total_path": "total"}),
        (by_cursor, {"type": "cursor", "cursor_path": "next", "cursor_param": "after"}),
        (by_header_link, {"type": "header_link"}),
        (by_json_link, {"type": "json_link", "next_url_path": "links.next"}),
        (by_header_link, {"type": "auto"}),
        (by_json_link, {"type": "auto"}),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value.__name__,
)
def test_each_way_of_turning_pages_gives_each_record_once(pull, answer, pages):
    """Three pages, the last a short one; a server may give fewer records than it was asked for."""
    pulled = pull(answer, pages=pages)
    assert [row["id"] for row in rows(pulled)] == [str(number) for number in range(1, 26)]
    assert pulled.rows == 25


def test_an_api_that_speaks_of_pages_without_a_link_is_not_guessed_at(pull):
    """The first page alone would look like all there is."""
    for answer in (by_cursor, lambda question: Answer({"items": page(1), "total_pages": 3})):
        with pytest.raises(UserError, match=r"page 1 of .* speaks of more pages, but not by a link"):
            pull(answer)


def test_values_keep_what_was_written(pull):
    """A number that went through binary would be another; keys may come late, and null is not the empty text."""
    body = (
        '[{"id": 12345678901234567890123, "amount": 0.10, "big": 1e400, "is_open": true, "note": ""},'
        ' {"id": 2, "note": null, "tags": ["急", 1.50, {"a": null}], "half": "\\ud83d", "Name": "王"}]'
    )
    pulled = pull(lambda question: Answer(body.encode()))
    assert pulled.columns == ("id", "amount", "big", "is_open", "note", "tags", "half", "Name")
    first, second = rows(pulled)
    assert list(first.values()) == ["12345678901234567890123", "0.10", "1e400", "true", "", None, None, None]
    assert list(second.values()) == ["2", None, None, None, None, '["急", 1.50, {"a": null}]', "\\ud83d", "王"]


def test_a_record_nested_beyond_reason_is_an_error(pull):
    """Python's own parser takes it, but its writer does not."""
    with pytest.raises(UserError, match="nested too deeply"):
        pull(lambda question: Answer(b'[{"id": ' + b"[" * 600 + b"]" * 600 + b"}]"))


def test_a_gzipped_page_is_read(pull):
    """Most servers compress."""
    body = gzip.compress(b'[{"id": 1}]')
    assert pull(lambda question: Answer(body, headers={"Content-Encoding": "gzip"})).rows == 1


def test_a_server_that_throttles_or_stumbles_is_asked_again(pull):
    """429 says how long to wait; 503 twice, then it works: nothing is lost and nothing comes twice."""
    trouble = [Answer(status=429, headers={"Retry-After": "1"}), Answer(status=503), Answer(status=503)]

    def answer(question):
        return trouble.pop(0) if question.parameters["page"] == "2" and trouble else by_page_number(question)

    pulled = pull(answer, pages={"type": "page_number", "base_page": 1, "total_path": "total_pages"})
    assert (pulled.rows, len(pull.asked)) == (25, 6)


def test_the_wait_that_a_throttling_server_asks_for_is_kept(pull, monkeypatch):
    """A server that is asked again at once goes on refusing."""
    waits = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    trouble = [Answer(status=429, headers={"Retry-After": "7"})]
    pull(lambda question: trouble.pop() if trouble else Answer([{"id": 1}]))
    assert waits == [7]


def failing_at(number: int, said: Answer):
    """Ten pages by number, of which one fails."""

    def answer(question):
        asked = int(question.parameters["page"])
        return said if asked == number else Answer({"items": [{"id": asked}] if asked <= 10 else []})

    return answer


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Answer("王芳 13800138000", status=500), r"HTTP 500 \(the server fails\), 6 times"),
        (Answer("王芳 13800138000", status=429), r"HTTP 429 \(too many requests\), 6 times"),
        (Answer("王芳 13800138000", status=403), "HTTP 403"),
        (Answer(status=302, headers={"Location": "http://elsewhere.example/x?token=geheim"}), r"HTTP 302 \(moved\)"),
        (Answer(b"<html>13800138000</html>"), "is not JSON"),
        (Answer(b"[" * 100_000), "is not JSON"),
        (Answer(b"13800138000", headers={"Content-Encoding": "gzip"}), "cannot be had"),
        (Answer({"error": "13800138000"}), "has 0 values at `items`"),
        (Answer({"items": ["13800138000"]}), "something else than a list of objects"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_a_page_that_fails_is_named_and_nothing_is_handed_on(pull, tmp_path, said, told):
    """Six pages of ten would look like a small day. What the server said may be personal, and stays out."""
    with pytest.raises(UserError, match=rf"page 7 of http://127.0.0.1:\d+/tickets .*{told}") as error:
        pull(
            failing_at(7, said),
            pages={"type": "page_number", "base_page": 1},
            records="items",
            headers={"Authorization": "Bearer geheim"},
            parameters={"key": "geheim"},
        )
    assert "138001" not in str(error.value)
    assert "geheim" not in str(error.value)
    assert not (tmp_path / "pulled.parquet").exists()


def test_a_server_out_of_reach_is_said_without_secrets(tmp_path, monkeypatch):
    """The library's own message holds the whole address."""
    monkeypatch.setenv("DESK_TOKEN", "geheim")
    source = Api(url="http://user:${DESK_TOKEN}@127.0.0.1:1/x?token=${DESK_TOKEN}")
    with pytest.raises(UserError, match=r"page 1 of http://127.0.0.1:1/x cannot be had") as error:
        pull_api(source, None, WHERE, tmp_path, tmp_path)
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("answer", "pages"),
    [
        (one_page({"id": 1}), {"type": "page_number", "base_page": 1}),
        (
            lambda question: Answer({"items": [{"id": 1}], "next": 2}),
            {"type": "cursor", "cursor_path": "next", "cursor_param": "after"},
        ),
        (
            lambda question: Answer({"items": [], "next": question.parameters.get("after", "") + "x"}),
            {"type": "cursor", "cursor_path": "next", "cursor_param": "after"},
        ),
        (
            lambda question: Answer(
                {"items": [{"id": question.path}], "next": "/b" if question.path == "/a" else "/a"}
            ),
            {"type": "auto"},
        ),
    ],
    ids=["page ignored", "cursor ignored", "empty for ever", "links in a circle"],
)
def test_pages_that_never_end_are_an_error(pull, answer, pages):
    """A server that ignores the page's number gives the first page for ever."""
    with pytest.raises(UserError, match="the pages would never end"):
        pull(answer, path="/a", pages=pages)


def test_secrets_are_not_carried_to_another_host(pull):
    """A link in an answer must not decide who gets the company's key."""
    with pytest.raises(UserError, match=r"another host: http://elsewhere\.example"):
        pull(lambda question: Answer({"items": [{"id": 1}], "next": "http://elsewhere.example/x?page=2"}))


def test_several_lists_need_a_name(pull):
    """The wrong one of them may be empty on the first day."""
    with pytest.raises(UserError, match="has 2 lists: errors, tickets"):
        pull(lambda question: Answer({"errors": [], "tickets": [{"id": 1}]}))


def test_a_path_of_names_in_any_language_is_quoted(pull):
    """What is no JSONPath is said with an example of what is."""

    def answer(question):
        return Answer({"数据": {"工单": [{"id": 1}]}, "errors": []})

    assert pull(answer, records="$['数据']['工单']").rows == 1
    with pytest.raises(UserError, match=r"no JSONPath: .*\n.*\n.*quoted: \$\['工单'\]"):
        pull(answer, records="数据")


def test_secrets_come_from_the_environment_and_stay_out_of_the_name(pull, monkeypatch):
    """The name of the source is written into the load and shown."""
    monkeypatch.setenv("DESK_TOKEN", "geheim &=é")
    pulled = pull(
        one_page({"id": 1}),
        headers={"Authorization": "Bearer ${DESK_TOKEN}"},
        parameters={"key": "${DESK_TOKEN}", "per_page": "100"},
    )
    assert pull.asked[0].parameters == {"key": "geheim &=é", "per_page": "100"}
    assert pull.asked[0].headers["Authorization"].encode("latin-1").decode() == "Bearer geheim &=é"
    assert pulled.name == f"{pull.url}/tickets"


@pytest.mark.parametrize(
    ("newest", "cursor", "asked"),
    [
        ("2026-03-01T08:00:00Z", {"lookback": "2 days"}, "2026-02-27T08:00:00Z"),
        ("2026-03-01T08:00:00+08:00", {"lookback": "6 hours"}, "2026-03-01T02:00:00+08:00"),
        ("2026-03-01T08:00:00.5", {"lookback": "30 minutes"}, "2026-03-01T07:30:00.500000"),
        ("2026-03-01", {"lookback": "6 hours"}, "2026-02-28"),
        (1772352000, {"lookback": "3600"}, "1772348400"),
        ("2026-03-01T08:00:00Z", {"lookback": "2 days", "format": "%d/%m/%Y"}, "27/02/2026"),
        ("2026-03-01T08:00:00Z", {"lookback": "1 days", "format": "epoch_seconds"}, "1772265600"),
    ],
)
def test_the_next_pull_begins_the_lookback_before_the_newest_value(pull, newest, cursor, asked):
    """In the spelling of the API itself, or as configured. 2026-03-01 08:00 UTC is 1772352000 s after 1970."""
    cursor = CURSOR | cursor
    first = pull(one_page({"id": 1, "at": newest}), cursor=cursor)
    assert "since" not in pull.asked[0].parameters
    pull(one_page({"id": 1, "at": newest}), since=first.watermark, cursor=cursor)
    assert pull.asked[0].parameters == {"since": asked}


def test_the_watermark_is_the_newest_instant_and_never_goes_back(pull):
    """Offsets are compared by what they mean; an empty answer keeps what was reached."""
    at = ["2026-03-01T08:00:00Z", "2026-03-01T12:00:00+08:00", None, "n/a", "2999-01-01T00:00:00Z"]
    pulled = pull(one_page(*({"id": 1, "at": moment} for moment in at)), cursor=CURSOR)
    assert (pulled.watermark, pulled.rows) == ("2026-03-01T08:00:00Z", 5)
    assert pull(one_page(), since="2026-03-02T00:00:00Z", cursor=CURSOR).watermark == "2026-03-02T00:00:00Z"
    again = pull(one_page({"at": "2026-03-01T23:00:00Z"}), since="2026-03-02T00:00:00Z", cursor=CURSOR)
    assert again.watermark == "2026-03-02T00:00:00Z"


def test_a_cursor_that_cannot_be_read_is_an_error(pull):
    """Or each pull would be a whole one, without a word."""
    with pytest.raises(UserError, match=r"no record of .* has the key 'at'"):
        pull(one_page({"id": 1}), cursor=CURSOR)
    with pytest.raises(UserError, match="holds no value that reads as a moment"):
        pull(one_page({"at": 1772352000}), cursor=CURSOR)


def test_an_empty_answer_is_a_pull_of_no_rows(pull):
    """Nothing new is the usual case of a small API."""
    pulled = pull(lambda question: Answer({"items": None}), records="items")
    assert (pulled.rows, pulled.columns) == (0, ())


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ({"type": "numbers"}, "accepted: auto, single, page_number, offset, cursor, header_link, json_link"),
        ({"type": "page_number"}, "needs base_page"),
        ({"type": "page_number", "base_page": "first"}, "base_page must be a whole number"),
        ({"type": "offset", "limit": 0}, "limit must be a whole number"),
        (
            {"type": "offset", "limit": 5, "size": 3},
            "does not take size; accepted: has_more_path, limit, limit_param, offset",
        ),
    ],
)
def test_pages_are_checked_at_the_door(pages, told):
    """A wrong argument would show on some later day as records that are missing."""
    with pytest.raises(ValidationError, match=told):
        Api(url="https://desk.example", pages=pages)


def test_nothing_is_written_outside_the_work_folder_and_nobody_else_is_asked(tmp_path):
    """The library has telemetry and a folder of its own in other uses."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    program = f"""
import socket
from pathlib import Path
from orchestration.config.sources import Api
from orchestration.sources.apis import pull_api
def only_here(self, address, real=socket.socket.connect):
    assert address[0] == "127.0.0.1", address
    return real(self, address)
socket.socket.connect = only_here
work = Path({str(work)!r})
print(pull_api(Api(url=__import__("sys").argv[1]), None, "x", work, work).rows)
"""
    with answering(one_page({"id": 1})) as server:
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(PROJECT)}
        command = [sys.executable, "-c", program, server.url]
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("1", "")
    assert list(home.rglob("*")) == []
    assert [path.name for path in work.iterdir()] == ["pulled.parquet"]
