"""What behaviour clusters cost: the sample, the fit, each customer's cluster, and the medians; against scikit-learn.

    python benchmarks/clusters.py [--customers 10000000] [--by engine|sklearn]

Synthetic customers: order days, spend, quiet days and age log-normal. `--by sklearn` gives the same centroids to
`KMeans.predict` on batches of 100,000 customers that the engine reads out, and writes the clusters back. DuckDB has two
threads and 2 GB at most. Each way runs in a process of its own, so that peak memory is its own.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from orchestration.scoring.clusters import statements
from orchestration.scoring.clusters.features import FEATURES
from orchestration.scoring.clusters.fitting import Clusters, ClusterSettings, fit_clusters

BATCH = 100_000
COMPANY = """
create table company as
with draws as (
    select
        'customer' || number as customer_id,
        exp(sqrt(-2 * ln((hash(number, 1) % 1000003 + 1) / 1000004)) * cos(hash(number, 2) % 1000003 / 159155)) as a,
        exp(sqrt(-2 * ln((hash(number, 3) % 1000003 + 1) / 1000004)) * cos(hash(number, 4) % 1000003 / 159155)) as b,
        exp(sqrt(-2 * ln((hash(number, 5) % 1000003 + 1) / 1000004)) * cos(hash(number, 6) % 1000003 / 159155)) as c,
        number % 20 = 0 as is_without
    from range({customers}) as numbers (number)
)
select
    customer_id,
    case when is_without then 0 else 1 + cast(3 * a as bigint) end as order_days,
    cast((1 + cast(3 * a as bigint)) * 40 * b as decimal(18, 4)) as revenue,
    cast(60 * c as bigint) as days_since_last_order,
    cast(60 * c + 200 * a as bigint) as age_days
from draws
"""


def sampled(connection: duckdb.DuckDBPyConnection) -> Clusters:
    sample = connection.execute(statements.sample_sql(ClusterSettings(), "company")).df()
    return fit_clusters(sample["customer_id"], sample[list(FEATURES)], sample["revenue"])


def by_engine(connection: duckdb.DuckDBPyConnection, found: Clusters) -> None:
    connection.execute(f"create table clusters as {statements.assign_sql(found, 'company')}")


def medians(connection: duckdb.DuckDBPyConnection, found: Clusters) -> None:
    for name in FEATURES:
        connection.execute(statements.medians_sql(found, name, "company")).fetchall()
        connection.execute(statements.everybody_sql(name, "company")).fetchall()


def by_sklearn(connection: duckdb.DuckDBPyConnection, found: Clusters) -> None:
    """The plain way, without the customers who have no order."""
    import pyarrow as pa
    from sklearn.cluster import KMeans

    centroids = np.array(found.centroids)
    model = KMeans(n_clusters=len(centroids), init=centroids, n_init=1, max_iter=1).fit(centroids)
    model.cluster_centers_ = centroids
    names = np.array(found.names)
    features = ", ".join(f"ln(1 + {feature.sql}) as {name}" for name, feature in FEATURES.items())
    connection.execute("create table clusters (customer_id varchar, cluster varchar)")
    query = f"select customer_id, {features} from company where order_days > 0"
    reader = connection.cursor().sql(query).to_arrow_reader(BATCH)
    for batch in reader:
        values = np.column_stack([batch.column(name).to_numpy() for name in FEATURES])
        which = model.predict((values - found.means) / found.scales)
        connection.register("labelled", pa.table({"customer_id": batch["customer_id"], "cluster": names[which]}))
        connection.execute("insert into clusters select * from labelled")
        connection.unregister("labelled")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--by", choices=["engine", "sklearn"], default="engine")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "company.duckdb")
        connection = duckdb.connect(file, config={"threads": 2, "memory_limit": "1GB"})
        connection.execute(COMPANY.format(customers=given.customers))
        connection.close()
        connection = duckdb.connect(file, config={"threads": 2, "memory_limit": "2GB"})
        found = timed("sample and fit", lambda: sampled(connection))
        if given.by == "engine":
            timed("each customer's cluster, SQL", lambda: by_engine(connection, found))
            timed("medians of each cluster", lambda: medians(connection, found))
        else:
            timed("each customer's cluster, KMeans.predict in batches", lambda: by_sklearn(connection, found))
        [(labelled,)] = connection.execute("select count(*) from clusters where cluster <> 'no_orders'").fetchall()
        sizes = connection.execute("select cluster, count(*) from clusters group by 1 order by 1").fetchall()
        print(f"{given.customers:,} customers, {labelled:,} in clusters: {dict(sizes)}")


def timed(step: str, work):
    started = time.perf_counter(), time.process_time()
    result = work()
    seconds, processor = time.perf_counter() - started[0], time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {step} | {seconds:.1f} s | {processor:.1f} s of processor | peak so far {peak:,.0f} MiB |", flush=True)
    return result


if __name__ == "__main__":
    main()
