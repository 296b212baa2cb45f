"""Faults of real files, planted with their expected outcome: which there are, and how each one is made.

A row has one fault at most. Digits in full width, thousands separators and spaces are good values in another
spelling: such rows are to be accepted.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from orchestration.sample.layouts import Layout

MOMENTS = {"orders": "ordered_at", "complaints": "opened_at", "surveys": "answered_at"}
EVENT_FEEDS = tuple(MOMENTS)
SHORTEST_SEPARATED = 100_000  # cents: 1,000.00
CORRECTION = 1_000  # cents by which the corrected amount differs


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Parameters
    ----------
    outcome : str
        What becomes of the row: accepted, duplicate, superseded, quarantined, or unidentified.
    feeds : tuple of str
        The feeds that have it.
    edits : dict of str to str
        Column (`moment` stands for the feed's own) to the SQL of its faulty value, made from {value}.
    needs_text : bool
        Whether only files without types can hold it.
    """

    outcome: str
    feeds: tuple[str, ...]
    edits: dict[str, str] = field(default_factory=dict)
    needs_text: bool = False


_PADDED = "'  ' || {value} || ' '"
_FULL_WIDTH = "translate({value}, '0123456789', '０１２３４５６７８９')"
_SEPARATED = "format('{{:,}}', amount // 100) || right({value}, 3)"

FAULTS = {
    "unparseable_date": Fault("quarantined", EVENT_FEEDS, {"moment": "'2026-02-30 25:61'"}, needs_text=True),
    "missing_customer": Fault("quarantined", EVENT_FEEDS, {"customer_id": "null"}),
    "exact_duplicate": Fault("duplicate", EVENT_FEEDS),
    "correction": Fault("accepted", ("orders",)),
    "text_amount": Fault("quarantined", ("orders",), {"amount": "'abc'"}, needs_text=True),
    "empty_amount": Fault("quarantined", ("orders",), {"amount": "null"}),
    "full_width_digits": Fault("accepted", ("orders",), {"amount": _FULL_WIDTH}, needs_text=True),
    "thousands_separators": Fault("accepted", ("orders",), {"amount": _SEPARATED}, needs_text=True),
    "spaces_around": Fault("accepted", EVENT_FEEDS, {"customer_id": _PADDED, "amount": _PADDED}, needs_text=True),
    "unknown_customer": Fault("unidentified", ("complaints",), {"customer_id": "'X' || substr({value}, 2)"}),
    # The other half of a correction, listed but never drawn by itself.
    "corrected": Fault("superseded", ()),
}
# Code n of a frame's `fault` column stands for entry n; 0 is a row as it should be.
CODES = {kind: code for code, kind in enumerate(FAULTS, start=1)}


def plant_faults(feed: str, frame: pd.DataFrame, rng: np.random.Generator, rate: float, *, as_text: bool):
    """The frame with a column `fault` of codes, and with the duplicates and corrections as rows at its end.

    Each row is touched with probability `rate`; kinds take turns, so that a few faults are of many kinds.
    """
    kinds = [kind for kind, fault in FAULTS.items() if feed in fault.feeds and (as_text or not fault.needs_text)]
    fault = np.zeros(len(frame), dtype=np.int8)
    if kinds:
        touched = rng.permutation(np.flatnonzero(rng.random(len(frame)) < rate))
        fault[touched] = np.resize([CODES[kind] for kind in kinds], len(touched))
    if "amount" in frame:
        has_no_thousands = (fault == CODES["thousands_separators"]) & (frame["amount"] < SHORTEST_SEPARATED)
        fault[has_no_thousands] = CODES["spaces_around"]
    frame = frame.assign(fault=fault)

    added = frame[frame["fault"].isin([CODES["exact_duplicate"], CODES["correction"]])]
    if added.empty:
        return frame
    is_correction = added["fault"] == CODES["correction"]
    if is_correction.any():
        later = added["updated_at"].fillna(added["ordered_at"]) + pd.Timedelta(hours=1)
        added = added.assign(
            amount=added["amount"] + CORRECTION * is_correction,
            updated_at=added["updated_at"].mask(is_correction, later),
        )
    original = frame["fault"].replace({CODES["exact_duplicate"]: 0, CODES["correction"]: CODES["corrected"]})
    return pd.concat([frame.assign(fault=original), added], ignore_index=True)


def spoiled(feed: str, layout: Layout, *, as_text: bool) -> Layout:
    """The layout whose columns show the faults that the frame's `fault` column names."""
    columns = {}
    for name, sql in layout.columns.items():
        value = f"({sql})::varchar" if as_text else f"({sql})"
        role = "moment" if name == MOMENTS.get(feed) else name
        edits = [
            f"when {CODES[kind]} then {fault.edits[role].format(value=value)}"
            for kind, fault in FAULTS.items()
            if role in fault.edits and feed in fault.feeds and (as_text or not fault.needs_text)
        ]
        columns[name] = f"case fault {' '.join(edits)} else {value} end" if edits else value
    return replace(layout, columns=columns)
