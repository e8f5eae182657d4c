"""Factorizes the choices of 500 users among 200 items by NMF. The choices are made here: users like some of eight topics."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import numpy as np
from gallery import SEED, folder, write_queries
from scipy.sparse import csr_matrix
from sklearn.decomposition import NMF

USERS, ITEMS, TOPICS, CHOSEN, HELD_OUT = 500, 200, 8, 25, 5
random = np.random.default_rng(SEED)
tastes = random.dirichlet(np.full(TOPICS, 0.15), USERS)
topics = random.dirichlet(np.full(ITEMS, 0.1), TOPICS)
likings = tastes @ topics
chosen = [random.choice(ITEMS, CHOSEN, replace=False, p=row / row.sum()) for row in likings + 1e-6]
choices = np.zeros((USERS, ITEMS))
for user, items in enumerate(chosen):
    choices[user, items[HELD_OUT:]] = 1
model = NMF(TOPICS, random_state=SEED, max_iter=500)
users = model.fit_transform(choices)
seen = csr_matrix(choices)
names = [f"item-{index}" for index in range(ITEMS)]
out = folder()
np.savez(out / "model.npz", user_factors=users, item_factors=model.components_.T, items=names,
         users=[f"user-{index}" for index in range(USERS)], seen_indptr=seen.indptr, seen_indices=seen.indices)
held_out = [(f"user-{user}", [names[item] for item in items[:HELD_OUT]]) for user, items in enumerate(chosen)]
write_queries(out / "held-out.jsonl", held_out)
