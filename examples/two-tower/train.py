"""Trains two towers of PyTorch: one turns what is known of users into vectors, the other items. The choices are made here."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import numpy as np
from gallery import SEED, export_network, folder, seeded_torch, write_queries, write_samples
from torch import nn

torch = seeded_torch()

USERS, ITEMS, TOPICS, AGES, CHOSEN, NEW, WIDTH = 2000, 300, 8, 4, 20, 400, 16


def towers():
    return (nn.Sequential(nn.Linear(TOPICS + AGES, 64), nn.ReLU(), nn.Linear(64, WIDTH)),
            nn.Sequential(nn.Linear(TOPICS + ITEMS, 64), nn.ReLU(), nn.Linear(64, WIDTH)))


random = np.random.default_rng(SEED)
# Users have interests in topics, and people of each age prefer some items.
interests = random.dirichlet(np.full(TOPICS, 0.2), USERS)
ages = random.integers(0, AGES, USERS)
topics = random.dirichlet(np.full(TOPICS, 0.1), ITEMS)
preferred = random.gamma(0.5, 1, (AGES, ITEMS))
likings = (interests @ topics.T) ** 2 * preferred[ages] + 1e-6
chosen = [random.choice(ITEMS, CHOSEN, replace=False, p=row / row.sum()) for row in likings]

about_users = torch.tensor(np.hstack([interests, np.eye(AGES)[ages]]), dtype=torch.float32)
about_items = torch.tensor(np.hstack([topics, np.eye(ITEMS)]), dtype=torch.float32)
user_tower, item_tower = towers()
optimizer = torch.optim.Adam([*user_tower.parameters(), *item_tower.parameters()], lr=0.003)
# The last users are new: their choices are not in the training.
pairs = torch.tensor([(user, item) for user, items in enumerate(chosen[:-NEW]) for item in items])
for _ in range(5):
    for batch in torch.randperm(len(pairs)).split(256):
        users, items = pairs[batch].T
        scores = user_tower(about_users[users]) @ item_tower(about_items).T
        optimizer.zero_grad()
        nn.functional.cross_entropy(scores, items).backward()
        optimizer.step()

with torch.no_grad():
    users, items = user_tower(about_users).numpy(), item_tower(about_items).numpy()
names = [f"item-{index}" for index in range(ITEMS)]
out = folder()
np.savez(out / "model.npz", user_embeddings=users[:-NEW], item_embeddings=items, items=names,
         users=[f"user-{index}" for index in range(USERS - NEW)])
queries = [json.dumps({"vector": users[user].round(6).tolist()}) for user in range(USERS - NEW, USERS)]
write_queries(out / "held-out.jsonl", [(query, [names[item] for item in items]) for query, items in zip(queries, chosen[-NEW:])])
# The tower of users, for those who are new.
export_network(user_tower.eval(), out / "tower.onnx", {"user": about_users[:2]}, ["vector"])
write_samples(out / "samples.json", {"user": about_users[:4]}, {"vector": users[:4]})
