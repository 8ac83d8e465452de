"""Small edges, evidence and graphs, made by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl

from cib.tables import EDGES, GRAPH, OBJECTS, PAIRS

AT = datetime(2016, 9, 1, tzinfo=UTC)


def edge(layer, a, b, **facts):
    """One row of EDGES; it weighs 20."""
    base = {
        "objects": 2, "pairs": 2, "messages_a": 2, "messages_b": 2, "posts_first": 2, "posts_second": 2, "overlap": 2,
        "similarity": 0.5, "expected": 0.1, "expected_sync": 0.1, "llr": 10.0, "p_overlap": 1e-6, "p_sync": 1e-4,
        "p": 1e-9, "q": 1e-6, "first_at": AT, "last_at": AT, "delta_median_s": 1.0, "delta_mean_s": 1.0, "lead": 0.5,
        "pairs_fast": None, "posts_first_fast": None, "posts_second_fast": None, "delta_mean_fast_s": None,
        "weight": 20.0,
    }  # fmt: skip
    return base | {"layer": layer, "a": a, "b": b} | facts


def edges(*rows):
    return EDGES.check(
        pl.DataFrame([{c: row[c] for c in EDGES.columns} for row in rows], schema=EDGES.schema, orient="row")
    )


def pairs(*rows):
    """a, b, object, post_a, post_b, day."""
    full = [(a, b, o, x, y, AT + timedelta(days=day), 1.0) for a, b, o, x, y, day in rows]
    return PAIRS.check(pl.DataFrame(full, schema=PAIRS.schema, orient="row")).lazy()


def objects(n, accounts=2):
    return pl.DataFrame(
        [(i, f"k{i}", f"k{i}", accounts, accounts, 0, 0) for i in range(n)], schema=OBJECTS.schema, orient="row"
    ).lazy()


def graph(*rows):
    """a, b, weight."""
    full = [(a, b, w, ["text"], 3, 3, 0.0, AT, AT) for a, b, w in rows]
    return pl.DataFrame(full, schema=GRAPH.schema, orient="row").sort("a", "b")


def cliques(*sizes, weight=5.0):
    """Complete graphs side by side, each joined to the next by one weak edge."""
    rows, start = [], 0
    for size in sizes:
        rows += [(i, j, weight) for i in range(start, start + size) for j in range(i + 1, start + size)]
        rows += [(start - 1, start, 0.1)] if start else []
        start += size
    return graph(*rows)


def random_edges(rng, n=12, m=30, weights=(1, 2, 3, 10), *, loops=False):
    """a, b and weight of distinct pairs, with many equal weights."""
    ends = rng.integers(0, n, (m, 2))
    ends.sort(axis=1)
    distinct = sorted({tuple(pair) for pair in ends.tolist() if loops or pair[0] != pair[1]})
    return pl.DataFrame(
        {"a": [a for a, _ in distinct], "b": [b for _, b in distinct], "weight": rng.choice(weights, len(distinct))},
        schema={"a": pl.UInt32, "b": pl.UInt32, "weight": pl.Float64},
    )
