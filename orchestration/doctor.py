"""What `touchstone doctor` looks at: everything that a refresh needs, before it needs it."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from orchestration.errors import UserError, without_values
from orchestration.settings import FILES, Settings, load_settings


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what was found; a note keeps nothing from running, and is worth a look."""

    what: str
    is_fine: bool
    told: str
    is_note: bool = False


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which a refresh would come to it."""
    try:
        settings = load_settings()
    except UserError as error:
        yield Finding("configuration", False, str(error))
        return
    for name in FILES:
        in_force = settings.config_file(f"{name}.yml")
        is_shipped = in_force.parent != settings.config_dir
        yield Finding("configuration", True, f"{in_force}{' (shipped; yours has none)' if is_shipped else ''}")
    sections = places, feeds, judgements, served, postgres, releases, alerts, erasures, engine, gates, overrides
    for section in sections:
        yield from looked_at(section, settings)


def looked_at(section: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    """The findings of a section; one that breaks is itself a finding, and keeps nothing from the others."""
    try:
        yield from section(settings)
    except UserError as error:
        yield Finding(section.__name__, False, str(error))
    except Exception as error:
        yield Finding(section.__name__, False, f"{type(error).__name__}: {without_values(error)}")


def places(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        writable = os.access(home, os.W_OK)
    except OSError as error:
        yield Finding("TOUCHSTONE_HOME", False, f"{home} cannot be made: {error}")
        return
    free = os.statvfs(home).f_bavail * os.statvfs(home).f_frsize / 2**30
    parts = {"landing": "landing", "warehouse": "warehouse.duckdb", "releases": "published", "runs": "dagster"}
    taken = ", ".join(f"{name} {size_told(size_of(home / path))}" for name, path in parts.items())
    told = f"{home}, {free:.1f} GiB free; {taken}" if writable else f"{home} is not writable"
    yield Finding("TOUCHSTONE_HOME", writable, told)
    if free < 1:
        yield Finding(
            "disk", False, f"only {free:.1f} GiB are free under {home}; a release is written beside the last one"
        )


def feeds(settings: Settings) -> Iterator[Finding]:
    """Whether each configured feed can be opened and its mapping makes sense; no row is read."""
    from orchestration.sources.landing import try_mapping

    for feed_name, feed in settings.sources.feeds.items():
        try:
            names = try_mapping(settings.home, feed_name, feed)
        except UserError as error:
            yield Finding(f"feed {feed_name}", False, str(error))
        else:
            yield Finding(f"feed {feed_name}", True, ", ".join(names))


def judgements(settings: Settings) -> Iterator[Finding]:
    """Whether each hierarchy is judged, and without contradiction."""
    from orchestration.judging.consistency import contradictions
    from orchestration.judging.weighing import hierarchies, shipped_experts, weighed
    from orchestration.judging.words import wording

    try:
        names = list(hierarchies(settings))
    except UserError as error:
        yield Finding("judgements", False, str(error))
        return
    for name in names:
        what = f"judgements of {name}"
        try:
            weights = weighed(settings, name)
        except UserError as error:
            yield Finding(what, False, str(error))
            continue
        if told := contradictions(weights, wording(settings.quality, weights.hierarchy)):
            yield Finding(what, False, "\n  ".join(told))
            continue
        example = " (shipped; yours has none)" if shipped_experts(settings, name) else ""
        yield Finding(what, True, f"{len(weights.reports)} matrices, each consistent{example}")


def served(settings: Settings) -> Iterator[Finding]:
    """Whether the served release is what was published."""
    from orchestration.publishing import catalogue
    from orchestration.publishing.release import verify

    try:
        release = catalogue.served(settings.home)
        if release:
            verify(release)
            yield Finding("served release", True, release.release_id)
    except UserError as error:
        yield Finding("served release", False, str(error))


def postgres(settings: Settings) -> Iterator[Finding]:
    """Whether PostgreSQL, where one is configured, shows what is served."""
    from orchestration.publishing import catalogue
    from orchestration.publishing import postgres as readers
    from orchestration.publishing.postgres_place import place_of

    try:
        place = place_of(settings)
        if place is None:
            return
        shown, served_id = readers.shown(place), catalogue.served_id(settings.home)
    except UserError as error:
        yield Finding("PostgreSQL", False, str(error))
        return
    told = f"{place.told} shows {shown or 'nothing'}"
    mend = "the next refresh shows it, or the asset release/postgres alone"
    behind = "" if shown == served_id else f", and {served_id} is served: {mend}"
    # A server that has shown nothing yet waits for the first refresh, and nothing is wrong.
    yield Finding("PostgreSQL", not behind or shown is None, told + behind, is_note=bool(behind))


def releases(settings: Settings) -> Iterator[Finding]:
    """How much the releases take, whether old ones can be removed, and what does not belong there."""
    from orchestration.publishing import catalogue, retention

    home, place = settings.home, catalogue.releases_directory(settings.home)
    if strangers := catalogue.strangers(home):
        told = (
            f"{', '.join(strangers)} in {place}: no release, and never looked into, also not by an erasure: remove it"
        )
        yield Finding("releases", True, told, is_note=True)
    ids = catalogue.release_ids(home)
    if not ids:
        return
    told = f"{len(ids)} take {size_told(size_of(place))}"
    try:
        catalogue.removed(home)
        old = retention.not_kept(home, settings.publishing.keep)
        lost = catalogue.lost_bases(home)
    except UserError as error:
        yield Finding("releases", False, f"{told}; while this is so, old ones are not removed: {error}")
        return
    waiting = f"; {len(old)} are removed when the next one is published" if old else ""
    yield Finding("releases", True, told + waiting)
    if lost:
        told = (
            f"what was published went on from {', '.join(lost)}, removed without a word in {place.parent}/removed.json"
        )
        yield Finding("releases", True, f"{told}; the line goes on with what was published before", is_note=True)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; what is not there, or goes meanwhile, takes none."""
    taken = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        with suppress(FileNotFoundError):
            found = file.lstat()
            taken += found.st_size if S_ISREG(found.st_mode) else 0
    return taken


