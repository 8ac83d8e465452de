"""Pairs of posts on one object inside the window, as a notebook has them; see `bench/peers.py`.

by_hand.py HOW SOURCE WINDOW_S RESULT. `loop`: pandas groups, itertools' pairs, networkx' Louvain. `join`: a pandas
merge of the table with itself. `projection`: networkx' bipartite projection, at any time, and of its edges those of two
objects or more.
"""

import itertools
import json
import sys
import time

import networkx as nx
import pandas as pd

how, source, window, result = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
print("CPU", time.process_time(), flush=True)
posts = pd.read_csv(source, dtype={"user": str, "object": str}, keep_default_na=False)
weights = {}
if how == "loop":
    for _, group in posts.sort_values("time").groupby("object", sort=False):
        for (u, t), (v, s) in itertools.combinations(zip(group["user"], group["time"], strict=True), 2):
            if u != v and s - t <= window:
                ends = (u, v) if u < v else (v, u)
                weights[ends] = weights.get(ends, 0) + 1
    graph = nx.Graph()
    graph.add_weighted_edges_from((u, v, n) for (u, v), n in weights.items())
    nx.community.louvain_communities(graph, seed=1)
elif how == "join":
    both = posts.merge(posts, on="object")
    both = both[(both["user_x"] < both["user_y"]) & ((both["time_x"] - both["time_y"]).abs() <= window)]
    weights = both.groupby(["user_x", "user_y"]).size().to_dict()
else:
    graph = nx.Graph(("a" + user, "o" + thing) for user, thing in zip(posts["user"], posts["object"], strict=True))
    users = [node for node in graph if node.startswith("a")]
    shared = nx.bipartite.weighted_projected_graph(graph, users).edges(data="weight")
    weights = {tuple(sorted((u[1:], v[1:]))): n for u, v, n in shared if n > 1}
with open(result, "w", encoding="utf-8") as file:  # noqa: PTH123 - as a notebook does it
    json.dump([[u, v, int(n)] for (u, v), n in weights.items()], file)
print("CPU", time.process_time(), flush=True)
