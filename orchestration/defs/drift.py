"""The asset of drift: the candidate against its base release, after all marts are built and before the release.

It stands on every mart, so what it said counts no more once any of them is built again.
"""

from collections.abc import Sequence

import dagster as dg

from orchestration.config.gates import GatesConfig
from orchestration.defs.session import Session
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.drift import causes, corrections, outcomes
from orchestration.quality.drift.allowance import Held
from orchestration.quality.gate import code_version
from orchestration.sources.loads import Load, loads_of

KEY = dg.AssetKey(["gate", "drift"])
UPSTREAMS = [
    ["previous", "customer_value"],
    ["previous", "segment_history"],
    ["raw", "loads"],
    ["facts", "customer_orders"],
    ["facts", "order_days"],
    ["facts", "orders"],
    ["scores", "clv"],
    *(["staging", f"repeated_{contract.feed}"] for contract in corrections.FEEDS),
    *(["staging", f"stg_{contract.feed}"] for contract in corrections.FEEDS),
]
SHARES = """
    select
        count(*) filter (where before.customer_id is null) / count(*),
        count(*) filter (where now.customer_id is null) / count(*),
        count(*) filter (where now.last_ordered_at > before.last_ordered_at) / count(*)
    from facts.customer_orders as now
    full join previous.customer_value as before on now.customer_id = before.customer_id
"""
HOLDS = """
    select check_name, min(checked_at)::date, min(threshold)
    from gate.refresh_checks
    where subject = ? and not passed and severity = 'block' and threshold is not null and checked_at > ?
    group by check_name
"""
METHOD = "select mode(clv_method) from {} where clv_method <> 'no_orders'"


def drift_asset(gates: GatesConfig, marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset, whose checks compare everything that is built with what was published of an earlier date."""

    @dg.asset(
        key=KEY,
        deps=[*UPSTREAMS, *marts],
        group_name="release",
        kinds={"python", "duckdb"},
        owners=["team:data"],
        description="The candidate against the release of the latest earlier date: rows, money, moves, values, gaps.",
        check_specs=[
            dg.AssetCheckSpec(
                name,
                asset=KEY,
                description=told,
                blocking=gates.gate(f"{outcomes.TABLE}:{name}").severity == "block",
            )
            for name, told in outcomes.DRIFT.items()
        ],
    )
    def drift(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
        with session.step(outcomes.TABLE):
            found = compared(session, [key.path[-1] for key in marts])
            rows = [
                {"check_name": one.name, "observed": one.observed, "threshold": one.threshold, "message": one.message}
                for one in found
            ]
            types = {"check_name": "varchar", "observed": "double", "threshold": "double", "message": "varchar"}
            session.warehouse.write(outcomes.TABLE, rows, types)
            upstreams = [".".join(dep.asset_key.path) for dep in context.assets_def.specs_by_key[KEY].deps]
            session.gate.record_built(outcomes.TABLE, upstreams)
            yield dg.MaterializeResult(
                metadata={
                    **session.shown(outcomes.TABLE),
                    "base release": session.base.release_id if session.base else "none: this is the first",
                },
                check_results=list(session.report(found)),
            )

    return drift


def compared(session: Session, marts: list[str]) -> list[CheckOutcome]:
    """The outcomes of every check of drift; without a base release they say that there is nothing to compare with."""
    if session.base is None:
        return outcomes.nothing_to_compare("there is no release of an earlier date")
    base = outcomes.Base(
        session.base.as_of,
        session.base.directory,
        feeds(session, session.base),
        replaced(session, session.base),
        holds(session, session.base),
    )
    comparison = outcomes.Comparison(
        session.warehouse,
        base,
        session.as_of,
        session.settings.gates,
        likely_causes(session, base),
        marts,
        session.gate.overrides,
    )
    return comparison.outcomes()


def feeds(session: Session, base: ReleaseInfo) -> list[causes.Feed]:
    """Each feed that the base release was made from, then and now."""
    before: dict[str, list[dict]] = {}
    for load in base.manifest["loads"]:
        before.setdefault(load["feed"], []).append(load)
    found = []
    for name, loads in sorted(before.items()):
        then, now = loads_of_base(session, base, name), session.admitted_loads(name)
        records = sum(load["records"] for load in loads), sum(load.records for load in now)
        found.append(causes.Feed(name, *records, columns_gone(then, now)))
    return found


def replaced(session: Session, base: ReleaseInfo) -> list[corrections.Replaced]:
    """What was replaced of the records of each feed; of one whose loads of then count no more it is not known.

    An export that came again, byte for byte, is the same load under another id.
    """
    found = []
    for contract in corrections.FEEDS:
        then = {load.content for load in loads_of_base(session, base, contract.feed)}
        still = {load.load_id for load in session.admitted_loads(contract.feed) if load.content in then}
        if still:
            found.append(corrections.replaced(session.warehouse, contract, still))
    return found


def loads_of_base(session: Session, base: ReleaseInfo, feed_name: str) -> list[Load]:
    """The loads of a feed that the base release was made from, as far as they are still in landing."""
    ids = {load["load_id"] for load in base.manifest["loads"]}
    return [load for load in loads_of(session.settings.home, feed_name) if load.load_id in ids]


def columns_gone(then: Sequence[Load], now: Sequence[Load]) -> tuple[str, ...]:
    """Columns that were read from the newest load of then and that the newest of now has not.

    Under another mapping nothing is gone: somebody has said anew what is read.
    """
    if not then or not now or then[-1].mapping != now[-1].mapping:
        return ()
    read = [name for name in then[-1].schema if name not in then[-1].unknown_columns]
    return tuple(name for name in read if name not in now[-1].schema)


def holds(session: Session, base: ReleaseInfo) -> dict[str, Held]:
    """What was held since the base release was published, by check, as far as the ledger goes back."""
    rows = session.warehouse.rows(HOLDS, [outcomes.TABLE, base.published_at])
    return {check: Held(day, limit) for check, day, limit in rows}


def likely_causes(session: Session, base: outcomes.Base) -> list[str]:
    """What else is not as it was, the likeliest cause first."""
    warehouse, manifest = session.warehouse, session.base.manifest
    new, gone, ordered = warehouse.rows(SHARES)[0]
    return causes.ranked(
        causes.changed_keys(manifest["configuration"], session.settings.values),
        manifest["code_version"] != code_version(),
        (warehouse.value(METHOD.format(outcomes.VALUES_BEFORE)), warehouse.value(METHOD.format("scores.clv"))),
        base.feeds,
        base.replaced,
        {
            "customers are new": new or 0.0,
            "customers are gone": gone or 0.0,
            "customers have ordered since": ordered or 0.0,
        },
    )