def size_told(size: int) -> str:
    """Bytes in words."""
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.1f} MiB"


def alerts(settings: Settings) -> Iterator[Finding]:
    """Whether each target has an address, and got its last message."""
    from orchestration.alerts.delivery import service_of
    from orchestration.alerts.memory import remembered
    from orchestration.environment import filled

    try:
        memory = remembered(settings.home)
    except UserError as error:
        yield Finding("alerts", False, str(error))
        return
    for target in settings.alerts.targets:
        try:
            service = service_of(filled(target.to, "targets", settings.home, file="alerts.yml"))
        except UserError as error:
            yield Finding("alerts", False, str(error))
            continue
        told = f"{target.variable} is told of {', '.join(target.events)}"
        known = memory.get(target.variable)
        if service is None:
            yield Finding("alerts", False, f"the value of {target.variable} is no address that Apprise knows")
        elif known and known.undelivered_why:
            since = known.undelivered_since.isoformat(timespec="seconds")
            yield Finding("alerts", False, f"{told}; not delivered since {since}: {known.undelivered_why}")
        else:
            yield Finding("alerts", True, f"{told}, by {service.service_name}")


def erasures(settings: Settings) -> Iterator[Finding]:
    """Whether those who were forgotten can be kept out, and every erasure came to its end."""
    from orchestration.sources import forgotten

    try:
        entries = forgotten.read(settings.home)["entries"]
        if not entries:
            return
        forgotten.key_of(settings.home)
    except UserError as error:
        yield Finding("forgotten", False, str(error))
        return
    for entry in entries:
        if entry["finished_at"] is None:
            began = entry["recorded_at"]
            yield Finding("forgotten", False, f"the erasure begun at {began} did not end: run the same command again")
    yield Finding("forgotten", True, f"{len(entries)} erasures are recorded, and the key is theirs")


def engine(settings: Settings) -> Iterator[Finding]:
    import duckdb

    from orchestration.publishing.lock import home_lock

    try:
        with home_lock(settings.home, "touchstone doctor"):
            if settings.warehouse_file.exists():
                duckdb.connect(str(settings.warehouse_file)).close()
    except UserError as error:
        yield Finding("lock", True, f"in use: {error.what}")
    except duckdb.Error as error:
        yield Finding(
            "warehouse",
            False,
            f"{settings.warehouse_file} cannot be opened: {str(error).splitlines()[0]} "
            "(another program has it open? BI tools read published/current/marts.duckdb instead)",
        )
    else:
        yield Finding("warehouse", True, str(settings.warehouse_file))


def gates(settings: Settings) -> Iterator[Finding]:
    """Which checks guard what; a check without a gate, or a gate without its check, is wrong."""
    from orchestration.definitions import definitions

    try:
        defined = definitions().resolve_asset_graph().asset_check_keys
    except UserError as error:
        yield Finding("gates", False, str(error))
        return
    keys = {f"{'.'.join(key.asset_key.path)}:{key.name}" for key in defined}
    for key in sorted(set(settings.gates.checks) - keys):
        yield Finding(
            "gates", False, f"gates.yml expects the check {key}, which does not exist: nothing can be published"
        )
    for key in sorted(keys - set(settings.gates.checks)):
        yield Finding("gates", False, f"the check {key} has no gate: add it to gates.yml")
    by_severity = {
        severity: sum(gate.severity == severity for gate in settings.gates.checks.values())
        for severity in ("block", "warn")
    }
    told = f"{by_severity['block']} checks block, {by_severity['warn']} warn; touchstone doctor --checks lists them"
    yield Finding("gates", True, told)


def overrides(settings: Settings) -> Iterator[Finding]:
    """Each override: whether it counts, and whether what is served needed it."""
    from orchestration.publishing import status

    known = status.read(settings.home)
    used = {override["check"] for override in known.overrides}
    holding = {reason["check"] for reason in known.reasons} if known.held else set()
    in_force = settings.overrides.in_force(settings.today)
    for override in settings.overrides.overrides:
        what = f"override of {override.check}"
        if settings.gates.gate(override.check).severity == "warn":
            yield Finding(what, True, "the check only warns, and needs none: remove it", is_note=True)
        elif override.check not in in_force:
            told = f"it ended on {override.until}, and the gate decides again: remove it"
            yield Finding(what, True, told, is_note=True)
        elif override.check in holding:
            yield Finding(what, True, f"{override}; the candidate that is held needs it: refresh again", is_note=True)
        elif override.check not in used:
            told = f"{override}; neither what is served nor what is held needs it: remove it"
            yield Finding(what, True, told, is_note=True)
        else:
            yield Finding(what, True, f"{override}; what is served needed it", is_note=True)
