"""Nothing is lost: whatever mixture of rows arrives, every one of them is in exactly one place."""

import csv
import io
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sources.desk import HEADER, Desk

TEXT = st.text(alphabet="ab03 ,;\"'\\\n中　{}[]:", min_size=0, max_size=6)
CUSTOMER = st.sampled_from(["c", "", "客户", "us", " "]) | TEXT
MOMENT = st.sampled_from(["2026-01-01", "never", "", "infinity", "2026-02-30"])
AMOUNT = st.sampled_from(["5", "-1.25", "1,000", "", "nan", "７", "x"])
# Fields enough, too few, too many; a broken line holds no quotes, so that it is one line.
WHOLE = st.tuples(TEXT, CUSTOMER, MOMENT, AMOUNT).map(list)
BROKEN = st.lists(st.sampled_from(["1", "c", "2026-01-01", "客户"]), min_size=1, max_size=7).filter(
    lambda fields: len(fields) != 4
)
EXCLUDE = [{"when": "source.customer_id = 'us'", "reason": "own use"}]


@settings(max_examples=8, deadline=None)
@given(rows=st.lists(WHOLE | BROKEN, min_size=4, max_size=40), line_end=st.sampled_from(["\n", "\r\n"]))
def test_every_row_is_accepted_excluded_or_quarantined_with_its_values(rows, line_end):
    """Accepted + excluded + quarantined is what was written, and quarantine holds each value as it stood."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator=line_end, quoting=csv.QUOTE_MINIMAL).writerows([HEADER.split(","), *rows])
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        desk.put(stream.getvalue())
        load = desk.land(exclude=EXCLUDE)
        accepted, aside = desk.accepted(load), desk.set_aside(load)

    assert load.source_rows == len(rows) == sum(load.rows.values()) == len(accepted) + len(aside)
    assert load.rows["accepted"] == len(accepted)
    broken = [row for row in rows if len(row) != 4]
    assert sorted(kept["_raw"] for kept in aside if kept["_row"] is None) == sorted(",".join(row) for row in broken)

    whole = [row for row in rows if len(row) == 4]
    numbers = [kept["_row"] for kept in [*accepted, *aside] if kept["_row"] is not None]
    assert sorted(numbers) == list(range(1, len(whole) + 1))
    for kept in aside:
        if kept["_row"] is not None:
            raw = [value or "" for value in json.loads(kept["_raw"]).values()]
            assert raw == whole[kept["_row"] - 1]
