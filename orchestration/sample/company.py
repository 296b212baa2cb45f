"""The sample company as a whole: draws it part by part and writes its files.

What is drawn belongs to the modules of the feeds; how it is written to `layouts` and `files`.
"""

import shutil
import tempfile
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from orchestration.errors import UserError
from orchestration.sample.complaints import draw_complaints, draw_suggestions, phone_spellings
from orchestration.sample.customers import (
    draw_aliases,
    draw_customers,
    draw_interactions,
    draw_service_costs,
    draw_wallets,
    referrers,
    registrations,
)
from orchestration.sample.faults import plant_faults
from orchestration.sample.files import COPY_OPTIONS, FAULTS_FILE, Files, WrittenFile
from orchestration.sample.history import History
from orchestration.sample.layouts import Ids, layouts
from orchestration.sample.orders import draw_orders
from orchestration.sample.population import draw_population, parts
from orchestration.sample.randomness import generator, shuffled_numbers
from orchestration.sample.stories import LEADER_SUGGESTIONS, draw_leaders, draw_vips, leader_stories, vip_stories
from orchestration.sample.surveys import draw_surveys
from orchestration.sample.truth import true_customers, truth_page

END = date(2026, 6, 30)
PART_ORDERS = 400_000
PART_CUSTOMERS = 100_000


def write_company(
    out: Path,
    customers: int,
    orders: int,
    seed: int = 7,
    file_format: str = "csv",
    dirty: float = 0.0,
    end: date = END,
) -> dict[str, WrittenFile]:
    """Write the feeds of a synthetic power utility and electrical wholesaler, with known truth beside them.

    The same arguments give the same bytes, whatever the number of threads. Files of the same names in `out`
    are replaced, all when everything has been drawn.

    Parameters
    ----------
    out : Path
        Folder for the eight feeds and `truth/`; made if it is not there.
    customers : int
        Customers, at least 1; some may have no order.
    orders : int
        Orders, corrections and duplicates not counted.
    seed : int
        Any number from 0.
    file_format : {'csv', 'parquet'}
        Of the feeds; files under `truth/` are always CSV.
    dirty : float
        Probability, 0 to 0.5, that a row of orders, complaints or surveys is touched by a fault; each is
        listed in truth/faults.csv with its expected outcome. Parquet files have only the faults that typed
        files can have: missing customers and amounts, duplicates, corrections, unknown customers. In CSV up to
        half of a feed's faulty rows are to be quarantined: from 0.02 on, 1 % of a load and more is rejected.
    end : date
        Last day of the history of 730 days. In a company of some hundred orders or more, none of the last
        seven days is without an order.

    Returns
    -------
    dict of str to WrittenFile
        Path and number of records by file: the feeds, `truth/customers`, `truth/complaints`, `truth/stories` and,
        with faults, `truth/faults`.

    Raises
    ------
    UserError
        If an argument is out of range, or `out` is not a folder that can take the files.
    """
    out = Path(out)
    _check_arguments(customers, orders, seed, file_format, dirty)
    _check_folder(out, file_format)
    history = History(end)
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".drawing-", dir=out))
    try:
        all_layouts = layouts(Ids(customers, orders))
        with Files(folder, all_layouts, file_format, has_faults=dirty > 0) as files:
            _draw(files, customers, orders, seed, dirty, history)
            written = files.publish(out)
        (out / "truth" / "README.md").write_text(truth_page(customers, orders, seed, dirty, history), encoding="utf-8")
        if not dirty:
            (out / f"{FAULTS_FILE}.csv").unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder)
    return written


