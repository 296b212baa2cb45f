"""Where the marts go in PostgreSQL: its URL, which is a secret, what may be told of it, and how it is connected to."""

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.environment import filled
from orchestration.errors import UserError
from orchestration.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

CONNECT_SECONDS = 15
# For one statement or one block of a copy. The longest, the index of a million customers, takes some 5 s.
ANSWER_SECONDS = 120


@dataclass(frozen=True)
class Place:
    """Where the marts go; `place_of` makes it from the configuration.

    Attributes
    ----------
    url : str
        `postgresql://user:password@host/database`; a secret.
    schema : str
        Of the views that readers are given.
    reader : str or None
        Role that may read them.
    server : str
        Host and database, which may be told.
    """

    url: str = field(repr=False)
    schema: str = "marts"
    reader: str | None = None
    server: str = "here"

    @property
    def data(self) -> str:
        return f"{self.schema}_data"

    @property
    def told(self) -> str:
        """The place without its secrets."""
        return f"PostgreSQL {self.server}, schema {self.schema}"


def place_of(settings: Settings) -> Place | None:
    """The place that publishing.yml names; None where it names none.

    Raises
    ------
    UserError
        Its URL names an environment variable that is not set or holds no URL, or psycopg is not installed.
    """
    config = settings.publishing.postgres
    if config is None:
        return None
    url = filled(config.url, "postgres.url", settings.home, file="publishing.yml")
    return Place(url, config.schema_name, config.reader, server_of(url, config.url))


def server_of(url: str, variable: str) -> str:
    """Host and database of a URL.

    A password that is not percent-encoded is read as host, port or database: such a URL is refused, and nothing of
    it is told.

    Parameters
    ----------
    variable : str
        That holds the URL, for the message.

    Raises
    ------
    UserError
        It is no URL of PostgreSQL, or psycopg is not installed. The message holds nothing of it.
    """
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ModuleNotFoundError:
        raise UserError(
            "psycopg is not installed", where="publishing.yml, `postgres`", mend="pip install 'touchstone[postgresql]'"
        ) from None
    try:
        known = conninfo_to_dict(url)
    except ProgrammingError:  # which quotes the URL
        known = None
    if known is None or not _is_split_well(known):
        raise UserError(
            "this is not the URL of a PostgreSQL database",
            where=f"publishing.yml, postgres.url: the value of {variable}",
            mend="write it like postgresql://user:password@host:5432/database; in user and password write each sign "
            "but letters and digits as its percent code: @ is %40, / is %2F, : is %3A, % is %25, a blank %20",
        )
    return f"{known.get('host', 'here')}/{known.get('dbname', '')}"


def _is_split_well(known: dict[str, Any]) -> bool:
    host, database, port = (str(known.get(name) or "") for name in ("host", "dbname", "port"))
    has_sign = "@" in host + database or "/" in database
    is_folder = host.startswith("/")  # of the server's socket
    return not has_sign and (is_folder or "/" not in host) and all(one.isdecimal() for one in port.split(",") if one)


def connect(place: Place) -> "Connection":
    """A connection that commits by itself, and breaks where the server does not answer for ANSWER_SECONDS.

    A server that freezes, or a network that swallows what is sent, would else keep the lock of the home for hours.
    A limit of the server's own does not help against that.
    """
    import psycopg

    class Impatient(psycopg.Connection):
        def wait(self, gen, *args, **kwargs):
            return super().wait(self.limited(gen), *args, **kwargs)

        def limited(self, steps: Generator) -> Generator:
            """The same steps; psycopg asks again several times a second while nothing has come."""
            deadline = time.monotonic() + ANSWER_SECONDS
            try:
                wanted = next(steps)
                while True:
                    ready = yield wanted
                    if not ready and time.monotonic() > deadline:
                        self.close()
                        raise psycopg.OperationalError(f"the server has not answered for {ANSWER_SECONDS} s")
                    wanted = steps.send(ready)
            except StopIteration as end:
                return end.value

    return Impatient.connect(place.url, autocommit=True, connect_timeout=CONNECT_SECONDS)
