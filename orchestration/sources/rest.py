"""One HTTP API, page by page: dlt's client asks, waits, tries again and turns the pages; the doubts are settled here.

A page that is missing, repeated or not understood would lose rows in silence, so each of these is an error.
Imported where it is used: dlt takes a second.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from dlt.common import jsonpath
from dlt.common.configuration.specs.runtime_configuration import RuntimeConfiguration
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client import RESTClient, detector, paginators
from jsonpath_ng.exceptions import JSONPathError
from requests import HTTPError, Request, RequestException, Response, Timeout

from orchestration.config.sources import Api
from orchestration.errors import UserError
from orchestration.sources.pulls import Digits

ATTEMPTS, BACKOFF_SECONDS, LONGEST_WAIT_SECONDS, TIMEOUT_SECONDS = 6, 1.0, 300.0, 60.0
EMPTY_PAGES_IN_A_ROW = 100


class PageError(Exception):
    """What is wrong with a page, in words, and how to mend it."""

    def __init__(self, what: str, mend: str):
        super().__init__(what)
        self.what, self.mend = what, mend


class OffsetPaginator(paginators.OffsetPaginator):
    """Goes on after the records that came: a server may give fewer than `limit` asks for."""

    def update_state(self, response: Response, data: list | None = None) -> None:
        self.value_step = len(data or [])
        super().update_state(response, data)


PAGINATORS = {
    "single": paginators.SinglePagePaginator,
    "page_number": paginators.PageNumberPaginator,
    "offset": OffsetPaginator,
    "cursor": paginators.JSONResponseCursorPaginator,
    "header_link": paginators.HeaderLinkPaginator,
    "json_link": paginators.JSONLinkPaginator,
}


def pages(
    source: Api, url: str, headers: dict[str, str], parameters: dict[str, str], name: str, where: str
) -> Iterator[list[dict[str, Any]]]:
    """The records of each page; numbers are `Digits`.

    Parameters
    ----------
    url, headers, parameters
        What is asked first, secrets filled in.
    name : str
        The URL without secrets, for messages.

    Raises
    ------
    UserError
        A page cannot be had (after `ATTEMPTS` where the server throttles or fails), is not understood, or comes again.
    """
    number = 1
    try:
        watch = Watch(url)
        for page in client(source, url, headers).paginate(
            params=parameters, hooks={"response": [understand]}, allow_redirects=False
        ):
            yield list(page)
            if not page.paginator.has_next_page or not watch.goes_on(page, page.request):
                return
            number += 1
    except HTTPError as error:
        what, mend = refusal(error.response)
    except Timeout:
        what, mend = f"did not come within {TIMEOUT_SECONDS:.0f} seconds", "try again later"
    except RequestException as error:  # its text holds the URL with its secrets
        what, mend = f"cannot be had ({type(error).__name__})", "see whether the address is right and can be reached"
    except JSONPathError as error:
        what = f"cannot be taken apart, since a path is no JSONPath: {error}"
        mend = "correct `records` or the paths under `pages`; names with other signs than a to z are quoted: $['工单']"
    except PageError as error:
        what, mend = error.what, error.mend
    except ValueError:  # dlt's text quotes the page
        what = "does not hold the numbers that `pages` speaks of"
        mend = "correct `total_path` or `has_more_path` under `pages`, or leave them out"
    raise UserError(f"page {number} of {name} {what}", where=f"sources.yml, {where}", mend=mend)


def client(source: Api, url: str, headers: dict[str, str]) -> RESTClient:
    """dlt's client, told everything, so that no configuration of dlt's own is asked for."""
    kind = source.pages["type"]
    arguments = {key: value for key, value in source.pages.items() if key != "type"}
    if kind in ("page_number", "offset"):
        arguments.setdefault("total_path", None)  # dlt would require a total
    session = Client(
        raise_for_status=False,
        request_timeout=TIMEOUT_SECONDS,
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF_SECONDS,
        request_max_retry_delay=LONGEST_WAIT_SECONDS,
    ).session
    found = RESTClient(
        url,
        headers={key: value.encode() for key, value in headers.items()},
        paginator=None if kind == "auto" else PAGINATORS[kind](**arguments),
        data_selector=source.records or "$",
        session=session,
        paginator_factory=detector.PaginatorFactory(
            [detector.header_links_detector, detector.json_links_detector, only_page]
        ),
        config=RuntimeConfiguration(),
    )
    found.extract_response = lambda response, _: records_of(response.json(), source.records)
    return found


def understand(response: Response, **_: Any) -> None:
    """Take the page's JSON with the digits of its numbers; any status but success is an error, a redirect too.

    A redirect is not followed because the headers, which may hold a secret, would go with it.
    """
    if not 200 <= response.status_code < 300:
        raise HTTPError(response=response)
    try:
        content = json.loads(response.content, parse_float=Digits, parse_int=Digits, parse_constant=Digits)
    except (ValueError, RecursionError):
        raise PageError("is not JSON", "see in a browser what the address answers; it may ask for a login") from None
    response.json = lambda **_: content


def records_of(content: Any, path: str | None) -> list[dict[str, Any]]:
    """The records of a page: the list at `path`, or the only list there is; null is an empty list."""
    mend = "name the list of records in `records`, such as data.items"
    if path is not None:
        found = jsonpath.find_values(path, content)
        if len(found) != 1:
            raise PageError(f"has {len(found)} values at `{path}`, where one list should be", mend)
        records = found[0] if found[0] is not None else []
    elif isinstance(content, dict):
        lists = [key for key, value in content.items() if isinstance(value, list)]
        if len(lists) != 1:
            raise PageError(f"has {len(lists)} lists: {', '.join(lists) or 'no records are to be seen'}", mend)
        records = content[lists[0]]
    else:
        records = content
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise PageError("holds something else than a list of objects", mend)
    return records


def only_page(response: Response) -> tuple[paginators.BasePaginator, float]:
    """For `auto`, after links were looked for: the one page there is, if nothing speaks of more."""
    content = response.json()
    _, following = detector.find_next_page_path(content)
    _, total = detector.find_total_pages_path(content)
    if following or (total and str(total) not in ("0", "1")):
        raise PageError("speaks of more pages, but not by a link", "say under `pages` how the next page is asked for")
    return paginators.SinglePagePaginator(), 1.0


class Watch:
    """Sees that pages go on: never to another host, never round and round."""

    def __init__(self, url: str):
        self.host = urlsplit(url)[:2]
        self.asked: set[int] = set()
        self.last: list | None = None
        self.empty_pages = 0

    def goes_on(self, page: list, request: Request) -> bool:
        """Whether there is a next page; `request` asks for it already."""
        if not request.url:  # some APIs end with an empty link
            return False
        address = urlsplit(request.url)
        if (address.scheme, address.netloc.rpartition("@")[2]) != (self.host[0], self.host[1].rpartition("@")[2]):
            raise PageError(
                f"links to a next page on another host: {address.scheme}://{address.hostname}",
                "the secrets of one host are not sent to another: begin with the address that the links have",
            )
        asked = hash((request.url, str(request.params)))
        self.empty_pages = 0 if page else self.empty_pages + 1
        if asked in self.asked or (page and page == self.last) or self.empty_pages > EMPTY_PAGES_IN_A_ROW:
            raise PageError(
                "is the same as one before: the pages would never end",
                "correct the type and the arguments under `pages`; the server does not turn the page by them",
            )
        self.asked.add(asked)
        self.last = list(page)
        return True


def refusal(response: Response) -> tuple[str, str]:
    """What a status means and how to mend it; the body stays unquoted, since it may hold personal data."""
    status = response.status_code
    what = f"was refused: HTTP {status}"
    if status in (401, 403):
        return what, "see whether the secret in `headers` or `parameters` is right and may read this"
    if status == 429:
        return f"{what} (too many requests), {ATTEMPTS} times", "try again later, or ask for larger pages"
    if status >= 500:
        return f"{what} (the server fails), {ATTEMPTS} times", "try again later"
    if status < 400:
        moved = urlsplit(response.headers.get("Location", ""))
        return f"{what} (moved)", f"write the new address: {moved.scheme}://{moved.hostname}{moved.path}"
    return what, "correct the address or the parameters"
