"""Writes reference-rankings.json: random rankings with the metrics that ranx computes for them.

This package is not in test/requirements.txt. To write the file again:
    python -m pip install ranx==0.3.21
    python reference_rankings.py > reference-rankings.json
    npx biome format --write reference-rankings.json
"""

import json

import numpy as np
from ranx import Qrels, Run, evaluate

CASES = 12

#: Metrics of ranx by their names in Modelship.
NAMES = {
    "ndcg": "ndcg",
    "ndcg_at_10": "ndcg@10",
    "mean_average_precision": "map",
    "mean_reciprocal_rank": "mrr",
    "recall_at_1": "recall@1",
    "recall_at_5": "recall@5",
    "recall_at_10": "recall@10",
}


def rankings(random):
    """Returns queries with different scores of their items. Some queries have no relevant item."""
    expected, predicted = [], []
    for _ in range(int(random.integers(2, 8))):
        items = int(random.integers(1, 16))
        expected.append([int(each) for each in random.choice([0, 0, 0, 1, 2, 3], items)])
        predicted.append([int(each) for each in random.permutation(items)])
    return dict(expected=expected, predicted=predicted)


def by_query(lists):
    return {f"q{query}": {f"d{item}": value for item, value in enumerate(own)} for query, own in enumerate(lists)}


def main():
    cases = []
    for seed in range(CASES):
        data = rankings(np.random.default_rng(seed))
        run = Run(by_query([[float(score) for score in scores] for scores in data["predicted"]]))
        values = evaluate(Qrels(by_query(data["expected"])), run, list(NAMES.values()))
        cases.append(
            {"kind": "rankings", "data": data, "values": {own: float(values[name]) for own, name in NAMES.items()}}
        )
    print(json.dumps(cases, separators=(",", ":")))


main()
