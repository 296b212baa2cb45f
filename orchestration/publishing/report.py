"""The report of a release: one page that stands alone, in English and Chinese, for a phone or a desk.

Numbers come from `findings`, the modules called `…_findings` and `relationship_sentences`, pictures from `pictures`,
the modules called `…_pictures` and `relationship_report`, checks and loads from the manifest.
"""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.publishing import (
    cluster_pictures,
    clv_pictures,
    findings,
    migration_pictures,
    pictures,
    quality_findings,
    quality_pictures,
    relationship_report,
    relationship_sentences,
    value_findings,
    value_pictures,
)
from orchestration.publishing.drawing import COLOURS
from orchestration.publishing.labels import Labels
from orchestration.scoring.hierarchy import AhpSettings

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = ("accepted", "duplicate", "superseded", "excluded", "quarantined")
LARGEST = 6  # segments of a scheme that are listed
_TIERS = ("platinum", "gold", "iron", "lead")


def render(connection: duckdb.DuckDBPyConnection, manifest: dict, schema: str = "main") -> str:
    """Write the page.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the marts in its current database. A missing or empty one shows as no data.
    manifest : dict
        As `release.publish` completes it; its configuration names the tree of the quality index, and the cuts and
        promises that pictures show. `currency` is shown beside money where it is given.
    schema : str
        Where the marts are: main in a published file.

    Returns
    -------
    str
        HTML without any outside resource; the same input gives the same text.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("orchestration", "publishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "short": short,
        "count": count,
        "percent": percent,
        "places": places,
    }
    configuration = manifest["configuration"]
    tree = configuration["quality"]["hierarchy"]
    with findings.Marts(connection, schema) as marts:
        labels = findings.labels(marts)
        holdout = findings.holdout(marts)
        headline = findings.headline(marts)
        clusters = findings.cluster_profiles(marts)
        return environment.get_template("report.html.jinja").render(
            manifest=manifest,
            headline=headline,
            labels=labels,
            pictures=_pictures(marts, tree, labels, headline["quality_index"]),
            missing_feeds=quality_findings.missing_feeds({load["feed"] for load in manifest["loads"]}),
            rankings=quality_findings.rankings(marts, tree, labels),
            consistency=_rows(findings.consistency(marts, tree)),
            relationship=relationship_sentences.told(marts, manifest.get("currency", ""), labels),
            relationship_pictures=[
                relationship_report.PICTURES[mart](marts, configuration, labels)
                for mart in relationship_report.IN_REPORT
            ],
            consistency_limit=AhpSettings.limit,
            categories=_rows(findings.complaints_by_category(marts)),
            migrations=[_migration(frame, labels) for frame in findings.migrations(marts)],
            schemes=_rows(findings.schemes(marts)),
            sizes=sizes_by_scheme(_rows(findings.segment_sizes(marts)), labels),
            causes=_causes(findings.move_causes(marts)),
            clusters=_rows(clusters),
            cluster_pictures={} if clusters is None else _of_clusters(clusters, labels),
            models=_rows(findings.models(marts)),
            published_models=_rows(findings.published_model(marts)),
            holdout=holdout,
            forecasts=[] if holdout is None else forecasts(holdout),
            model_pictures=clv_pictures.model_pictures(holdout, findings.histories(marts)),
            feeds=loads_by_feed(manifest["loads"]),
            outcomes=OUTCOMES,
            checks=checks_by_result(manifest["checks"]),
            colours=COLOURS,
        )


def _pictures(marts: findings.Marts, tree: str, labels: Labels, quality_index: float | None) -> dict[str, str | None]:
    """SVG by name; None where there is nothing to draw."""
    drawn: dict[str, tuple[pd.DataFrame | None, Callable[[Any], str]]] = {
        "pyramid": (findings.tiers(marts), lambda frame: pictures.pyramid(frame, labels)),
        "whale_curve": (findings.profit_curve(marts), pictures.whale_curve),
        "matrix": (value_findings.matrix(marts), lambda frame: value_pictures.matrix(frame, labels)),
        "rfm": (value_findings.rfm(marts), value_pictures.rfm_map),
        "weights": (findings.weights(marts, tree), lambda frame: quality_pictures.weights_tree(frame, labels)),
        "index_by_month": (
            quality_findings.index_by_month(marts),
            lambda frame: pictures.index_by_month(frame, quality_index),
        ),
        "index_by_region": (
            quality_findings.index_by_region(marts),
            lambda frame: pictures.index_by_member(frame, "Quality index by region, last 365 days"),
        ),
        "index_by_tier": (
            quality_findings.index_by_tier(marts),
            lambda frame: quality_pictures.index_lines(frame, labels),
        ),
        "index_changes": (
            quality_findings.latest_changes(marts),
            lambda frame: quality_pictures.waterfall(frame, labels),
        ),
        "complaints": (findings.complaints_by_month(marts), pictures.complaint_trend),
    }
    return {name: None if frame is None else draw(frame) for name, (frame, draw) in drawn.items()}


def _of_clusters(clusters: "pd.DataFrame", labels: Labels) -> dict[str, str]:
    return cluster_pictures.cluster_pictures(
        clusters.dropna(subset=["median_order_days"]), json.loads(clusters["silhouette_by_k"].iloc[0]), labels
    )


def sizes_by_scheme(rows: list[dict], labels: Labels) -> dict[str, str]:
    """The largest segments of each scheme with their customers, as one line."""
    told: dict[str, list[str]] = {}
    for row in rows:
        told.setdefault(row["scheme"], []).append(
            f"{labels.both(row['scheme'], row['segment'])} {count(row['customers'])}"
        )
    return {
        scheme: " · ".join(sizes[:LARGEST]) + (f" · {len(sizes) - LARGEST} more" if len(sizes) > LARGEST else "")
        for scheme, sizes in told.items()
    }


def _rows(frame: "pd.DataFrame | None") -> list[dict]:
    """A frame for a template: rows as dicts, with None for what is missing."""
    return [] if frame is None else frame.astype(object).where(frame.notna(), None).to_dict("records")


def _migration(frame: "pd.DataFrame", labels: Labels) -> dict:
    """Customers by tier before and after as a matrix and a flow; new and gone ones are shown, not counted as moved."""
    moves = {(row["from_segment"], row["to_segment"]): int(row["customers"]) for row in _rows(frame)}
    tiers = sorted({name for pair in moves for name in pair}, key=lambda name: (_order(name), name))
    rows = [(tier, [moves.get((tier, other), 0) for other in tiers]) for tier in tiers]
    return migration_pictures.counts(frame) | {
        "columns": [tier for tier in tiers if tier != "new"],
        "rows": [
            (tier, [cell for other, cell in zip(tiers, cells, strict=True) if other != "new"], sum(cells))
            for tier, cells in rows
            if sum(cells)
        ],
        "comparison": frame["comparison"].iloc[0],
        "flow": migration_pictures.tier_flow(frame, labels),
    }


def _causes(frame: "pd.DataFrame | None") -> dict | None:
    """The causes as rows, what those of the movers add up to, and how many hysteresis held."""
    if frame is None:
        return None
    moved = frame[frame["kind"] == "moved"]
    return {
        "moved": _rows(moved),
        "total": moved[["customers", "clv_before", "clv", "change"]].sum().to_dict(),
        "others": _rows(frame[frame["kind"] != "moved"]),
        "held": int(frame.loc[frame["kind"] == "held", "customers"].sum()),
    }


def _order(tier: str) -> int:
    """Tiers from the top down, then what is no tier."""
    return _TIERS.index(tier) if tier in _TIERS else len(_TIERS)


def loads_by_feed(loads: Iterable[dict]) -> list[dict]:
    """Sum the loads of each feed: there may be one a day for years.

    Parameters
    ----------
    loads : iterable of dict
        `feed`, and as far as known `source_rows`, `watermark` and the outcomes of the rows.

    Returns
    -------
    list of dict
        `feed`, `loads`, `source_rows`, `watermark` (the latest) and each of `OUTCOMES`, by feed.
    """
    feeds: dict[str, dict] = {}
    for load in loads:
        feed = feeds.setdefault(
            load["feed"],
            {"feed": load["feed"], "loads": 0, "watermark": ""} | dict.fromkeys(("source_rows", *OUTCOMES), 0),
        )
        feed["loads"] += 1
        feed["watermark"] = max(feed["watermark"], str(load.get("watermark") or ""))
        for name in ("source_rows", *OUTCOMES):
            feed[name] += load.get(name) or 0
    return [feeds[name] for name in sorted(feeds)]


def checks_by_result(checks: Iterable[dict]) -> dict[str, list[dict]]:
    """Checks as `failed` (and so overridden), `warned` and `passed`, each by subject and name."""
    found: dict[str, list[dict]] = {"failed": [], "warned": [], "passed": []}
    for check in sorted(checks, key=lambda check: (check["subject"], check["name"])):
        result = "passed" if check["passed"] else "warned" if check["severity"] == "warn" else "failed"
        found[result].append(check)
    return found


def forecasts(holdout: dict) -> list[dict]:
    """The hold-out in a few numbers, of order days and of spend, as far as they were compared.

    Parameters
    ----------
    holdout : dict
        As `clv_model` holds it.

    Returns
    -------
    list of dict
        `name` and `zh`; the totals `expected` and `actual`; `ratio` and `naive_ratio`, expected over actual; `error`
        and `naive_error`, the root mean square per customer. None where there is no such number.
    """
    rows = {(row["kind"], row["bin"]): row for row in holdout["rows"]}
    found = []
    for name, words, zh in (("orders", "Order days", "订单日数"), ("spend", "Spend", "消费额")):
        total = rows.get(("total", name))
        if total is not None:
            ratio = rows.get(("ratio", name), {})
            error = rows.get(("root mean squared error", name), {})
            found.append(
                {
                    "name": words,
                    "zh": zh,
                    "expected": total["expected"],
                    "actual": total["actual"],
                    "ratio": ratio.get("expected"),
                    "naive_ratio": ratio.get("naive"),
                    "error": error.get("expected"),
                    "naive_error": error.get("naive"),
                }
            )
    return found


def short(number: float | None) -> str:
    """A number at a glance: 12,345,678 becomes 12.3M, and what is below a million is written out."""
    if number is None:
        return "–"
    for size, sign in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(number) >= size:
            return f"{number / size:,.1f}{sign}"
    return count(number)


def count(number: float | None) -> str:
    """A whole number with separators of thousands."""
    return "–" if number is None else f"{number:,.0f}"


def percent(share: float | None) -> str:
    """A share in percent with one decimal."""
    return "–" if share is None else f"{share:.1%}"


def places(number: float | None) -> str:
    """A number with two decimals, for ratios and errors."""
    return "–" if number is None else f"{number:,.2f}"
