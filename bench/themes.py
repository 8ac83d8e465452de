"""How themes agree with known labels under other weights and resolutions; `python bench/themes.py RUN`.

The graph of a finished run, grouped again. Prints Markdown.
"""

import argparse
from pathlib import Path

import polars as pl

from cib.evaluate import agreement
from cib.networks import group
from cib.report.run import open_run
from cib.settings import NetworkSettings
from cib.tables import GRAPH

WEIGHTS, RESOLUTIONS = (4.0, 8.0, 12.0), (0.2, 0.3, 0.5)


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    run = open_run(parser.parse_args().run)
    accounts = run.table("accounts")
    number = accounts.select("account_id", n=pl.int_range(pl.len(), dtype=pl.UInt32))
    graph = run.table("graph")
    for inside, outside in (("a", "source"), ("b", "target")):
        graph = graph.join(number.rename({"account_id": outside, "n": inside}), on=outside)
    graph = graph.select(list(GRAPH.columns)).sort("a", "b")
    print("| theme_weight | resolution | coverage | networks | AMI | ARI | homogeneity |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for weight in WEIGHTS:
        for resolution in RESOLUTIONS:
            settings = NetworkSettings(resolution=resolution, seeds=3, bootstraps=0)
            found = group(graph.filter(pl.col("weight") >= weight), settings, seed=1)
            members = found.select(n="account", network="group").join(number, on="n")
            told = agreement(members, accounts)
            figures = (
                f"{told.coverage:.3f} | {told.networks} | {told.ami:.3f} | {told.ari:.3f} | {told.homogeneity:.3f}"
            )
            print(f"| {weight:g} | {resolution:g} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
