"""Writes reference-retrieval.json: vectors of documents and queries, and what sentence-transformers says of them.

Run it with: pip install sentence-transformers && python test/lib/evaluate/reference_retrieval.py
"""

import json
import pathlib

import numpy as np
import sentence_transformers
import torch
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

WIDTH = 4

#: Metrics of the evaluator by their names in Modelship. More documents than cut off are never there.
NAMES = {
    "ndcg": "ndcg@100",
    "ndcg_at_10": "ndcg@10",
    "mean_average_precision": "map@100",
    "mean_reciprocal_rank": "mrr@100",
    "recall_at_1": "recall@1",
    "recall_at_5": "recall@5",
    "recall_at_10": "recall@10",
}


class Model:
    """Vectors by the texts that stand for them, where the evaluator expects a model."""

    similarity_fn_name = "cosine"
    similarity = staticmethod(sentence_transformers.util.cos_sim)

    class model_card_data:
        set_evaluation_metrics = staticmethod(lambda *_: None)

    def __init__(self, vectors):
        self.vectors = vectors

    def encode(self, texts, **_):
        return torch.tensor(np.array([self.vectors[text] for text in texts], np.float64))

    encode_query = encode_document = encode


def vectors(random, prefix, count):
    # Three digits are exact in 32 bits after the conversion, and documents have other lengths.
    values = np.round(random.normal(size=(count, WIDTH)) * random.uniform(0.1, 9, (count, 1)), 3).astype(np.float32)
    return {f"{prefix}{index}": row.tolist() for index, row in enumerate(values)}


def case(random):
    documents, queries = vectors(random, "d", int(random.integers(5, 40))), vectors(random, "q", int(random.integers(1, 8)))
    names = list(documents)
    relevant = {query: random.choice(names, int(random.integers(1, 5)), replace=False).tolist() for query in queries}
    evaluator = InformationRetrievalEvaluator(
        {query: query for query in queries},
        {document: document for document in documents},
        {query: set(each) for query, each in relevant.items()},
        mrr_at_k=[100],
        ndcg_at_k=[10, 100],
        map_at_k=[100],
        precision_recall_at_k=[1, 5, 10],
        write_csv=False,
    )
    values = evaluator(Model({**documents, **queries}))
    own = {name: float(values[f"cosine_{judged}"]) for name, judged in NAMES.items()}
    return {"documents": documents, "queries": queries, "relevant": relevant, "values": own}


cases = [case(np.random.default_rng(seed)) for seed in range(6)]
content = {"sentence-transformers": sentence_transformers.__version__, "cases": cases}
pathlib.Path(__file__).with_name("reference-retrieval.json").write_text(json.dumps(content) + "\n")
