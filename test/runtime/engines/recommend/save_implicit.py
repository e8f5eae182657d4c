"""Saves models of implicit to the folder given, each with what implicit itself recommends: save_implicit.py FOLDER"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.lmf import LogisticMatrixFactorization
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

FOLDER = Path(sys.argv[1])
USERS, ITEMS, SIMILAR = 1000, 500, 100

choices = scipy.sparse.random(USERS, ITEMS, density=0.03, format="csr", random_state=7, dtype=np.float32)
choices.data[:] = 1
choices.sort_indices()
factors = {"use_gpu": False, "num_threads": 1, "random_state": 7}
MODELS = {
    "als": AlternatingLeastSquares(32, iterations=5, **factors),
    "bpr": BayesianPersonalizedRanking(31, iterations=20, **factors),
    "lmf": LogisticMatrixFactorization(30, iterations=10, random_state=7, num_threads=1),
    "bm25": BM25Recommender(20, num_threads=1),
    "cosine": CosineRecommender(20, num_threads=1),
}


def answers(found):
    """Items and scores of each query. What implicit fills up a short answer with has the lowest score."""
    return [[[int(item), float(score)] for item, score in zip(*row) if score > -1e30] for row in zip(*found)]


for name, model in MODELS.items():
    model.fit(choices, show_progress=False)
    model.save(str(FOLDER / name))
    arrays = np.load(FOLDER / f"{name}.npz")
    np.savez(FOLDER / f"{name}.npz", seen_indptr=choices.indptr, seen_indices=choices.indices, **arrays)
    users = answers(model.recommend(np.arange(USERS), choices, N=10))
    similar = answers(model.similar_items(np.arange(SIMILAR), N=11))
    others = [[each for each in row if each[0] != item] for item, row in enumerate(similar)]
    (FOLDER / f"{name}.json").write_text(json.dumps({"user": users, "item": others}))