def _draw(files, customers, orders, seed, dirty, history):
    """Draw all feeds, part by part, into the files."""
    everyone = draw_population(customers, orders, seed, history)
    registered_at = registrations(everyone, generator(seed, "registrations"), history)
    referrer = referrers(everyone, registered_at, generator(seed, "referrers"))
    leader, referred = draw_leaders(everyone, referrer, generator(seed, "leaders"), history)
    referrer[referred] = everyone.number[leader]
    files.append("truth/stories", leader_stories(everyone.number[leader], everyone.number[referred]))
    order_numbers = shuffled_numbers(orders, seed=seed, table="orders")
    drawn_orders, complaint_number, response_number = 0, 1, 1

    for part, (first, last) in enumerate(parts(everyone, PART_ORDERS, PART_CUSTOMERS)):
        people, registered = everyone.part(first, last), registered_at[first:last]
        chance = partial(generator, seed, part=part)
        numbers = order_numbers[drawn_orders : drawn_orders + people.orders.sum()]
        drawn_orders += len(numbers)

        events = {}
        events["orders"], buyer = draw_orders(people, numbers, chance("orders"), history, is_first=part == 0)
        events["complaints"], complainer = draw_complaints(
            people, events["orders"], buyer, complaint_number, chance("complaints"), history
        )
        complaint_number += len(events["complaints"])
        events["complaints"]["phone_spelling"] = phone_spellings(events["complaints"], chance("phone spellings"))
        files.append("truth/complaints", events["complaints"][["complaint_id", "customer_id"]])
        events["surveys"] = draw_surveys(
            people, events["complaints"], complainer, response_number, chance("surveys"), history
        )
        response_number += events["surveys"]["response_id"].nunique()
        if dirty:
            events = {
                feed: plant_faults(feed, frame, chance(f"{feed} faults"), dirty, as_text=files.file_format == "csv")
                for feed, frame in events.items()
            }
        for feed, frame in events.items():
            files.append(feed, frame)

        files.append("customers", draw_customers(people, registered, referrer[first:last], chance("customers")))
        aliases = draw_aliases(people, registered, chance("aliases"))
        has_old_id = np.isin(people.number, aliases["customer_id"][aliases["kind"] == "old_id"])
        files.append("aliases", aliases)
        interactions = draw_interactions(people, has_old_id, chance("interactions"), history)
        of_vips = draw_vips(people, interactions, chance("vips"), history)
        files.append("interactions", interactions)
        files.append("interactions", of_vips)
        files.append("truth/stories", vip_stories(of_vips))
        files.append("service_costs", draw_service_costs(people, chance("service_costs"), history))
        files.append("wallets", draw_wallets(people, chance("wallets"), history))
        files.append("truth/customers", true_customers(people, history))

    # After all parts, so that the numbers of the complaints that chance drew stay as they are; and without faults,
    # so that leaders are leaders in a dirty company too.
    chance = generator(seed, "suggestions of leaders")
    suggestions = draw_suggestions(everyone, np.repeat(leader, LEADER_SUGGESTIONS), complaint_number, chance, history)
    suggestions["phone_spelling"] = phone_spellings(suggestions, chance)
    files.append("truth/complaints", suggestions[["complaint_id", "customer_id"]])
    files.append("complaints", suggestions.assign(fault=np.int8(0)) if dirty else suggestions)


def _check_arguments(customers, orders, seed, file_format, dirty):
    for name, value, accepted, is_good in (
        ("customers", customers, "a whole number from 1", customers >= 1),
        ("orders", orders, "a whole number from 0", orders >= 0),
        ("seed", seed, "a whole number from 0", seed >= 0),
        ("format", file_format, " or ".join(COPY_OPTIONS), file_format in COPY_OPTIONS),
        ("dirty", dirty, "a share from 0 to 0.5", 0 <= dirty <= 0.5),
    ):
        if not is_good:
            raise UserError(f"{name} is {value!r}.", where=f"sample, {name}", mend=f"Give {accepted}.")


def _check_folder(out, file_format):
    if out.exists() and not out.is_dir():
        raise UserError("The output is a file, not a folder.", where=str(out), mend="Name a folder.")
    for other in COPY_OPTIONS.keys() - {file_format}:
        if (out / f"orders.{other}").exists():
            raise UserError(
                f"The folder holds a company in {other} files; two formats side by side would be read twice.",
                where=str(out),
                mend="Name another folder, or remove that company first.",
            )
