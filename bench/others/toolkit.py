"""What the Coordination Network Toolkit is asked, in its own Python; see `bench/peers.py`.

toolkit.py NETWORK DATABASE SOURCE WINDOW_S THREADS: `import` brings the CSV into the database, the others link.
"""

import os
import sys
import time

from coordination_network_toolkit import compute_networks as c
from coordination_network_toolkit.preprocess import preprocess_csv_files
from coordination_network_toolkit.similarity import get_similarity_fn_from_min_size

network, database, source, window, threads = sys.argv[1:]
pools = []


class Pool(c.ProcessPoolExecutor):
    """Its pool of processes, which it leaves to the end of Python, so that nobody counts what they cost."""

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        pools.append(self)


c.ProcessPoolExecutor = Pool
work = {
    "co_retweet": c.compute_co_retweet_parallel,
    "co_tweet": c.compute_co_tweet_network,
    "co_link": c.compute_co_link_network,
}
print("CPU", time.process_time(), flush=True)
if network == "import":
    preprocess_csv_files(database, [source])
elif network == "co_similar":  # as its command line calls it: two texts without words are else divided by zero
    alike = get_similarity_fn_from_min_size(1)
    c.compute_co_similar_tweet(database, float(window), n_threads=int(threads), similarity_function=alike)
else:
    work[network](database, float(window), n_threads=int(threads))
for pool in pools:
    pool.shutdown()
print("CPU", sum(os.times()[:4]), flush=True)
