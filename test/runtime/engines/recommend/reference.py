"""Writes the arrays of recommendation models, and the items that brute force in NumPy finds for queries.

The numbers of the vectors are small whole numbers, so that sums are exact and many scores are equal.
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse

USERS, ITEMS, FACTORS = 10_000, 2_000, 13


def best(scores, k, excluded=()):
    """The highest scores first; the first of equal ones wins."""
    scores = scores.astype(np.float64)
    scores[list(excluded)] = -np.inf
    order = np.lexsort((np.arange(len(scores)), -scores))[:k]
    return [[int(item), float(scores[item])] for item in order if scores[item] > -np.inf]


def main(folder, users):
    random = np.random.default_rng(7)
    user_factors = random.integers(-3, 4, (USERS, FACTORS)).astype(np.float32)
    item_factors = random.integers(-3, 4, (ITEMS, FACTORS)).astype(np.float32)
    item_biases = random.integers(-2, 3, ITEMS).astype(np.float32)
    user_biases = random.integers(-2, 3, USERS).astype(np.float32)
    seen = scipy.sparse.random(USERS, ITEMS, density=0.005, format="csr", random_state=7)
    seen.sort_indices()
    extras = {"seen_indptr": seen.indptr, "seen_indices": seen.indices}
    # As implicit saves a model, with arrays that are none of the model's.
    np.savez(folder / "implicit.npz", user_factors=user_factors, item_factors=item_factors, regularization=0.01,
             dtype="float32", iterations=15, **extras)
    np.savez_compressed(
        folder / "lightfm.npz", user_embeddings=user_factors, item_embeddings=np.asfortranarray(item_factors.astype(np.float64)),
        item_biases=item_biases, user_biases=user_biases, items=np.array([f"item {index}" for index in range(ITEMS)]),
        users=np.arange(USERS) + 1000, **extras,
    )
    weights = scipy.sparse.random(ITEMS, ITEMS, density=0.01, format="csr", random_state=8,
                                  data_rvs=lambda count: random.integers(1, 5, count).astype(np.float64))
    np.savez(folder / "similar.npz", data=weights.data, indices=weights.indices, indptr=weights.indptr,
             shape=weights.shape, K=20, **extras)

    of_user = lambda user: seen.indices[seen.indptr[user] : seen.indptr[user + 1]]
    popularity = np.bincount(seen.indices, minlength=ITEMS)
    cases = {"implicit": [], "lightfm": [], "similar": []}
    for user in range(users):
        own = of_user(user)
        cases["implicit"].append([{"user": user}, best(item_factors @ user_factors[user], 10, own)])
        scores = item_factors @ user_factors[user] + item_biases + user_biases[user]
        cases["lightfm"].append([{"user": user + 1000}, best(scores, 10, own)])
        sums = np.asarray(weights[own].sum(axis=0)).ravel().astype(float)
        found = [each for each in best(sums, 10, own) if each[1] > 0]
        cases["similar"].append([{"user": user}, found if len(own) else best(popularity, 10)])
    some = [3, 5, 8, 13]
    means = item_factors[some].mean(axis=0)
    allow, deny = list(range(0, ITEMS, 7)), [0, 7, 14]
    scores = item_factors @ user_factors[0]
    kept = np.where(np.isin(np.arange(ITEMS), allow), scores, -np.inf)
    norms = np.linalg.norm(item_factors, axis=1)
    cosines = item_factors @ item_factors[3] / norms / norms[3]
    cases["implicit"] += [
        [{"session": some, "k": 25}, best(item_factors @ means, 25, some)],
        [{"item": 3, "k": 5}, best(cosines, 5, [3])],
        [{"user": 0, "allow": allow, "deny": deny, "k": 100}, best(kept, 100, [*of_user(0), *deny])],
        [{"user": 0, "exclude_seen": False, "k": 1000}, best(scores, 1000)],
        [{"vector": user_factors[1].tolist(), "k": 20, "deny": deny}, best(item_factors @ user_factors[1], 20, deny)],
        [{"user": "a stranger", "k": 30, "deny": deny}, best(popularity, 30, deny)],
    ]
    scores = item_factors @ user_factors[1] + item_biases
    cases["lightfm"].append([{"vector": user_factors[1].tolist()}, best(scores, 10)])
    cases["similar"] += [
        [{"session": some, "k": 9}, best(np.asarray(weights[some].sum(axis=0)).ravel(), 9, some)],
        [{"item": 3, "k": 4}, best(np.asarray(weights[3].todense()).ravel(), 4, [3])],
    ]
    (folder / "cases.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
