"""A table or a query of a database, pulled into one Parquet file of texts, in constant memory.

Any database that SQLAlchemy reaches; PostgreSQL and SQLite are tested, others follow the same path by their
drivers' own values. PostgreSQL writes every value as text itself, so no type can lose digits or fail to convert.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from orchestration.config.sources import Database
from orchestration.environment import filled
from orchestration.errors import UserError
from orchestration.sources.pulls import Numbers, Pulled, Reading, TextParquet, require_names

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, TextClause
    from sqlalchemy.exc import DBAPIError

FETCH_ROWS = 5_000  # rows on the way at once; Parquet row groups gather several
CONNECT_SECONDS = 15


def pull_database(source: Database, since: str | None, where: str, home: Path, work: Path) -> Pulled:
    """Read the rows whose cursor is not older than `lookback` before `since`; all rows without one.

    The read is one statement in one read-only transaction, where the database offers it, so it sees one state.
    Rows without a value in the cursor column are read every time.

    Parameters
    ----------
    since : str or None
        Watermark of the newest load.
    where : str
        Place in sources.yml, for messages: `feeds.orders.database`.
    work : Path
        Folder that gets `pulled.parquet`.

    Raises
    ------
    UserError
        The database cannot be reached or refuses the query, or its columns cannot be used.
    """
    from sqlalchemy import URL

    url = parsed(source.url, where, home)
    public = URL.create(url.get_backend_name(), host=url.host, port=url.port, database=url.database)
    name = f"{public}: {source.table or 'query'}"
    reading = Reading(source.cursor, since, where) if source.cursor else None
    path = work / "pulled.parquet"
    with connected(url, name, where) as connection:
        streamed = {"stream_results": True, "yield_per": FETCH_ROWS}
        result = connection.execute(selection(source, reading, connection), execution_options=streamed)
        columns = tuple(result.keys())
        require_names(columns, name, where, "give each column a name of its own in a `query`: select a as b")
        if reading and source.cursor.column not in columns:
            raise UserError(
                f"{name} has no column {source.cursor.column!r}",
                where=f"sources.yml, {where}.cursor; columns found: {', '.join(columns)}",
                mend="name one of the columns found",
            )
        with TextParquet(path, columns) as file:
            for rows in result.partitions(FETCH_ROWS):
                batch = file.add(rows)
                if reading:
                    reading.see(batch.column(source.cursor.column).to_pylist())
    return Pulled(name, path, columns, file.rows, reading.end() if reading else None)


def parsed(text: str, where: str, home: Path) -> "URL":
    """The URL with its variables filled in; a password may hold any sign."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    if text.startswith("${"):
        complete = filled(text, where, home)
    else:
        login, at, rest = text.rpartition("@")
        complete = filled(login, where, home, partial(quote, safe="")) + at + filled(rest, where, home)
    try:
        url = make_url(complete)
    except (ArgumentError, ValueError):
        raise UserError(
            "this is not the URL of a database",
            where=f"sources.yml, {where}.url",
            mend="write it like postgresql://user:${PASSWORD}@host:5432/name or sqlite:////folder/file.db",
        ) from None
    if complete.count("@") > 1 and url.get_backend_name() != "sqlite":
        # One `@` ends the login: at another one, which a password holds, host or database begin with its rest.
        raise UserError(
            "this URL of a database holds more than one @",
            where=f"sources.yml, {where}.url",
            mend="write each @ of user, password and options as %40; or give the password a variable of its own, "
            "as in postgresql://user:${PASSWORD}@host:5432/name, which may hold any sign",
        )
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        # SQLite would make an empty database of it.
        raise UserError(f"there is no file {url.database}", where=f"sources.yml, {where}.url", mend="correct the path")
    return url


@contextmanager
def connected(url: "URL", name: str, where: str) -> Iterator["Connection"]:
    """A connection in a read-only transaction; what the database refuses becomes a UserError."""
    from sqlalchemy import NullPool, create_engine
    from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

    place = f"sources.yml, {where}: {name}"
    try:
        is_psycopg = url.drivername == "postgresql+psycopg"
        options = {"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"} if is_psycopg else {}
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    except ImportError as error:
        raise UserError(
            f"the driver cannot be imported: {error}",
            where=place,
            mend="pip install 'touchstone[postgresql]'" if error.name == "psycopg" else f"pip install {error.name}",
        ) from None
    except NoSuchModuleError:
        raise UserError(
            f"no driver for {url.drivername!r} is installed",
            where=place,
            mend="install the package that adds this kind of database to SQLAlchemy, or correct the URL",
        ) from None
    mend = "see whether host, port, name, user and password are right, and the server takes connections"
    try:
        with engine.connect() as connection:
            mend = "correct the query, table or cursor column: the database's own client says more"
            prepare(connection)
            yield connection
    except DBAPIError as error:
        raise UserError(f"the database refuses: {told(error, url)}", where=place, mend=mend) from None
    except SQLAlchemyError as error:
        raise UserError(f"the database cannot be read: {type(error).__name__}", where=place, mend=mend) from None
    finally:
        engine.dispose()


def told(error: "DBAPIError", url: "URL") -> str:
    """What the driver says, without secrets; errors of values quote personal data, so only their kind is told."""
    from sqlalchemy.exc import InterfaceError, NotSupportedError, OperationalError, ProgrammingError

    kind = type(error.orig).__name__
    if not isinstance(error, (InterfaceError, NotSupportedError, OperationalError, ProgrammingError)):
        return kind
    diagnosis = getattr(error.orig, "diag", None)
    message = " ".join(str(getattr(diagnosis, "message_primary", None) or error.orig).split())
    for secret in (url.password, *url.query.values()):
        message = message.replace(str(secret), "***") if secret else message
    return f"{message} ({kind})"


def prepare(connection: "Connection") -> None:
    """Settings of the session by which values arrive unchanged and nothing can be written."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        # The time zone is left alone: a query's own `::date` means what it means in the database's client.
        connection.exec_driver_sql(
            "set local datestyle = 'ISO'; set local extra_float_digits = 1; set local bytea_output = 'hex'"
        )
        if connection.dialect.driver == "psycopg":
            take_texts(connection.connection.driver_connection)
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        driver.execute("pragma query_only = on")
        # SQLite does not check what it keeps as text: bytes that are no UTF-8 must not fail the pull.
        driver.text_factory = lambda stored: stored.decode("utf-8", "backslashreplace")


def take_texts(driver) -> None:
    """Let psycopg hand over each value as PostgreSQL writes it, but for booleans (`t` is no word)."""
    from psycopg.adapt import Loader
    from psycopg.types.string import TextLoader

    class BooleanLoader(Loader):
        def load(self, data) -> str:
            return "true" if bytes(data) == b"t" else "false"

    for kind in driver.adapters.types:
        for oid in filter(None, (kind.oid, kind.array_oid)):
            driver.adapters.register_loader(oid, TextLoader)
    driver.adapters.register_loader("bool", BooleanLoader)


def selection(source: Database, reading: Reading | None, connection: "Connection") -> "TextClause":
    """The statement that reads the table or query, from the cursor's start on."""
    from sqlalchemy import bindparam, text
    from sqlalchemy.types import NullType

    quote = connection.dialect.identifier_preparer.quote
    # SQLAlchemy takes `:name` for a parameter; the query may hold casts and times.
    query = (source.query or "").strip().rstrip(";").replace(":", r"\:")
    relation = f"(\n{query}\n)" if source.query else ".".join(map(quote, source.table.split(".")))
    start = reading.start if reading else None
    if start is None:
        return text(f"select * from {relation} pulled")
    if isinstance(reading.kind, Numbers):
        number = Decimal(start)
        start = int(number) if number == number.to_integral_value() else float(number)
    elif connection.dialect.name == "sqlite":
        start = start[:10]  # moments are texts there, with `T` or a blank: the day is before either spelling
    column = f"pulled.{quote(source.cursor.column)}"
    statement = text(f"select * from {relation} pulled where {column} >= :since or {column} is null")
    # Without a type of its own the value takes the column's.
    return statement.bindparams(bindparam("since", start, type_=NullType()))
