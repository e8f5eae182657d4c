"""`recommend.py ARRAYS` writes the vectors of a million items and of some users.

`recommend.py ARRAYS QUERIES` prints the milliseconds of processor time of a query that runs together with others.
"""

import sys
import time

import numpy as np

ITEMS, USERS, WIDTH, BEST, RUNS = 1_000_000, 64, 64, 10, 12


def write(path):
    random = np.random.default_rng(7)
    vectors = {name: random.standard_normal((count, WIDTH), dtype=np.float32) for name, count in
               (("item_factors", ITEMS), ("user_factors", USERS))}
    np.savez(path, **vectors)


def best(items, queries):
    """The highest scores first. A single query is a product with a vector, which is faster."""
    scores = (items @ queries[0])[None] if len(queries) == 1 else queries @ items.T
    some = np.argpartition(scores, -BEST, axis=1)[:, -BEST:]
    order = np.argsort(-np.take_along_axis(scores, some, axis=1), axis=1)
    return np.take_along_axis(some, order, axis=1)


def measure(path, count):
    with np.load(path) as arrays:
        items, users = arrays["item_factors"], arrays["user_factors"]
    times = []
    for _ in range(RUNS):
        since = time.process_time()
        best(items, users[:count])
        times.append((time.process_time() - since) * 1000 / count)
    print(sorted(times)[RUNS // 2])


if __name__ == "__main__":
    write(sys.argv[1]) if len(sys.argv) == 2 else measure(sys.argv[1], int(sys.argv[2]))
